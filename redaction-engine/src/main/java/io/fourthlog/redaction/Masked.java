package io.fourthlog.redaction;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Puts {@code [TAG]} in place of findings. Of the content, only what is shown becomes a String. */
final class Masked {

    private static final String ELLIPSIS = "…";

    private final byte[] shown;
    private int size;

    private Masked(int limit) {
        this.shown = new byte[limit];
    }

    /**
     * The text, masked.
     *
     * @param findings in bytes, sorted by start
     * @param limit most bytes of UTF-8, whole characters and placeholders; an ellipsis is added when there is more
     */
    static String of(byte[] text, int length, List<Finding> findings, int limit) {
        Masked masked = new Masked(limit);
        boolean whole = masked.mask(text, length, findings);
        String result = new String(masked.shown, 0, masked.size, StandardCharsets.UTF_8);
        Arrays.fill(masked.shown, (byte) 0);
        return whole ? result : result + ELLIPSIS;
    }

    /** Whether all of it fits. */
    private boolean mask(byte[] text, int length, List<Finding> findings) {
        int at = 0;
        for (Finding finding : findings) {
            if (finding.end() <= at) {
                continue;
            }
            if (finding.start() >= at) {
                byte[] placeholder = ("[" + finding.tag() + "]").getBytes(StandardCharsets.UTF_8);
                if (!append(text, at, finding.start()) || placeholder.length > shown.length - size) {
                    return false;
                }
                append(placeholder, 0, placeholder.length);
            }
            at = finding.end(); // of one that overlaps another, the rest goes with that
        }
        return append(text, at, length);
    }

    private boolean append(byte[] text, int from, int to) {
        int end = to;
        if (to - from > shown.length - size) {
            end = from + shown.length - size;
            while (end > from && text[end] < (byte) 0xC0) { // inside of a character
                end--;
            }
        }
        System.arraycopy(text, from, shown, size, end - from);
        size += end - from;
        return end == to;
    }
}
