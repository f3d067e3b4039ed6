package io.fourthlog.sensor.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.sensor.pipeline.Witness.Called;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the programs of a test print of what they saw, JSON Lines among whatever else they say: {@code defined} is a tool as its server
 * defines it, {@code called} a call as its client saw it, {@code tool} a call as the tool itself did.
 */
record Told(List<JsonNode> lines) {
    static Told of(final String printed) throws IOException {
        final JsonMapper mapper = new JsonMapper();
        final List<JsonNode> lines = new ArrayList<>();
        for (final String line : printed.split("\n", -1)) {
            if (line.startsWith("{")) {
                lines.add(mapper.readTree(line));
            }
        }
        return new Told(lines);
    }

    /** The definitions of tools, by their names. */
    Map<String, String> definitions() {
        final Map<String, String> definitions = new HashMap<>();
        lines.stream()
                .map(line -> line.path("defined"))
                .filter(tool -> !tool.isMissingNode())
                .forEach(tool -> definitions.put(tool.path("name").asText(), tool.toString()));
        return definitions;
    }

    /** The calls as the client saw them, which no model asked for. */
    List<Called> called() {
        return calls("called", "text", List.of());
    }

    /** The calls as the tools saw them, with the ids of the calls that the endpoint asked for first. */
    List<Called> ran(final List<JsonNode> asked) {
        return calls("tool", "result", asked);
    }

    private List<Called> calls(final String name, final String result, final List<JsonNode> asked) {
        return lines.stream()
                .filter(line -> line.has(name))
                .map(line -> new Called(
                        line.path(name).asText(),
                        line.path("arguments").toString(),
                        line.path(result).asText(),
                        line.path("error").asBoolean(),
                        asked.isEmpty()
                                ? null
                                : id(asked.getFirst(), line.path(name).asText())))
                .toList();
    }

    private static String id(final JsonNode request, final String tool) {
        for (final JsonNode call : request.path("said").path("calls")) {
            if (call.path("name").asText().equals(tool)) {
                return call.path("id").asText();
            }
        }
        throw new AssertionError("no model asked for " + tool + ": " + request);
    }
}
