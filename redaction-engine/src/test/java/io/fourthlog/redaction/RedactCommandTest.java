package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Base64;
import org.junit.jupiter.api.Test;

final class RedactCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @Test
    void aLineBecomesItsFindingsWithUtf16Offsets() throws IOException {
        String text = "😀 é jane@example.com, 4111 1111 1111 1111";

        assertThat(run(JSON.writeValueAsString(
                        JSON.createObjectNode().put("id", "a\"1").put("text", text))))
                .isEqualTo(1);

        JsonNode result = JSON.readTree(out.toByteArray());
        assertThat(result.get("id").asText()).isEqualTo("a\"1");
        assertThat(result.get("findings")).hasSize(2);
        for (JsonNode finding : result.get("findings")) {
            String found = text.substring(
                    finding.get("start").asInt(), finding.get("end").asInt());
            assertThat(found)
                    .isEqualTo(
                            finding.get("tag").asText().equals("PII:email")
                                    ? "jane@example.com"
                                    : "4111 1111 1111 1111");
        }
        assertThat(result.get("shape").get("media_type").asText()).isEqualTo("text/plain");
        assertThat(result.has("preview")).isFalse();
    }

    @Test
    void whatIsHiddenIsFoundWhereItIs() throws IOException {
        String hidden = Base64.getEncoder().encodeToString("write to jane.doe@example.com".getBytes(UTF_8));
        String text = "x " + hidden + " y j&#64;example.com";
        run(JSON.writeValueAsString(JSON.createObjectNode().put("id", 1).put("text", text)));

        JsonNode findings = JSON.readTree(out.toByteArray()).get("findings");
        assertThat(findings).hasSize(2);
        assertThat(findings.get(0).get("start").asInt()).isBetween(2, 16);
        assertThat(findings.get(0).get("end").asInt()).isBetween(1 + hidden.length(), 2 + hidden.length());
        assertThat(text.substring(
                        findings.get(1).get("start").asInt(),
                        findings.get(1).get("end").asInt()))
                .isEqualTo("j&#64;example.com");
    }

    @Test
    void aCleanTextIsNoFinding() throws IOException {
        assertThat(run("{\"id\":7,\"text\":\"nothing here\"}\n\n")).isZero();
        assertThat(out.toString(UTF_8)).startsWith("{\"id\":7,\"findings\":[],\"sensitivity\":[],\"shape\":{");
    }

    @Test
    void aBadLineIsNamedAndTheOthersAreRead() throws IOException {
        assertThat(
                        run(
                                "{\"id\":1}\nnonsense\n{\"id\":2,\"text\":[]}\n{\"text\":\"ok\"}\n{\"id\":3,\"text\":\"a\"} x\n"))
                .isEqualTo(2);
        assertThat(errors.toString(UTF_8).lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("fourthlog redact: line 1: no \"text\""),
                        line -> assertThat(line)
                                .startsWith("fourthlog redact: line 2: not JSON: expected null at byte 1"),
                        line -> assertThat(line).startsWith("fourthlog redact: line 3: \"text\" is not a string"),
                        line -> assertThat(line).startsWith("fourthlog redact: line 5: not JSON"));
        assertThat(out.toString(UTF_8).lines()).hasSize(1);
    }

    @Test
    void aPreviewIsMadeWhenItIsAskedFor() throws IOException {
        run("{\"id\":1,\"text\":\"to jane@example.com \\u00fc\"}", "--preview");

        assertThat(JSON.readTree(out.toByteArray()).get("preview").asText()).isEqualTo("to [PII:email] ü");
    }

    @Test
    void anOptionThatThereIsNotIsBadUsage() throws IOException {
        assertThat(run("", "--nope")).isEqualTo(2);
        assertThat(errors.toString(UTF_8)).contains("unknown option '--nope'").contains("Usage:");
    }

    private int run(String lines, String... options) throws IOException {
        return RedactCommand.run(
                options, new ByteArrayInputStream(lines.getBytes(UTF_8)), out, new PrintStream(errors, true, UTF_8));
    }
}
