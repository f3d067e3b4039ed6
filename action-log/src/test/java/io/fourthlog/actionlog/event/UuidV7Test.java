package io.fourthlog.actionlog.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class UuidV7Test {

    @Test
    void theTimeIsInFrontAsInTheExampleOfRfc9562() {
        final UUID id = UuidV7.next(at("2022-02-22T19:22:22.000Z"));

        assertThat(id.toString()).startsWith("017f22e2-79b0-7000-");
        assertThat(id.version()).isEqualTo(7);
        assertThat(id.variant()).isEqualTo(2);
    }

    @Test
    void idsOfLaterMicrosecondsSortLater() {
        assertThat(UuidV7.next(at("2026-01-01T00:00:00.000001Z")).toString())
                .isLessThan(UuidV7.next(at("2026-01-01T00:00:00.000002Z")).toString());
    }

    @Test
    void idsOfOneMomentDiffer() {
        final Clock clock = at("2026-01-01T00:00:00Z");

        assertThat(UuidV7.next(clock)).isNotEqualTo(UuidV7.next(clock));
    }

    private static Clock at(String time) {
        return Clock.fixed(Instant.parse(time), ZoneOffset.UTC);
    }
}
