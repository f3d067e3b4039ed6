package io.fourthlog.sensor.pipeline;

import io.fourthlog.redaction.RedactedJson;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.protocol.McpResult;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who answers on a JSON-RPC channel, as far as it was seen: where it is, what it says it is, and a digest of what it says of
 * each of its tools, so that a tool which becomes another one under the same name is seen to.
 */
final class ToolServer {
    private static final int MAX_TOOLS = 4096;
    private static final int DEFINITION = 160; // bytes, about, that a tool's digest takes beside the tool's name
    private static final int DIGEST = 16; // hex digits: enough to tell versions of one tool apart

    private final Recorder recorder;
    private final MemoryBudget budget;
    private final String transport; // mcp+stdio, mcp+http or a2a
    private final @Nullable String place; // a host, where that is known
    private final Map<String, String> definitions = new HashMap<>();
    private @Nullable Agent process;
    private @Nullable String name;
    private @Nullable String version;

    ToolServer(
            final Recorder recorder, final MemoryBudget budget, final String transport, final @Nullable String place) {
        this.recorder = recorder;
        this.budget = budget;
        this.transport = transport;
        this.place = place;
    }

    /** The process that answers, {@code null} if it runs elsewhere or is not known yet. */
    @Nullable
    Agent process() {
        return process;
    }

    void process(final Agent answering) {
        process = answering;
    }

    @Nullable
    String destination(final boolean agent) {
        final String where = place != null ? place : name;
        return where == null ? null : (agent ? "a2a" : transport) + ":" + where;
    }

    /** {@code NAME/VERSION+def.DIGEST}: what the server says of itself, and a digest of what it says of the tool. */
    @Nullable
    String version(final String tool) {
        final String digest = definitions.get(tool);
        if (digest == null) {
            return version;
        }
        return (version == null ? "" : version) + "+def." + digest;
    }

    void introduced(final McpResult result) {
        if (result.serverName() != null) {
            name = result.serverName();
            version = result.serverVersion() == null
                    ? result.serverName()
                    : result.serverName() + "/" + result.serverVersion();
        }
    }

    /** The server lists its tools to {@code client}. */
    void defines(final McpResult result, final Agent client, final Instant now) {
        for (final McpResult.Definition tool : result.tools()) {
            final RedactedJson definition = recorder.engine(client).redactJson(tool.json());
            final String hash = definition.keyedHash();
            if (hash == null || (!definitions.containsKey(tool.name()) && !hasRoomFor(tool.name()))) {
                continue; // an unreadable definition leaves the tool without a digest, which its calls then say
            }
            final int digits = hash.indexOf(':') + 1;
            final String digest = hash.substring(digits, Math.min(hash.length(), digits + DIGEST));
            final String before = definitions.put(tool.name(), digest);
            if (before != null && !before.equals(digest)) {
                recorder.error(client, client.session().ambient(client), now, "tool.definition.changed");
            }
        }
    }

    private boolean hasRoomFor(final String tool) {
        return definitions.size() < MAX_TOOLS && budget.take(DEFINITION + tool.length());
    }
}
