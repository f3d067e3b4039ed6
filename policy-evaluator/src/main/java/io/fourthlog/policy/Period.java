package io.fourthlog.policy;

import java.time.Duration;
import java.util.Optional;

/** A period as rules and tests write it: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 24h}, {@code 7d}, {@code 2w}. */
public final class Period {

    private Period() {}

    /** The period; nothing if the text is none. */
    public static Optional<Duration> parse(String text) {
        try {
            return Optional.of(Quantities.period(text));
        } catch (Patterns.BadPattern e) {
            return Optional.empty();
        }
    }
}
