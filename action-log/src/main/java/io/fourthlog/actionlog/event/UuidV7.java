package io.fourthlog.actionlog.event;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Makes event ids: UUIDv7 of RFC 9562, sections 5.7 and 6.2 (method 3).
 *
 * <pre>
 *  0                   48   52              64  66                      128
 * ┌─────────────────────┬────┬───────────────┬───┬────────────────────────┐
 * │ milliseconds (UNIX) │ 7  │ 1/4096 of a ms│ 2 │ random                 │
 * └─────────────────────┴────┴───────────────┴───┴────────────────────────┘
 * </pre>
 */
public final class UuidV7 {

    private static final SecureRandom RANDOM = new SecureRandom();

    private static final long VERSION = 0x7000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final int FRACTIONS_PER_MILLI = 4_096; // 12 bits

    private UuidV7() {}

    /** An id for an event that happens now by this clock. Ids of different quarter microseconds sort by time. */
    public static UUID next(Clock clock) {
        final Instant now = clock.instant();
        final long millis = now.toEpochMilli();
        final long nanos = ChronoUnit.NANOS.between(Instant.ofEpochMilli(millis), now);
        final long fraction = nanos * FRACTIONS_PER_MILLI / NANOS_PER_MILLI;
        return new UUID((millis << 16) | VERSION | fraction, (RANDOM.nextLong() >>> 2) | VARIANT);
    }
}
