package io.fourthlog.redaction.detect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UnveilTest {

    private static final Filter FILTER = new ScalarFilter(new LiteralTable(List.of()));

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '→',
            value = {
                "a\\u0040b → a@b",
                "a\\\\u0040b → a@b",
                "a\\x40b → a@b",
                "\\\"k\\\":\\/ → \"k\":/",
                "a%40b → a@b",
                "a%2540b → a@b",
                "a%252540b → a@b",
                "%EF%BC%91%e2%80%8b2 → 12",
                "100% sure, 5%ab 50%zz → 100% sure, 5%ab 50%zz",
                "a&#64;b&#x40;c&commat;d → a@b@c@d",
                "Q&A &copy; &amp;&lt; &#; &#xZZ; → Q&A &copy; &< &#; &#xZZ;",
                "４１１１ ａ＠ｂ → 4111 a@b",
                "𝟒𝟏①²₃ 𝓪𝐙 ٤٢ → 41123 aZ 42",
                "\\uD835\\uDFD2 \\uD835x → 4 ?x",
                "gh\u00ADp\u200B_\uFEFFx\u2060y → ghp_xy",
                "219‐45–6789 → 219-45-6789",
                "Jürgen 水 😀 → Jürgen 水 😀",
                "C:\\dir \\d+ end\\ → C:\\dir \\d+ end\\",
            })
    void aReaderSees(String written, String seen) {
        assertThat(unveil(written.getBytes(UTF_8), 0)).isEqualTo(seen);
    }

    @Test
    void everyCompatibilityFormOfOneAsciiCharacterIsThatCharacter() {
        for (int c = 0x80; c <= Character.MAX_CODE_POINT; c++) {
            if (Character.getType(c) == Character.SURROGATE) {
                continue;
            }
            String form = Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC);
            if (form.length() == 1 && form.charAt(0) < 0x80) {
                assertThat(Unveil.fold(c)).as("U+%04X", c).isEqualTo(form.charAt(0));
            }
        }
    }

    @Test
    void whatIsOrdinaryTextStaysAsItIs() {
        for (int c = 0xC0; c < 0x1F000; c++) {
            if (Character.isLetter(c)
                    && Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC)
                            .equals(Character.toString(c))) {
                assertThat(Unveil.fold(c)).as("U+%04X", c).isIn(c, -1);
            }
        }
    }

    @Property
    void piecesDoNotMatter(@ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int piece) {
        byte[] text = VeiledText.random(seed);

        assertThat(unveil(text, piece)).isEqualTo(unveil(text, 0));
    }

    @Property
    void everyByteComesFromWhereItWas(@ForAll long seed) {
        byte[] text = VeiledText.random(seed);
        OffsetMap offsets = new OffsetMap();
        Unveil unveil = new Unveil(FILTER);
        unveil.reset(offsets, FILTER);
        byte[] target = new byte[text.length + Unveil.LONGEST_ESCAPE];
        int length = unveil.rewrite(text, 0, text.length, true, target, 0, 0);
        for (int i = 0; i < length; i++) {
            int start = (int) offsets.start(i);
            byte[] rest = new byte[text.length + Unveil.LONGEST_ESCAPE];
            unveil.reset(null, FILTER);
            unveil.rewrite(text, start, text.length, true, rest, 0, 0);

            assertThat(Arrays.copyOf(rest, 4)).as("byte %d from %d", i, start).contains(target[i]);
            assertThat(offsets.end(i + 1)).isBetween(start + 1L, start + 1L + Unveil.LONGEST_ESCAPE);
        }
    }

    /** The text as a reader sees it, fed in pieces of a length, or as a whole. */
    private static String unveil(byte[] text, int piece) {
        Unveil unveil = new Unveil(FILTER);
        unveil.reset(null, FILTER);
        byte[] target = new byte[text.length + Unveil.LONGEST_ESCAPE];
        int at = 0;
        int step = piece == 0 ? Math.max(1, text.length) : piece;
        for (int from = 0; from < text.length; from += step) {
            at = unveil.rewrite(text, from, Math.min(text.length, from + step), false, target, at, at);
        }
        at = unveil.rewrite(text, 0, 0, true, target, at, at);
        return new String(target, 0, at, UTF_8);
    }
}
