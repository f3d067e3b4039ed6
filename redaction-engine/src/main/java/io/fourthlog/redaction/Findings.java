package io.fourthlog.redaction;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a text carries which tags, in order of position; for whoever tries a profile, not for events.
 *
 * @param list empty when {@code unknown} is set
 * @param unknown {@code unknown:WHY} when the text could not be classified
 */
public record Findings(List<Finding> list, @Nullable String unknown) {

    /** What the offsets of findings count. */
    public enum Unit {
        /** Bytes of UTF-8. */
        BYTES,
        /** Java, JavaScript and C# string indexes: a character beyond U+FFFF counts two. */
        UTF16
    }

    public Findings {
        list = List.copyOf(list);
    }
}
