package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * When each sensor was last heard of, by this operator's own clock: a node's clock that is wrong makes no sensor silent, and none
 * alive. Only of a Lease that it sees for the first time it believes what is written, so that a new leader does not take the dead for
 * living.
 */
final class Hearing {

    private static final Duration DEFAULT_LEASE = Duration.ofSeconds(15);

    private record Heard(Instant renewTime, Instant at) {}

    private final Clock clock;
    private final Map<String, Heard> heard = new ConcurrentHashMap<>(); // by name of the Lease

    Hearing(Clock clock) {
        this.clock = clock;
    }

    /** A Lease says that it was renewed; it says so again with each change of something else, which is no news. */
    void hear(String lease, Instant renewed) {
        heard.compute(lease, (name, before) -> hear(before, renewed, clock.instant()));
    }

    /** When the sensor counts as silent unless it is heard of again. */
    Instant until(Lease lease) {
        Heard last = heard.get(lease.getMetadata().getName());
        Integer seconds = lease.getSpec().getLeaseDurationSeconds();
        return last == null // its Lease is gone
                ? Instant.EPOCH
                : last.at().plus(seconds == null ? DEFAULT_LEASE : Duration.ofSeconds(seconds));
    }

    private static Heard hear(@Nullable Heard before, Instant renewed, Instant now) {
        if (before == null) {
            return new Heard(renewed, renewed.isBefore(now) ? renewed : now);
        }
        return before.renewTime().equals(renewed) ? before : new Heard(renewed, now);
    }

    /** Forgets a Lease that is gone. */
    void forget(String lease) {
        heard.remove(lease);
    }
}
