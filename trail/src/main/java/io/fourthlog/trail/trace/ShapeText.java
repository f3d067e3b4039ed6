package io.fourthlog.trail.trace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.event.JsonFragment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The shape of a tool's parameters as a signature: <code>{path: string(filesystem-sensitive), limit: number}</code>. */
final class ShapeText {

    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_DEPTH = 8; // shapes from elsewhere may be nested deeper
    private static final int MAX_LENGTH = 400; // characters

    private ShapeText() {}

    static String of(JsonFragment shape) {
        try {
            final String text = text(JSON.readTree(shape.json()), 0);
            return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "…";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a fragment is JSON by its type", e);
        }
    }

    private static String text(JsonNode shape, int depth) {
        if (depth > MAX_DEPTH) {
            return "…";
        }
        if (shape.has("properties")) {
            final List<String> fields = new ArrayList<>();
            for (final Map.Entry<String, JsonNode> field :
                    shape.path("properties").properties()) {
                fields.add(field.getKey() + ": " + text(field.getValue(), depth + 1));
            }
            return "{" + String.join(", ", fields) + (shape.path("truncated").asBoolean() ? ", …" : "") + "}";
        }
        final String type = type(shape.path("type"));
        if (type.equals("array")) {
            return "[" + (shape.has("items") ? text(shape.path("items"), depth + 1) : "") + "]×"
                    + shape.path("length").asText("?");
        }
        final List<String> tags = new ArrayList<>();
        shape.path("sensitivity").forEach(tag -> tags.add(tag.asText()));
        return (type.equals("object") ? "{}" : type) + (tags.isEmpty() ? "" : "(" + String.join(" ", tags) + ")");
    }

    private static String type(JsonNode type) {
        if (!type.isArray()) {
            return type.asText("?");
        }
        final List<String> types = new ArrayList<>();
        type.forEach(each -> types.add(each.asText()));
        return String.join("|", types);
    }
}
