package io.fourthlog.trail.export;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.trail.reading.TrailScan;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes events as log records in the JSON encoding of the OpenTelemetry protocol, a line of LogsData (opentelemetry-proto,
 * logs/v1) for each run of events of one workload: what the OpenTelemetry Collector's file exporter writes, and its
 * {@code otlpjsonfile} receiver reads. They are log records and not spans because most events are moments, of which no duration is known.
 *
 * <p>The id of a record's span is the second half of the event's id; a trace of OpenTelemetry has no triggers, so the whole id of
 * the triggering event is an attribute.
 */
public final class OtlpLogs implements AutoCloseable {

    private static final int MAX_RECORDS = 100; // in a line: some 100 KiB
    private static final int INFO = 9; // SeverityNumber of logs.proto
    private static final int WARN = 13;
    private static final int ERROR = 17;
    private static final int SPAN_ID = 19; // where the last two groups of a UUID's text begin

    private static final String UNKNOWN_TIME = "0"; // logs.proto
    private static final Set<String> ELSEWHERE =
            Set.of("event_type", "trace_id", "ts", "workload_id", "sensor_id"); // in the record or the resource

    private static final Set<String> NOT_EXPORTED = Set.of("previews"); // masked text stays in the trail

    private static final Set<String> FLATTENED = Set.of("destination", "gap"); // objects whose members are attributes

    private static final Map<String, String> CONTROLLERS = Map.of(
            "Deployment", "k8s.deployment.name",
            "StatefulSet", "k8s.statefulset.name",
            "DaemonSet", "k8s.daemonset.name",
            "ReplicaSet", "k8s.replicaset.name",
            "Job", "k8s.job.name",
            "CronJob", "k8s.cronjob.name");

    private static final JsonMapper JSON = new JsonMapper();

    private record Resource(String workload, String sensor) {}

    private final Consumer<String> lines;
    private @Nullable Resource resource;
    private StringWriter line = new StringWriter();
    private @Nullable JsonGenerator json;
    private int records;

    /** @param lines takes each line when it is complete */
    public OtlpLogs(Consumer<String> lines) {
        this.lines = lines;
    }

