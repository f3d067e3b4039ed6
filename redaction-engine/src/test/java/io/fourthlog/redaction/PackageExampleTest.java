package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Compiles and runs the example of the package's Javadoc, and holds the two together. */
final class PackageExampleTest {

    private static final Path SOURCES = Path.of("src/main/java/io/fourthlog/redaction/package-info.java");
    private static final Path MANUAL = Path.of("../docs/redaction.md");
    private static final Path TESTS = Path.of("src/test/java/io/fourthlog/redaction/PackageExampleTest.java");

    @Test
    void theExampleRuns() {
        byte[] key = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
        byte[] bytes = "{\"path\":\"/etc/secrets/db\"}".getBytes(UTF_8);

        // @start
        RedactionEngine engine = RedactionEngine.create(Profile.builtin(), Hmac.of("k1", key));
        try (Plaintext call = Plaintext.copyOf(bytes, 0, bytes.length)) {
            RedactedJson redacted = engine.redactJson(call);
            System.out.println(redacted.shape() + " " + redacted.sensitivity() + " " + redacted.keyedHash());
        }
        // @end

        assertThat(engine).isNotNull();
    }

    @Test
    void theExampleIsTheOneInTheJavadoc() throws IOException {
        List<String> javadoc = between(Files.readAllLines(SOURCES), " * {@snippet :", " * }").stream()
                .map(line -> line.substring(" * ".length()))
                .toList();
        List<String> test = between(Files.readAllLines(TESTS), "        // @start", "        // @end").stream()
                .map(line -> line.substring(8))
                .toList();

        assertThat(javadoc).isEqualTo(test);
    }

    @Test
    void theExampleIsTheOneInTheManual() throws IOException {
        List<String> manual = between(Files.readAllLines(MANUAL), "```java", "```");

        assertThat(manual.subList(0, manual.indexOf("```") < 0 ? manual.size() : manual.indexOf("```")))
                .isEqualTo(between(Files.readAllLines(TESTS), "        // @start", "        // @end").stream()
                        .map(line -> line.substring(8))
                        .toList());
    }

    private static List<String> between(List<String> lines, String first, String last) {
        return lines.subList(lines.indexOf(first) + 1, lines.lastIndexOf(last));
    }
}
