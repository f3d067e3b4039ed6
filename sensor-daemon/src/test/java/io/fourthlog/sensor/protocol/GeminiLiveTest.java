package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.streams.GapCause;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GeminiLiveTest {
    private static final String OVER = "{\"serverContent\":{\"turnComplete\":true}}";

    private final Watched watched = new Watched()
            .sent(
                    "GET /ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
            .received("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");

    private void client(final String json) {
        watched.pass(WebSocketConnectionTest.text(true, 0x81, json));
    }

    private void server(final String... messages) {
        for (final String json : messages) {
            watched.pass(WebSocketConnectionTest.text(false, 0x82, json));
        }
    }

    private void setUp(final String more) {
        client("{\"setup\":{\"model\":\"models/live\"" + more + "}}");
        server("{\"setupComplete\":{}}");
    }

    private void asks(final String text) {
        client("{\"clientContent\":{\"turns\":[{\"role\":\"user\",\"parts\":[{\"text\":\"" + text
                + "\"}]}],\"turnComplete\":true}}");
    }

    private void result(final String id, final String more) {
        client("{\"toolResponse\":{\"functionResponses\":[{\"id\":\"" + id + "\",\"name\":\"f\",\"response\":{\"n\":\""
                + id + "\"}" + more + "}]}}");
    }

    private static String says(final String text) {
        return "{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"text\":\"" + text + "\"}]}}}";
    }

    private static String hears(final String text) {
        return "{\"serverContent\":{\"inputTranscription\":{\"text\":\"" + text + "\"}}}";
    }

    private static String calls(final String... ids) {
        return "{\"toolCall\":{\"functionCalls\":["
                + String.join(
                        ",",
                        Arrays.stream(ids)
                                .map(id -> "{\"id\":\"" + id + "\",\"name\":\"f\",\"args\":{}}")
                                .toList())
                + "]}}";
    }

    private void assertNothingIsMissingOrHeld() {
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void aHistoryThatIsSentFirstAsksForNothing() {
        setUp(",\"historyConfig\":{\"initialHistoryInClientContent\":true}");
        client("{\"clientContent\":{\"turns\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]},{\"role\":\"model\","
                + "\"parts\":[{\"text\":\"hello\"}]}],\"turnComplete\":true}}");
        client("{\"realtimeInput\":{\"text\":\"one?\"}}");
        server(says("one"), OVER);
        asks("two?");
        server(says("two"), OVER);
        assertThat(watched.prompts).containsExactly("live|USER hi|ASSISTANT hello|USER one?", "live|USER two?");
        assertThat(watched.pairs)
                .containsExactly("live|USER hi|ASSISTANT hello|USER one? > one", "live|USER two? > two");
        assertNothingIsMissingOrHeld();
    }

    @Test
    void aTextIsToldWhenItsAnswerBegins() {
        setUp("");
        client("{\"realtimeInput\":{\"text\":\"one?\"}}");
        server(says("on"));
        assertThat(watched.prompts).containsExactly("live|USER one?");
        server(says("e"), OVER);
        assertThat(watched.pairs).containsExactly("live|USER one? > one");
        assertNothingIsMissingOrHeld();
    }

    @Test
    void whatIsHeardAfterAnInterruptionBelongsToTheNextTurn() {
        setUp("");
        server(hears("one"), says("first"), hears("?"));
        server("{\"serverContent\":{\"interrupted\":true}}", hears("two?"), OVER);
        server(says("second"), OVER);
        assertThat(watched.pairs).containsExactly("live|USER one? > first", "live|USER two? > second");
        assertNothingIsMissingOrHeld();
    }

    @Test
    void anInterruptedTurnIsOverWhenTheNextOneBegins() {
        setUp("");
        asks("one?");
        server(says("fir"));
        asks("two?");
        server("{\"serverContent\":{\"interrupted\":true}}", says("second"), OVER);
        assertThat(watched.pairs).containsExactly("live|USER one? > fir", "live|USER two? > second");
        assertNothingIsMissingOrHeld();
    }

    @Test
    void theModelGoesOnWhenItHasTheResultsOfAllItsCalls() {
        setUp("");
        asks("one?");
        server(says("let me see"), calls("a", "b", "c"), "{\"toolCallCancellation\":{\"ids\":[\"c\"]}}");
        result("a", "");
        result("b", "");
        server(says("it is"), OVER);
        assertThat(watched.prompts).containsExactly("live|USER one?", "live|TOOL {\"n\":\"a\"}@a|TOOL {\"n\":\"b\"}@b");
        assertThat(watched.answers)
                .containsExactly("0 null let me see|f@a|f@b|f@c|-1/-1|null", "0 null it is|-1/-1|null");
        assertNothingIsMissingOrHeld();
    }

    @Test
    void aResultForWhichTheModelDoesNotWaitIsPartOfTheNextQuestion() {
        setUp(",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"behavior\":\"NON_BLOCKING\"}]}]");
        asks("one?");
        server(calls("a"), says("meanwhile"));
        result("a", "");
        server(says(" this"), OVER, says("it is"), OVER);
        asks("two?");
        server(calls("b"), OVER);
        result("b", ",\"scheduling\":\"SILENT\"");
        asks("three?");
        server(says("three"), OVER);
        assertThat(watched.prompts)
                .containsExactly(
                        "live|USER one?",
                        "live|TOOL {\"n\":\"a\"}@a",
                        "live|USER two?",
                        "live|TOOL {\"n\":\"b\"}@b|USER three?");
        assertThat(watched.answers)
                .containsExactly(
                        "0 null meanwhile this|f@a|-1/-1|null",
                        "0 null it is|-1/-1|null",
                        "0 null |f@b|-1/-1|null",
                        "0 null three|-1/-1|null");
        assertNothingIsMissingOrHeld();
    }

    @Test
    void aTurnGoesOnWhileTheModelReasons() {
        setUp("");
        asks("one?");
        server(says("wait"), "{\"serverContent\":{\"turnComplete\":true,\"interactionStatus\":\"IN_PROGRESS\"}}");
        server(
                says(", one"),
                "{\"serverContent\":{\"turnComplete\":true,\"interactionStatus\":\"IDLE\"},\"usageMetadata\":"
                        + "{\"promptTokenCount\":3,\"responseTokenCount\":2}}");
        assertThat(watched.answers).containsExactly("0 null wait, one|3/2|null");
        assertNothingIsMissingOrHeld();
    }

    @Test
    void aTurnOfWhichNothingWasHeardIsOfTheSessionsModel() {
        setUp("");
        client("{\"realtimeInput\":{\"audio\":{\"mimeType\":\"audio/pcm\",\"data\":\"AAAA\"}}}");
        server("{\"serverContent\":{\"outputTranscription\":{\"text\":\"yes\"}}}", OVER);
        assertThat(watched.prompts).containsExactly("live");
        assertThat(watched.answers).containsExactly("0 null yes|-1/-1|null");
        assertNothingIsMissingOrHeld();
    }

    @Test
    void aSocketThatClosesInTheMiddleOfATurnIsCutAndWhatWasNotAnsweredIsTold() {
        setUp("");
        asks("one?");
        server(says("on"));
        asks("two?");
        watched.close();
        assertThat(watched.prompts).containsExactly("live|USER one?", "live|USER two?");
        assertThat(watched.cutAnswers).containsExactly("0 null on|-1/-1|null", "0 null |-1/-1|null");
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED, GapCause.UNFINISHED);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aTurnThatGoesOnWithoutTheResultsItWaitsForIsAGap() {
        setUp("");
        asks("one?");
        server(calls("a"), "{\"serverContent\":{\"outputTranscription\":{\"text\":\"let me see\"}}}");
        result("a", "");
        server(calls("b"));
        server(says("it is"), OVER);
        assertThat(watched.answers).containsExactly("0 null let me see|f@a|-1/-1|null");
        assertThat(watched.cutAnswers).containsExactly("0 null it is|f@b?|-1/-1|null");
        assertThat(watched.gaps).containsExactly(GapCause.STREAM);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aTurnThatAnswersNothingIsOfAQuestionThatWasLost() {
        setUp("");
        watched.pass(WebSocketConnectionTest.text(true, 0x81, "{\"clientContent\":{\"turnComplete\":true}}"), false);
        server(says("one"), OVER);
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.gaps).containsExactly(GapCause.STREAM);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void afterALossNoQuestionIsTakenForAnotherOnes() {
        setUp("");
        asks("one?");
        server(says("one"));
        watched.pass(WebSocketConnectionTest.text(false, 0x82, OVER), false);
        asks("two?");
        server(says("two"), OVER);
        asks("three?");
        server(says("three"), OVER);
        asks("four?");
        server(says("four"), OVER);
        assertThat(watched.prompts).containsExactly("live|USER one?");
        assertThat(watched.answers).isEmpty();
        assertThat(watched.cutAnswers).contains("0 null four|-1/-1|null");
        assertThat(watched.gaps).containsOnly(GapCause.STREAM).isNotEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }
}
