package io.fourthlog.policy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists of tags of sensitivity, as redaction makes them. {@code unknown:WHY} is what content gets that it could not look
 * through: a tag that is not in the list then may be missing.
 */
final class Tags {

    static final String UNKNOWN = "unknown:";
    private static final String AS_TEXT = "-json"; // unknown:malformed-json and the like: looked through as text

    private Tags() {}

    /** Whether a field of this name is such a list. */
    static boolean isField(String name) {
        return name.contains("sensitivity");
    }

    /** Whether it says that something was not looked through. */
    static boolean isUnknown(String tag) {
        return tag.startsWith(UNKNOWN) && !tag.endsWith(AS_TEXT);
    }

    /** Whether a tag or a pattern is one that content cannot have beside others that are not known. */
    static boolean asksForUnknown(@Nullable Object tag) {
        return tag instanceof String text && text.startsWith(UNKNOWN);
    }

    /** Whether the list is whole; if not, that is the failure of what was not found in it. */
    static boolean areKnown(Frame frame, List<?> tags) {
        for (int i = 0; i < tags.size(); i++) {
            if (isUnknown((String) tags.get(i))) {
                frame.failure = new Failure.Unread((String) tags.get(i));
                return false;
            }
        }
        return true;
    }

    /** {@code tag in tags}. */
    static boolean in(Frame frame, Object tag, List<?> tags) {
        if (Natives.in(tag, tags)) {
            return true;
        }
        areKnown(frame, tags);
        return false;
    }
}
