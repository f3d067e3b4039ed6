package io.fourthlog.policy;

import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What has to hold on an event for an expression to be anything but false: where the guard does not hold, the expression
 * need not be evaluated. Taken from the constants of the expression by {@link Guards}.
 */
sealed interface Guard {

    /**
     * What a guard looks at.
     *
     * @param text as in the rule; two of the same text are the same
     * @param telling whether its values tell one event from another
     * @param tags whether it is a list of tags, of which some may be missing
     * @param read {@code null} when the value is unknown, and the expression may fail then
     */
    record Path(String text, boolean telling, boolean tags, Function<Frame, @Nullable Object> read) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Path path && path.text.equals(text);
        }

        @Override
        public int hashCode() {
            return text.hashCode();
        }
    }

    Path path();

    /** The value is one of these. */
    record Equal(Path path, Set<Object> values) implements Guard {}

    /** The value begins with one of these. */
    record Prefix(Path path, Set<String> prefixes) implements Guard {}

    /** An element of the list is one of these. */
    record Member(Path path, Set<Object> values) implements Guard {}

    /** An element of the list begins with one of these. */
    record MemberPrefix(Path path, Set<String> prefixes) implements Guard {}

    /** The value is this. */
    record Is(Path path, boolean value) implements Guard {}
}
