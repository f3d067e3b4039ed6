package io.fourthlog.fingerprint;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NormalizerTest {

    @Property
    void runsOfWhiteSpaceBecomeOneSpace(
            @ForAll
                    @StringLength(max = 70)
                    @Chars({
                        ' ', '\t', '\r', '\n', '\u000B', '\f', 'a', '\b', '\u000E', '!', '\u0089', '\u00A0', '\u00FF'
                    })
                    String text) {
        assertThat(normalized(text)).isEqualTo(plain(text));
    }

    @Property
    void whatIsNotWhiteSpaceStays(
            @ForAll @StringLength(max = 70) @CharRange(from = 0, to = 255) @Chars({' ', '\n'}) String text) {
        assertThat(normalized(text)).isEqualTo(plain(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "        ",
                "a",
                "a ",
                " a",
                "1234567 ",
                "1234567  ",
                "1234567 89",
                "1234567  89",
                "12345678 ",
                "12345678  9",
                "a\n        b",
                "one two three four five six ",
                "        12345678        "
            })
    void edgesOfWordsAreNoExceptions(String text) {
        assertThat(normalized(text)).isEqualTo(plain(text));
    }

    private static String normalized(String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        byte[] target = new byte[bytes.length];
        return new String(target, 0, Normalizer.normalize(bytes, bytes.length, target), ISO_8859_1);
    }

    private static String plain(String text) {
        return text.replaceAll("[ \t-\r]+", " ").replaceAll("\\A | \\z", ""); // not $, which is before U+0085, too
    }
}
