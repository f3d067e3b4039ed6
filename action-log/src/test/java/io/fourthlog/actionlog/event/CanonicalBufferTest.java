package io.fourthlog.actionlog.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Long strings are written in another way than short ones, and have to read the same. */
class CanonicalBufferTest {

    private static final String LONG = "AZaz09-_ !#[]^~\u007f".repeat(20);

    @Property(tries = 2000)
    void aLongStringIsWrittenLikeItsPieces(
            @ForAll char special, @ForAll @IntRange(min = 0, max = 320) int at, @ForAll @IntRange(max = 9) int cut) {
        if (!Character.isSurrogate(special)) {
            isWrittenLikeItsPieces(special, at, cut);
        }
    }

    @ParameterizedTest
    @ValueSource(
            chars = {'"', '\\', '?', '\0', '\n', '\u001f', ' ', '!', '\u007f', '\u0080', '\u00ff', '\u0100', '\u222a'})
    void whereverSomethingHasToBeEscaped(char special) {
        for (int at = 0; at <= LONG.length(); at++) {
            isWrittenLikeItsPieces(special, at, at % 9);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 311, 320})
    void aBrokenSurrogateIsRefused(int at) {
        final String broken = LONG.substring(0, at) + '\ud800' + LONG.substring(at);

        assertThatThrownBy(() -> written(broken)).isInstanceOf(IllegalArgumentException.class);
    }

    private static void isWrittenLikeItsPieces(char special, int at, int cut) {
        final String text = LONG.substring(0, at) + special + LONG.substring(at, Math.max(at, LONG.length() - cut));
        final StringBuilder pieces = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            final String piece = written(text.substring(i, i + 1));
            pieces.append(piece, 1, piece.length() - 1);
        }

        assertThat(written(text)).isEqualTo('"' + pieces.toString() + '"');
    }

    private static String written(String text) {
        final CanonicalBuffer buffer = new CanonicalBuffer();
        buffer.string(text);
        return buffer.toString();
    }
}
