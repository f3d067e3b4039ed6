package io.fourthlog.api.config;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.api.Required;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a sensor decided so far, as it stands in the annotation {@code fourthlog.io/decisions} of its Lease: counts and names, nothing of
 * an event's content. The sensor reads its own Lease when it starts, so the counts outlive it.
 *
 * @param totals by id of the policy, at most {@value #POLICIES}
 * @param recent the latest denials by id of the policy, the newest first, at most {@value #VIOLATIONS} in all
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SensorDecisions(Map<String, Totals> totals, Map<String, List<Violation>> recent) {

    /** Bounds of one annotation: all of a Lease's have 256 KiB together. */
    public static final int POLICIES = 512;

    public static final int VIOLATIONS = 64;

    public static final SensorDecisions NONE = new SensorDecisions(Map.of(), Map.of());

    private static final int NAME = 63; // characters, as in the CRD
    private static final int POD = 253;
    private static final int UUID = 36;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    public SensorDecisions {
        totals = Required.map(totals);
        recent = Required.map(recent);
        recent.values().forEach(violations -> violations.forEach(SensorDecisions::check));
    }

    /** What does not fit a status would keep it from being written. */
    private static void check(Violation violation) {
        Instant.parse(violation.firstSeen());
        Instant.parse(violation.lastSeen());
        if (violation.count() < 1
                || violation.namespace().length() > NAME
                || violation.rule().length() > NAME
                || violation.enforcement().length() > NAME
                || violation.pod().length() > POD
                || violation.eventId().length() > UUID) {
            throw new IllegalArgumentException("a name is too long, or the count is not positive");
        }
    }

    /**
     * What one policy decided.
     *
     * @param denied events denied
     * @param flagged events flagged
     */
    public record Totals(long denied, long flagged) {

        public static final Totals NONE = new Totals(0, 0);

        public Totals {
            if (denied < 0 || flagged < 0) {
                throw new IllegalArgumentException("a count is negative");
            }
        }

        public Totals plus(Totals other) {
            return new Totals(denied + other.denied, flagged + other.flagged);
        }
    }

    /** Reads an annotation; empty when it is not one of ours, which another version or a person may have written. */
    public static Optional<SensorDecisions> parse(String json) {
        try {
            return Optional.ofNullable(JSON.readValue(json, SensorDecisions.class));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    public String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
    }
}
