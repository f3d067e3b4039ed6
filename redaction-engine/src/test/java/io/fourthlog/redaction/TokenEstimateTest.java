package io.fourthlog.redaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.EncodingType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the estimate against the real vocabularies, on prose, code and JSON of this repository. */
final class TokenEstimateTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../README.md",
                "../docs/redaction.md",
                "../docs/schema/event.schema.json",
                "src/main/java/io/fourthlog/redaction/RedactionEngine.java"
            })
    void anEstimateIsWithinAFifthOfTheCount(String file) throws IOException {
        byte[] bytes = Files.readAllBytes(Path.of(file));
        String text = new String(bytes, StandardCharsets.UTF_8);
        for (EncodingType type : new EncodingType[] {EncodingType.CL100K_BASE, EncodingType.O200K_BASE}) {
            int counted =
                    Encodings.newDefaultEncodingRegistry().getEncoding(type).countTokensOrdinary(text);

            assertThat((double) TokenEstimate.of(bytes, bytes.length) / counted)
                    .as("%s of %s", type, file)
                    .isCloseTo(1, within(0.2));
        }
    }

    @Test
    void nothingHasNoTokens() {
        try (Plaintext nothing = Keys.plaintext("")) {
            assertThat(TokenEstimate.of(nothing)).isZero();
        }
    }
}
