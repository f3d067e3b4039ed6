package io.fourthlog.policy;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and periods as people write them: {@code 10MiB}, {@code 7d}. */
final class Quantities {

    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)");
    private static final Map<String, Long> BYTES = Map.of(
            "B", 1L,
            "kB", 1_000L,
            "MB", 1_000_000L,
            "GB", 1_000_000_000L,
            "TB", 1_000_000_000_000L,
            "KiB", 1L << 10,
            "MiB", 1L << 20,
            "GiB", 1L << 30,
            "TiB", 1L << 40);
    private static final Pattern PERIOD = Pattern.compile("(\\d{1,9})(ms|s|m|h|d|w)");
    private static final Map<String, Duration> UNITS = Map.of(
            "ms", Duration.ofMillis(1),
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1),
            "w", Duration.ofDays(7));

    private Quantities() {}

    static long bytes(String text) throws Patterns.BadPattern {
        final Matcher size = SIZE.matcher(text);
        if (size.matches()) {
            try {
                return Math.multiplyExact(Long.parseLong(size.group(1)), BYTES.getOrDefault(size.group(2), 1L));
            } catch (ArithmeticException e) {
                throw new Patterns.BadPattern("\"" + text + "\" does not fit in 64 bits");
            }
        }
        throw new Patterns.BadPattern("\"" + text + "\" is not a size, as 512B, 10kB or 10MiB is");
    }

    static Duration period(String text) throws Patterns.BadPattern {
        final Matcher period = PERIOD.matcher(text);
        if (!period.matches()) {
            throw new Patterns.BadPattern("\"" + text + "\" is not a period, as 500ms, 30s, 5m, 24h, 7d or 2w is");
        }
        return UNITS.getOrDefault(period.group(2), Duration.ZERO).multipliedBy(Long.parseLong(period.group(1)));
    }
}
