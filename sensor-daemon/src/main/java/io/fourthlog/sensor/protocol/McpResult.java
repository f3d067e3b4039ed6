package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import org.jspecify.annotations.Nullable;

/**
 * A JSON-RPC response on an MCP channel. Whoever is handed one closes it.
 *
 * @param id the request's id as it stands in the JSON
 * @param serverName what the server calls itself, in the answer to {@code initialize}
 * @param serverVersion its version, likewise
 * @param content the text of a tool's result, or its JSON if it has no text; {@code null} if there is none
 * @param toolError whether the tool says that it failed
 * @param errorCode the JSON-RPC error code, {@code null} if there is no error
 */
public record McpResult(
        String id,
        @Nullable String serverName,
        @Nullable String serverVersion,
        @Nullable Plaintext content,
        boolean toolError,
        @Nullable Long errorCode)
        implements AutoCloseable {
    @Override
    public void close() {
        if (content != null) {
            content.close();
        }
    }
}
