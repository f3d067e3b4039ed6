package io.fourthlog.redaction.detect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Run with {@code -Dgolden=write} to write the page. */
final class DocumentationPageTest {

    private static final Path PAGE = Path.of("../docs/detectors.md");

    @Test
    void thePageSaysWhatTheDetectorsSay() throws IOException {
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(PAGE, DocumentationPage.text());
        }
        assertThat(DocumentationPage.text()).isEqualTo(Files.readString(PAGE));
    }

    @Test
    void everyDetectorSaysWhatItIs() {
        assertThat(Detectors.builtIn()).allSatisfy(detector -> {
            Documentation documentation = detector.documentation();
            assertThat(documentation.tag()).matches("(secret|PII|PCI|PHI):[a-z0-9-]+");
            assertThat(documentation.summary()).isNotBlank();
            assertThat(documentation.source()).isNotBlank();
        });
    }
}
