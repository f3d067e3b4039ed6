package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A JSON-RPC response. Whoever is handed one closes it.
 *
 * @param id the request's id as it stands in the JSON
 * @param serverName what the server calls itself, in the answer to {@code initialize}
 * @param serverVersion its version, likewise
 * @param content the text of the result, or its JSON if it has no text; {@code null} if there is none
 * @param binaryBytes of content that is not text, decoded
 * @param tools what the server says of its tools, in the answer to {@code tools/list}
 * @param unfinished whether the request waits for what the server asks the client first, and is then made again
 * @param task under which name the request goes on, if this says only that it was accepted
 * @param toolError whether the tool says that it failed
 * @param errorCode the JSON-RPC error code, {@code null} if there is no error
 * @param answer of a model that was asked through the client, in the answer to {@code sampling/createMessage}
 */
public record McpResult(
        String id,
        @Nullable String serverName,
        @Nullable String serverVersion,
        @Nullable Plaintext content,
        long binaryBytes,
        List<Definition> tools,
        boolean unfinished,
        @Nullable String task,
        boolean toolError,
        @Nullable Long errorCode,
        @Nullable ModelAnswer answer)
        implements AutoCloseable {
    /** A tool and all that its server says of it, as JSON. */
    public record Definition(String name, Plaintext json) {}

    public McpResult {
        tools = List.copyOf(tools);
    }

    @Override
    public void close() {
        if (content != null) {
            content.close();
        }
        if (answer != null) {
            answer.close();
        }
        tools.forEach(tool -> tool.json().close());
    }
}
