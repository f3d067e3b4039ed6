package io.fourthlog.actionlog.event;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What events of all types have: which event, of which trace, when, whose, after what, seen by whom and how well.
 *
 * @param eventId a UUIDv7 (RFC 9562)
 * @param traceId a W3C trace id: 32 lower-case hex digits, not all zero
 * @param ts when it happened; cut to microseconds
 * @param workloadId {@code k8s://CLUSTER/NAMESPACE/KIND/NAME/POD/CONTAINER}, or {@code proc://…} outside a cluster
 * @param triggeringEventId the event that led to this one; {@code null} at the root of a trace
 * @param sensorId the sensor, and with it the log, that the event belongs to
 * @param schemaVersion the version of the event schema, from 1
 * @param unknown why each field that is {@code null} is so, by wire name
 * @param extensions fields of a newer schema version, kept as they came so that they survive a round trip
 */
public record Header(
        UUID eventId,
        String traceId,
        Instant ts,
        String workloadId,
        @Nullable UUID triggeringEventId,
        String sensorId,
        int schemaVersion,
        Completeness completeness,
        Evidence evidence,
        SortedMap<String, String> unknown,
        SortedMap<String, JsonFragment> extensions) {

    /** The schema version that this code writes. */
    public static final int SCHEMA_VERSION = 1;

    public Header {
        if (eventId.version() != 7) {
            throw new InvalidField("event_id", eventId + " is not a UUIDv7");
        }
        Rules.traceId(traceId);
        ts = Rules.timestamp("ts", ts).truncatedTo(ChronoUnit.MICROS);
        workloadId = Rules.text("workload_id", workloadId);
        if (!workloadId.startsWith("k8s://") && !workloadId.startsWith("proc://")) {
            throw new InvalidField("workload_id", workloadId + " starts neither with k8s:// nor proc://");
        }
        sensorId = Rules.text("sensor_id", sensorId);
        if (schemaVersion < 1) {
            throw new InvalidField("schema_version", schemaVersion + " is less than 1");
        }
        unknown = Rules.reasons(unknown);
        extensions = extensions(extensions);
        if ((triggeringEventId == null) != unknown.containsKey("triggering_event_id")) {
            throw new InvalidField("triggering_event_id", "must be either known or listed in unknown with a reason");
        }
    }

    private static SortedMap<String, JsonFragment> extensions(SortedMap<String, JsonFragment> extensions) {
        if (extensions.isEmpty()) { // of all events but those of a newer version
            return Collections.emptySortedMap();
        }
        extensions.keySet().forEach(Rules::wellFormedName);
        return Collections.unmodifiableSortedMap(new TreeMap<>(extensions));
    }

    /** A header without extensions. */
    public Header(
            UUID eventId,
            String traceId,
            Instant ts,
            String workloadId,
            @Nullable UUID triggeringEventId,
            String sensorId,
            int schemaVersion,
            Completeness completeness,
            Evidence evidence,
            SortedMap<String, String> unknown) {
        this(
                eventId,
                traceId,
                ts,
                workloadId,
                triggeringEventId,
                sensorId,
                schemaVersion,
                completeness,
                evidence,
                unknown,
                Collections.emptySortedMap());
    }

    /** The same header with these reasons added to {@link #unknown()}. */
    public Header withUnknown(Map<String, String> reasons) {
        if (reasons.isEmpty()) {
            return this;
        }
        final TreeMap<String, String> all = new TreeMap<>(unknown);
        all.putAll(reasons);
        return new Header(
                eventId,
                traceId,
                ts,
                workloadId,
                triggeringEventId,
                sensorId,
                schemaVersion,
                completeness,
                evidence,
                all,
                extensions);
    }

    /** The same header with one reason added to {@link #unknown()}. */
    public Header withUnknown(String field, String reason) {
        return withUnknown(Map.of(field, reason));
    }
}
