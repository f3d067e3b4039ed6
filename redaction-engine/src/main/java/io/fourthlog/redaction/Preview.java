package io.fourthlog.redaction;

import org.jspecify.annotations.Nullable;

/**
 * The beginning of a text, with {@code [TAG]} in place of everything that was found, for the one reader that a profile has it made for. It
 * is content as far as detectors missed something, so it is withheld wherever that is to be expected.
 *
 * @param text at most {@link #MAX_BYTES} bytes of UTF-8, with an ellipsis behind them when there is more; null when it is withheld
 * @param withheld why there is no text, without content; null when there is one
 */
public record Preview(@Nullable String text, @Nullable String withheld) {

    /** Of a text, before the ellipsis; a question of some lines, and no document. */
    public static final int MAX_BYTES = 512;

    public Preview {
        if ((text == null) == (withheld == null)) {
            throw new IllegalArgumentException("either a text, or why there is none");
        }
    }

    static Preview of(String text) {
        return new Preview(text, null);
    }

    /** No text, for a reason. */
    public static Preview withheld(String why) {
        return new Preview(null, why);
    }
}
