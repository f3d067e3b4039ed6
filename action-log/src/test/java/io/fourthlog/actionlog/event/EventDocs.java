package io.fourthlog.actionlog.event;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes what is published of the events, from the {@link FieldCatalog}: a JSON Schema and tables for people. */
final class EventDocs {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private EventDocs() {}

    static String schema() {
        final ObjectNode root = JSON.createObjectNode();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("$id", "https://fourthlog.io/schema/event.schema.json");
        root.put("title", "Fourthlog event");
        root.put(
                "description",
                "One thing that an agent did, or that policy or a sensor said about it. On the wire and in the log it is RFC 8785 JSON.");
        final ArrayNode types = root.putArray("oneOf");
        final ObjectNode definitions = root.putObject("$defs");
        for (final EventType type : EventType.values()) {
            types.addObject().put("$ref", "#/$defs/" + type.wire());
            definitions.set(type.wire(), definition(FieldCatalog.of(type), true));
        }
        inner().forEach((name, shape) -> definitions.set(name, definition(shape, false)));
        try {
            return JSON.writeValueAsString(root) + "\n";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectNode definition(Shape<?> shape, boolean open) {
        final ObjectNode definition = JSON.createObjectNode();
        definition.put("type", "object");
        final ObjectNode properties = definition.putObject("properties");
        final ArrayNode required = definition.putArray("required");
        final List<String> nullable = new ArrayList<>();
        for (final Field<?, ?> field : shape.fields()) {
            final ObjectNode property = properties.putObject(field.name());
            property.put("description", field.meaning());
            switch (field.presence()) {
                case ALWAYS -> {
                    property.setAll(parse(field.type().schema()));
                    required.add(field.name());
                }
                case NULLABLE -> {
                    property.putArray("anyOf").add(parse(field.type().schema())).add(parse("{\"type\":\"null\"}"));
                    required.add(field.name());
                    nullable.add(field.name());
                }
                case EXTENSION -> property.setAll(parse(field.type().schema()));
            }
        }
        if (open) {
            definition.set("allOf", explained(nullable));
        } else {
            definition.put("additionalProperties", false);
        }
        return definition;
    }

    /** A field is null if and only if {@code unknown} says why. */
    private static ArrayNode explained(List<String> nullable) {
        final ArrayNode all = JSON.createArrayNode();
        for (final String name : nullable) {
            all.add(parse("""
                    {"if":{"properties":{"%1$s":{"type":"null"}}},
                     "then":{"properties":{"unknown":{"required":["%1$s"]}}},
                     "else":{"properties":{"unknown":{"properties":{"%1$s":false}}}}}""".formatted(name)));
        }
        return all;
    }

    static String markdown() {
        final StringBuilder page = new StringBuilder("""
                # Events

                What a sensor writes, one JSON object each. The same as a JSON Schema: [event.schema.json](schema/event.schema.json); what the fields are called in OpenTelemetry: [otel.md](otel.md).
                Both are written from the catalog that the codec goes by, and a test holds the three together.

                - Every event has every field of its type. A value that the sensor could not learn is `null`, and `unknown` has the
                  field's name with the reason; fields marked *optional* are left out instead.
                - In the log an event is RFC 8785 JSON: one event has one sequence of bytes.
                - A reader keeps fields that it does not know, and they survive a round trip. Objects inside of events change only
                  with `schema_version`.

                """);
        final Set<String> common = common();
        page.append("## All types\n\n");
        table(
                page,
                FieldCatalog.of(EventType.ERROR).fields().stream()
                        .filter(field -> common.contains(field.name()))
                        .toList());
        for (final EventType type : EventType.values()) {
            page.append("## ").append(type.wire()).append("\n\n");
            table(
                    page,
                    FieldCatalog.of(type).fields().stream()
                            .filter(field -> !common.contains(field.name()))
                            .toList());
        }
        page.append("## Objects inside of events\n\n");
        inner().forEach((name, shape) -> {
            page.append("### ").append(name).append("\n\n");
            table(page, shape.fields());
        });
        return page.toString().stripTrailing() + "\n";
    }

    private static void table(StringBuilder page, List<? extends Field<?, ?>> fields) {
        page.append("| field | type | |\n|---|---|---|\n");
        for (final Field<?, ?> field : fields) {
            page.append("| `")
                    .append(field.name())
                    .append("` | ")
                    .append(kind(field))
                    .append(" | ");
            page.append(field.meaning().replace("|", "\\|")).append(" |\n");
        }
        page.append('\n');
    }

    private static String kind(Field<?, ?> field) {
        final String kind = field.name().equals(FieldCatalog.EVENT_TYPE)
                ? "the type's name"
                : kind(parse(field.type().schema()));
        return switch (field.presence()) {
            case ALWAYS -> kind;
            case NULLABLE -> kind + " or null";
            case EXTENSION -> kind + ", optional";
        };
    }

    private static String kind(ObjectNode schema) {
        if (schema.has("$ref")) {
            final String name = schema.get("$ref").asText().replace("#/$defs/", "");
            return "[" + name + "](#" + name + ")";
        }
        if (schema.has("enum")) {
            final List<String> values = new ArrayList<>();
            schema.get("enum").forEach(value -> values.add("`" + value.asText() + "`"));
            return String.join(", ", values);
        }
        return schema.get("type").asText().equals("array")
                ? "list of " + kind((ObjectNode) schema.get("items"))
                : schema.get("type").asText();
    }

    /** The fields that all types have. */
    private static Set<String> common() {
        final Set<String> common = new LinkedHashSet<>();
        FieldCatalog.of(EventType.ERROR).fields().forEach(field -> common.add(field.name()));
        for (final EventType type : EventType.values()) {
            common.removeIf(name -> !FieldCatalog.of(type).has(name));
        }
        return common;
    }

    private static Map<String, Shape<?>> inner() {
        final Map<String, Shape<?>> inner = new LinkedHashMap<>();
        for (final EventType type : EventType.values()) {
            for (final Field<?, ?> field : FieldCatalog.of(type).fields()) {
                final Shape<?> shape = field.type().shape();
                if (shape != null) {
                    inner.put(shape.name(), shape);
                }
            }
        }
        return inner;
    }

    private static ObjectNode parse(String json) {
        try {
            return (ObjectNode) JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
