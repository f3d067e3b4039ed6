package io.fourthlog.trail.export;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.trail.Scene;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Run with {@code -Dgolden=write} to write the golden file and the tables of docs/otel.md anew. */
final class OtlpLogsTest {

    private static final Path GOLDEN = Path.of("src/test/resources/io/fourthlog/trail/export/scene.otlp.jsonl");
    private static final Path DOCS = Path.of("../docs/otel.md");
    private static final String BEGIN = "<!-- begin of the table -->\n";
    private static final String END = "<!-- end of the table -->\n";
    private static final JsonMapper JSON = new JsonMapper();

    private static List<Event> scene() {
        return Stream.of(Scene.helpdesk(), Scene.curious(), List.of(Scene.restart(31, 4_000, 6_000)))
                .flatMap(List::stream)
                .toList();
    }

    private static List<String> written(List<Event> events) {
        final List<String> lines = new ArrayList<>();
        try (OtlpLogs logs = new OtlpLogs(lines::add)) {
            events.forEach(logs::write);
        }
        return lines;
    }

    @Test
    void theSceneIsAsInTheGoldenFile() throws IOException {
        final String text = String.join("\n", written(scene())) + "\n";
        if ("write".equals(System.getProperty("golden"))) {
            Files.createDirectories(GOLDEN.getParent());
            Files.writeString(GOLDEN, text);
        }
        assertThat(text).isEqualTo(Files.readString(GOLDEN));
    }

    @Test
    void aResourceIsCalledByWhatItIs() {
        final DataAccess file = scene().stream()
                .filter(DataAccess.class::isInstance)
                .map(DataAccess.class::cast)
                .findFirst()
                .orElseThrow();
        final Map<String, Map<String, String>> names = Map.of(
                "https://crm.internal/a", Map.of("url.full", "https://crm.internal/a"),
                "tcp://[fd00::7]:9092", Map.of("server.address", "[fd00::7]", "network.transport", "tcp"),
                "udp://10.0.0.7:53", Map.of("server.address", "10.0.0.7", "network.transport", "udp"),
                "icmp://[fd00::7]", Map.of("server.address", "[fd00::7]"),
                "postgres://10.0.0.7/crm/sales.orders",
                        Map.of(
                                "db.system.name", "postgresql",
                                "db.namespace", "crm",
                                "db.collection.name", "sales.orders"),
                "redis://10.0.0.7", Map.of("db.system.name", "redis"),
                "mysql://10.0.0.7//users", Map.of("db.system.name", "mysql", "db.collection.name", "users"),
                "notes:today", Map.of("mcp.method.name", "resources/read", "mcp.resource.uri", "notes:today"));
        names.forEach((uri, attributes) -> assertThat(
                        OtelNames.derived(new DataAccess(file.header(), uri, "read", null, 1L, List.of())))
                .isEqualTo(attributes));
    }

    @Test
    void everyKnownFieldOfEveryEventIsThereOnce() throws IOException {
        for (final Event event : scene()) {
            final JsonNode record =
                    JSON.readTree(written(List.of(event)).getFirst()).at("/resourceLogs/0/scopeLogs/0/logRecords/0");
            final List<String> names = new ArrayList<>();
            record.path("attributes")
                    .forEach(attribute -> names.add(attribute.path("key").asText()));
            assertThat(names).doesNotHaveDuplicates();
            final Set<String> expected = new HashSet<>(OtelNames.derived(event).keySet());
            JSON.readTree(EventCodec.encode(event)).properties().forEach(field -> {
                if (field.getValue().isObject() && Set.of("destination", "gap").contains(field.getKey())) {
                    field.getValue()
                            .fieldNames()
                            .forEachRemaining(inner ->
                                    expected.add(OtelNames.attribute(event.type(), field.getKey() + "." + inner)));
                } else if (!field.getValue().isNull()) {
                    expected.add(OtelNames.attribute(event.type(), field.getKey()));
                }
            });
            expected.removeAll(Set.of(
                    "fourthlog.event_type",
                    "fourthlog.trace_id",
                    "fourthlog.ts",
                    "fourthlog.workload_id",
                    "fourthlog.sensor_id"));
            assertThat(names).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(record.path("traceId").asText()).isEqualTo(event.header().traceId());
            assertThat(event.header().eventId().toString().replace("-", ""))
                    .endsWith(record.path("spanId").asText());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2999-01-01T00:00:00.000000Z, 0",
        "9999-12-31T23:59:59.999999Z, 0",
        "2554-07-21T23:34:33.709551Z, 18446744073709551000",
        "2262-04-12T00:00:00.000000Z, 9223372800000000000",
    })
    void aTimeThatIsTooLateForTheProtocolIsAnAttribute(String ts, String nanoseconds) throws Exception {
        final Event event = scene().getFirst();
        final Event late = EventCodec.decode(new String(EventCodec.encode(event), UTF_8)
                .replaceFirst("\"ts\":\"[^\"]*\"", "\"ts\":\"" + ts + "\"")
                .getBytes(UTF_8));

        final JsonNode record =
                JSON.readTree(written(List.of(late)).getFirst()).at("/resourceLogs/0/scopeLogs/0/logRecords/0");
        assertThat(record.path("timeUnixNano").asText()).isEqualTo(nanoseconds);
        assertThat(record.path("attributes").toString().contains("\"fourthlog.ts\",\"value\":{\"stringValue\":\"" + ts))
                .isEqualTo(nanoseconds.equals("0"));
    }

    @Test
    void maskedTextStaysInTheTrail() throws Exception {
        final Event model = scene().stream()
                .filter(event -> event.type() == EventType.MODEL_INVOCATION)
                .findFirst()
                .orElseThrow();
        final Event previewed = EventCodec.decode(new String(EventCodec.encode(model), UTF_8)
                .replaceFirst(
                        "\"prompt_class\"", "\"previews\":[{\"part\":\"output\",\"text\":\"canary\"}],\"prompt_class\"")
                .getBytes(UTF_8));

        assertThat(new String(EventCodec.encode(previewed), UTF_8)).contains("canary");
        assertThat(written(List.of(previewed))).isEqualTo(written(List.of(model)));
    }

    @Test
    void linesAreHandedOverWhileEventsComeAndAreOfBoundedLength() {
        final List<String> lines = new ArrayList<>();
        try (OtlpLogs logs = new OtlpLogs(lines::add)) {
            for (int i = 0; i < 1_001; i++) {
                logs.write(Scene.curious().getFirst());
                assertThat(lines).hasSize(i / 100);
            }
        }
        assertThat(lines).hasSize(11);
        assertThat(lines.subList(0, 10))
                .allSatisfy(line -> assertThat(JSON.readTree(line).at("/resourceLogs/0/scopeLogs/0/logRecords"))
                        .hasSize(100));
    }

    @Test
    void theDocumentationHasTheNames() throws IOException {
        final StringBuilder table = new StringBuilder("| event | field | attribute |\n|---|---|---|\n");
        for (final EventType type : EventType.values()) {
            for (final Map.Entry<String, String> name :
                    new TreeMap<>(OtelNames.FIELDS.getOrDefault(type, Map.of())).entrySet()) {
                table.append("| `%s` | `%s` | `%s` |\n".formatted(type.wire(), name.getKey(), name.getValue()));
            }
        }
        final String docs = Files.readString(DOCS);
        final int from = docs.indexOf(BEGIN) + BEGIN.length();
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(DOCS, docs.substring(0, from) + table + docs.substring(docs.indexOf(END)));
        }
        assertThat(Files.readString(DOCS)).contains(BEGIN + table + END);
    }
}
