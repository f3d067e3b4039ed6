package io.fourthlog.actionlog.event;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a sensor did not see.
 *
 * @param from the first moment of it; cut to microseconds
 * @param to the last moment of it; cut to microseconds
 * @param bytes how many bytes went by, if known
 * @param events how many events went by, if known
 */
public record Gap(
        Instant from,
        Instant to,
        @Nullable Long bytes,
        @Nullable Long events) {

    public Gap {
        from = Rules.timestamp("gap.from", from).truncatedTo(ChronoUnit.MICROS);
        to = Rules.timestamp("gap.to", to).truncatedTo(ChronoUnit.MICROS);
        if (to.isBefore(from)) {
            throw new InvalidField("gap.to", to + " is before gap.from " + from);
        }
        Rules.count("gap.bytes", bytes);
        Rules.count("gap.events", events);
    }
}
