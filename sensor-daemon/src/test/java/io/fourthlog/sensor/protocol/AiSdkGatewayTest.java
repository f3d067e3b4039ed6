package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AiSdkGatewayTest {
    private static final String PROMPT = """
            {"prompt":[{"role":"system","content":"be brief"},
            {"role":"user","content":[{"type":"text","text":"hi"},{"type":"file","mediaType":"image/png","data":{"type":"data","data":"AA=="}}]},
            {"role":"assistant","content":[{"type":"tool-call","toolCallId":"c1","toolName":"f","input":{"path":"x"}}]},
            {"role":"tool","content":[{"type":"tool-result","toolCallId":"c1","toolName":"f","output":{"type":"text","value":"one"}},
            {"type":"tool-result","toolCallId":"c2","toolName":"g","output":{"type":"json","value":{"a":2}}}]}],"tools":[]}""";

    private static Watched asked() {
        return new Watched()
                .sent("POST /v4/ai/language-model HTTP/1.1\r\nHost: m\r\nai-language-model-id: openai/gpt\r\n"
                        + "Content-Type: application/json\r\nContent-Length: " + PROMPT.length() + "\r\n\r\n" + PROMPT);
    }

    private static Watched answered(final int status, final String type, final String body) {
        return asked().received("HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body);
    }

    @Test
    void aQuestionIsReadAndItsHeadNamesTheModel() {
        assertThat(asked().prompts).containsExactly("openai/gpt|SYSTEM be brief|USER hi|TOOL one@c1|TOOL {\"a\":2}@c2");
    }

    @Test
    void anAnswerInOnePieceIsReadOfEveryVersion() {
        final String body =
                "{\"content\":[{\"type\":\"reasoning\",\"text\":\"hm\"},{\"type\":\"text\",\"text\":\"Hello\"},"
                        + "{\"type\":\"tool-call\",\"toolCallId\":\"c9\",\"toolName\":\"f\",\"input\":\"{\\\"path\\\":\\\"x\\\"}\"}],"
                        + "\"finishReason\":FINISH,\"usage\":USAGE,\"response\":{\"id\":\"r\",\"modelId\":\"gpt-1\"}}";
        final String two = body.replace("FINISH", "\"stop\"")
                .replace("USAGE", "{\"inputTokens\":5,\"outputTokens\":7,\"totalTokens\":12}");
        final String four = body.replace("FINISH", "{\"unified\":\"stop\",\"raw\":\"stop\"}")
                .replace(
                        "USAGE",
                        "{\"inputTokens\":{\"noCache\":1,\"total\":5},\"outputTokens\":{\"total\":7,\"text\":3}}");
        assertThat(answered(200, "application/json", two).answers)
                .containsExactlyElementsOf(answered(200, "application/json", four).answers)
                .singleElement()
                .asString()
                .contains("200 gpt-1 Hello", "f@c9", "|5/7|null");
    }

    @Test
    void aStreamIsReadToItsEnd() {
        final Watched watched = answered(200, "text/event-stream", """
                        data: {"type":"stream-start","warnings":[]}
                        data: {"type":"response-metadata","id":"r","modelId":"gpt-1"}
                        data: {"type":"reasoning-delta","id":"0","delta":"hm"}
                        data: {"type":"text-start","id":"1"}
                        data: {"type":"text-delta","id":"1","delta":"Hel"}
                        data: {"type":"text-delta","id":"1","delta":"lo"}
                        data: {"type":"text-end","id":"1"}
                        data: {"type":"tool-input-start","id":"c9","toolName":"f"}
                        data: {"type":"tool-input-delta","id":"c9","delta":"{}"}
                        data: {"type":"tool-call","toolCallId":"c9","toolName":"f","input":"{}"}
                        data: {"type":"finish","finishReason":{"unified":"stop"},"usage":{"inputTokens":{"total":5},"outputTokens":{"total":7}}}
                        """.replace("\n", "\n\n"));
        assertThat(watched.answers).singleElement().asString().contains("200 gpt-1 Hello", "f@c9", "|5/7|null");
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aFailureIsNamed() {
        assertThat(answered(429, "application/json", "{\"error\":{\"message\":\"m\",\"type\":\"rate_limit_exceeded\"}}")
                        .answers)
                .containsExactly("429 null |-1/-1|rate_limit_exceeded");
    }
}