    /** Writes one more event. */
    public void write(Event event) {
        final Resource its =
                new Resource(event.header().workloadId(), event.header().sensorId());
        try {
            if (!its.equals(resource) || records == MAX_RECORDS) {
                end();
                begin(its);
            }
            if (json != null) {
                record(json, event, JSON.readTree(EventCodec.encode(event)));
                records++;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("into memory", e);
        }
    }

    private void begin(Resource its) throws IOException {
        resource = its;
        line = new StringWriter();
        final JsonGenerator out = JSON.createGenerator(line);
        json = out;
        out.writeStartObject();
        out.writeArrayFieldStart("resourceLogs");
        out.writeStartObject();
        out.writeObjectFieldStart("resource");
        out.writeArrayFieldStart("attributes");
        for (final Map.Entry<String, String> attribute : attributes(its).entrySet()) {
            attribute(out, attribute.getKey(), attribute.getValue());
        }
        out.writeEndArray();
        out.writeEndObject();
        out.writeArrayFieldStart("scopeLogs");
        out.writeStartObject();
        out.writeObjectFieldStart("scope");
        out.writeStringField("name", "io.fourthlog");
        out.writeEndObject();
        out.writeArrayFieldStart("logRecords");
    }

    private static Map<String, String> attributes(Resource its) {
        final Map<String, String> attributes = new TreeMap<>();
        attributes.put(OtelNames.OWN + "sensor_id", its.sensor());
        attributes.put(OtelNames.OWN + "workload_id", its.workload());
        final String[] parts = its.workload().split("/", -1); // k8s://CLUSTER/NAMESPACE/KIND/NAME/POD/CONTAINER
        if (parts.length == 8 && parts[0].equals("k8s:")) {
            attributes.put("k8s.cluster.name", parts[2]);
            attributes.put("k8s.namespace.name", parts[3]);
            if (CONTROLLERS.containsKey(parts[4])) {
                attributes.put(CONTROLLERS.getOrDefault(parts[4], ""), parts[5]);
            }
            attributes.put("service.name", parts[5]);
            attributes.put("k8s.pod.name", parts[6]);
            attributes.put("k8s.container.name", parts[7]);
        }
        return attributes;
    }

    private static void record(JsonGenerator out, Event event, JsonNode fields) throws IOException {
        final EventType type = event.type();
        final String time = nanoseconds(event.header().ts());
        out.writeStartObject();
        out.writeStringField("timeUnixNano", time);
        out.writeStringField("observedTimeUnixNano", time);
        out.writeNumberField("severityNumber", severity(event));
        out.writeStringField("eventName", OtelNames.eventName(type));
        out.writeStringField("traceId", event.header().traceId());
        out.writeStringField(
                "spanId", event.header().eventId().toString().substring(SPAN_ID).replace("-", ""));
        out.writeArrayFieldStart("attributes");
        for (final Map.Entry<String, String> derived : OtelNames.derived(event).entrySet()) {
            attribute(out, derived.getKey(), derived.getValue());
        }
        if (time.equals(UNKNOWN_TIME)) {
            attribute(out, OtelNames.OWN + "ts", fields.path("ts").asText());
        }
        for (final Map.Entry<String, JsonNode> field : fields.properties()) {
            if (FLATTENED.contains(field.getKey()) && field.getValue().isObject()) {
                for (final Map.Entry<String, JsonNode> inner : field.getValue().properties()) {
                    attribute(out, type, field.getKey() + "." + inner.getKey(), inner.getValue());
                }
            } else if (!ELSEWHERE.contains(field.getKey()) && !NOT_EXPORTED.contains(field.getKey())) {
                attribute(out, type, field.getKey(), field.getValue());
            }
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    /** Seconds and nanoseconds as one decimal number: a fixed64, which ends in 2554, is a string in proto3's JSON. */
    private static String nanoseconds(Instant time) {
        final BigInteger nanoseconds = BigInteger.valueOf(time.getEpochSecond())
                .multiply(BigInteger.valueOf(1_000_000_000))
                .add(BigInteger.valueOf(time.getNano()));
        return nanoseconds.bitLength() > Long.SIZE ? UNKNOWN_TIME : nanoseconds.toString();
    }

    private static int severity(Event event) {
        return switch (event) {
            case ErrorEvent error -> TrailScan.isGap(error) ? WARN : ERROR;
            case PolicyDecision decision -> decision.decision() == Decision.ALLOW ? INFO : WARN;
            default -> INFO;
        };
    }

    /** What is not known is left out; why is in {@code fourthlog.unknown}. */
    private static void attribute(JsonGenerator out, EventType type, String path, JsonNode value) throws IOException {
        if (!value.isNull()) {
            out.writeStartObject();
            out.writeStringField("key", OtelNames.attribute(type, path));
            out.writeFieldName("value");
            value(out, value);
            out.writeEndObject();
        }
    }

    private static void attribute(JsonGenerator out, String name, String text) throws IOException {
        out.writeStartObject();
        out.writeStringField("key", name);
        out.writeObjectFieldStart("value");
        out.writeStringField("stringValue", text);
        out.writeEndObject();
        out.writeEndObject();
    }

    /** An AnyValue of common/v1. */
    private static void value(JsonGenerator out, JsonNode value) throws IOException {
        out.writeStartObject();
        switch (value.getNodeType()) {
            case BOOLEAN -> out.writeBooleanField("boolValue", value.booleanValue());
            case NUMBER -> {
                if (value.isIntegralNumber()) {
                    out.writeStringField("intValue", value.asText());
                } else {
                    out.writeNumberField("doubleValue", value.doubleValue());
                }
            }
            case ARRAY -> {
                out.writeObjectFieldStart("arrayValue");
                out.writeArrayFieldStart("values");
                for (final JsonNode element : value) {
                    value(out, element);
                }
                out.writeEndArray();
                out.writeEndObject();
            }
            case OBJECT -> {
                out.writeObjectFieldStart("kvlistValue");
                out.writeArrayFieldStart("values");
                for (final Map.Entry<String, JsonNode> member : value.properties()) {
                    out.writeStartObject();
                    out.writeStringField("key", member.getKey());
                    out.writeFieldName("value");
                    value(out, member.getValue());
                    out.writeEndObject();
                }
                out.writeEndArray();
                out.writeEndObject();
            }
            case NULL, MISSING -> {} // an AnyValue without a value is null
            case STRING, BINARY, POJO -> out.writeStringField("stringValue", value.asText());
        }
        out.writeEndObject();
    }

    private void end() throws IOException {
        if (json != null) {
            json.close(); // closes what is open in it
            json = null;
            records = 0;
            lines.accept(line.toString());
        }
    }

    /** Writes the last line. */
    @Override
    public void close() {
        try {
            end();
        } catch (IOException e) {
            throw new UncheckedIOException("into memory", e);
        }
    }
}
