package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import org.jspecify.annotations.Nullable;

/**
 * A JSON-RPC request that asks the other side to do something. Whoever is handed one closes it.
 *
 * @param id as it stands in the JSON
 * @param name of the tool, the prompt or the agent's method, or the resource's URI
 * @param arguments JSON, {@code {}} if there were none
 * @param traceId of {@code params._meta.traceparent}
 * @param files that the arguments may name
 * @param resumed whether it goes on with an earlier request, which waited for what the server asked
 */
public record RpcCall(
        String id,
        Kind kind,
        String name,
        Plaintext arguments,
        MentionedFiles files,
        @Nullable String traceId,
        boolean resumed)
        implements AutoCloseable {
    /** What is asked for. */
    public enum Kind {
        /** {@code tools/call} of MCP. */
        TOOL,
        /** {@code resources/read} of MCP. */
        RESOURCE,
        /** {@code prompts/get} of MCP. */
        PROMPT,
        /** {@code elicitation/create} of MCP: a server asks the person at the client. */
        ELICITATION,
        /** A message to another agent, by A2A. */
        AGENT
    }

    /** The same, in a trace that is named beside it. */
    public RpcCall inTrace(final @Nullable String named) {
        return new RpcCall(id, kind, name, arguments, files, named, resumed);
    }

    @Override
    public void close() {
        arguments.close();
    }
}
