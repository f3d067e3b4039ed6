package io.fourthlog.redaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.EncodingType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    @ParameterizedTest
    @CsvSource({
        "a, 1",
        "eight888, 2",
        "evenings, 1",
        "afternoons, 2",
        "incomprehensibilities, 4",
        "2026, 2",
        "1234567, 3",
        "'a  b', 3",
        "'{\"a\":1}', 5",
        "привет, 2",
        "日本語, 3",
        "🦊🦊, 2"
    })
    void runsOfAKindAreAFewTokens(String text, int tokens) {
        assertThat(of(text)).isEqualTo(tokens);
    }

    @Property(tries = 3000)
    void edgesOfBlocksAreNoExceptions(
            @ForAll @StringLength(max = 300) @Chars({'a', 'b', '7', ' ', '.', '\n', 'é', '語', 'Z', '0'}) String text) {
        assertThat(of(text)).isEqualTo(plain(text));
    }

    @Property
    void bytesThatAreNoTextAreCountedAllTheSame(@ForAll byte[] bytes) {
        assertThat(TokenEstimate.of(bytes, bytes.length)).isBetween(0L, (long) bytes.length);
    }

    private static long of(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return TokenEstimate.of(bytes, bytes.length);
    }

    /** As it is defined, a byte at a time. */
    private static long plain(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        long tokens = 0;
        int begin = 0; // of the run
        int beyond = 0; // bytes of it in this block that are behind its first ones
        for (int i = 0; i < bytes.length; i++) {
            char kind = kind(bytes, i);
            begin = i > 0 && kind == kind(bytes, i - 1) ? begin : i;
            beyond = begin == i || i % Long.SIZE == 0 ? 0 : beyond;
            int first = kind == 'a' ? 8 : kind == '0' ? 3 : 2;
            int each = kind == 'a' ? 6 : first;
            if (kind == ' ') {
                tokens += i - begin == 1 ? 1 : 0;
            } else if (kind == '語') {
                tokens += (bytes[i] & 0xFF) >= 0xE0 ? 1 : 0;
            } else if (i == begin) {
                tokens++;
            } else if (i - begin >= first) {
                tokens += beyond++ % each == 0 ? 1 : 0;
            }
        }
        return tokens;
    }

    private static char kind(byte[] bytes, int at) {
        int b = bytes[at] & 0xFF;
        int lead = at;
        while ((bytes[lead] & 0xC0) == 0x80) {
            lead--;
        }
        if (b >= 0x80) {
            return (bytes[lead] & 0xFF) >= 0xE0 ? '語' : 'a';
        }
        return Character.isDigit(b) ? '0' : Character.isLetter(b) ? 'a' : b == ' ' ? ' ' : '.';
    }

    @Test
    void nothingHasNoTokens() {
        try (Plaintext nothing = Keys.plaintext("")) {
            assertThat(TokenEstimate.of(nothing)).isZero();
        }
    }
}
