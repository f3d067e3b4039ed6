package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.json.JsonReader.Token;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.MemoryBudget;
import io.fourthlog.sensor.streams.StreamAssembler;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One direction of an MCP stdio transport (Model Context Protocol, "Transports"): newline-delimited JSON-RPC 2.0, however
 * the writer cut it into writes. Lines that are not JSON-RPC are a program's own output and are left alone.
 */
public final class McpStream implements AutoCloseable {
    /** Takes the messages of one direction; results and arguments belong to the listener, who closes them. */
    public interface Listener {
        /**
         * {@code tools/call}.
         *
         * @param id as it stands in the JSON
         * @param arguments JSON, {@code {}} if there were none
         * @param traceId of {@code params._meta.traceparent}
         */
        void call(String id, String tool, Plaintext arguments, @Nullable String traceId);

        /** Any other request, of which a response will come. */
        void request(String id);

        /** {@code notifications/cancelled}: no response will come. */
        void cancelled(String id);

        void result(McpResult result);

        /** Messages may be missing; {@code missingBytes} is -1 if not known. */
        void gap(GapCause cause, long missingBytes);
    }

    private static final int MAX_WAITING = 256 << 10; // bytes that may wait for an earlier chunk
    private static final int MAX_ID = 128; // bytes of a request id's JSON; clients count or use UUIDs

    private static final int ID = 0;
    private static final int METHOD = 1;
    private static final int PARAMS = 2;
    private static final int RESULT = 3;
    private static final int ERROR = 4;
    private static final int VERSION = 5;
    private static final int NAME = 0;
    private static final int ARGUMENTS = 1;
    private static final int META = 2;
    private static final int REQUEST_ID = 3;
    private static final int CONTENT = 0;
    private static final int STRUCTURED = 1;
    private static final int IS_ERROR = 2;
    private static final int SERVER_INFO = 3;
    private static final int INFO_NAME = 0;
    private static final int INFO_VERSION = 1;
    private static final int CODE = 2;
    private static final int TRACEPARENT = 3;
    private static final int TEXT = 0;

    private static final byte[] JSON_RPC_2 = utf8("2.0");
    private static final byte[] TOOLS_CALL = utf8("tools/call");
    private static final byte[] CANCELLED = utf8("notifications/cancelled");
    private static final byte[] NO_ARGUMENTS = utf8("{}");

    private final MemoryBudget budget;
    private final Limits limits;
    private final Listener listener;
    private final StreamAssembler assembler;
    private final ContentBuffer line;
    private final JsonFields message;
    private final JsonFields params;
    private final JsonFields result;
    private final JsonFields inner;
    private final JsonFields text;
    private boolean skipping; // until the next newline
    private boolean speaksJsonRpc;

    public McpStream(final MemoryBudget budget, final Limits limits, final Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.listener = listener;
        line = new ContentBuffer(budget, limits.bodyBytes());
        assembler = new StreamAssembler(budget, MAX_WAITING, new Lines());
        message = new JsonFields(limits.jsonDepth(), "id", "method", "params", "result", "error", "jsonrpc");
        params = new JsonFields(limits.jsonDepth(), "name", "arguments", "_meta", "requestId");
        result = new JsonFields(limits.jsonDepth(), "content", "structuredContent", "isError", "serverInfo");
        inner = new JsonFields(limits.jsonDepth(), "name", "version", "code", "traceparent");
        text = new JsonFields(limits.jsonDepth(), "text");
    }

    /** Bytes written from byte number {@code position} of this direction on. */
    public void accept(final long position, final byte[] bytes, final int length) {
        assembler.accept(position, bytes, 0, length);
    }

    /** Gives up on chunks that have not come. */
    public void flush() {
        assembler.flush();
    }

    public boolean isWaiting() {
        return assembler.isWaiting();
    }

    /** Whether a JSON-RPC message was seen, so that this is no other program's output. */
    public boolean speaksJsonRpc() {
        return speaksJsonRpc;
    }

    @Override
    public void close() {
        assembler.close();
        line.close();
    }

    private final class Lines implements StreamAssembler.Sink {
        @Override
        public void data(final byte[] bytes, final int offset, final int length, final boolean chunkStart) {
            final int end = offset + length;
            int from = offset;
            for (int at = offset; at < end; at++) {
                if (bytes[at] == '\n') {
                    keep(bytes, from, at);
                    lineEnds();
                    from = at + 1;
                }
            }
            keep(bytes, from, end);
        }

        private void keep(final byte[] bytes, final int from, final int to) {
            if (!skipping && to > from && !line.append(bytes, from, to - from)) {
                skipping = true;
                line.clear();
                listener.gap(GapCause.TOO_LARGE, -1);
            }
        }

        private void lineEnds() {
            if (!skipping && line.length() > 0) {
                lineComplete();
            }
            skipping = false;
            line.clear();
        }

        @Override
        public void gap(final long bytes) {
            skipping = true;
            line.clear();
            listener.gap(GapCause.STREAM, bytes);
        }
    }

    private void lineComplete() {
        final byte[] bytes = line.array();
        final byte first = bytes[0];
        if (first == '{') {
            if (message.read(bytes, 0, line.length())) {
                message(bytes);
            } else if (speaksJsonRpc) {
                listener.gap(GapCause.MCP, line.length());
            }
        } else if (first == '[' && speaksJsonRpc) {
            listener.gap(
                    GapCause.MCP, line.length()); // batches were in one version of the protocol, unused by its SDKs
        }
    }

    private void message(final byte[] bytes) {
        if (!message.is(VERSION, JSON_RPC_2)) {
            return;
        }
        speaksJsonRpc = true;
        if (message.token(METHOD) == Token.STRING) {
            request(bytes);
        } else if (message.has(RESULT) || message.has(ERROR)) {
            final String id = id(bytes, message, ID);
            if (id != null) {
                listener.result(result(bytes, id));
            }
        }
    }

    private void request(final byte[] bytes) {
        if (message.token(PARAMS) != Token.OBJECT_START
                || !params.read(bytes, message.start(PARAMS), message.end(PARAMS))) {
            params.read(NO_ARGUMENTS, 0, NO_ARGUMENTS.length);
        }
        if (message.is(METHOD, CANCELLED)) {
            final String cancelled = id(bytes, params, REQUEST_ID);
            if (cancelled != null) {
                listener.cancelled(cancelled);
            }
            return;
        }
        final String id = id(bytes, message, ID);
        if (id == null) {
            return; // a notification
        }
        final String tool = params.name(NAME);
        if (!message.is(METHOD, TOOLS_CALL) || tool == null) {
            listener.request(id);
            return;
        }
        final Plaintext arguments = params.has(ARGUMENTS)
                ? Plaintext.copyOf(bytes, params.start(ARGUMENTS), params.end(ARGUMENTS) - params.start(ARGUMENTS))
                : Plaintext.copyOf(NO_ARGUMENTS, 0, NO_ARGUMENTS.length);
        listener.call(id, tool, arguments, traceId(bytes));
    }

    private @Nullable String traceId(final byte[] bytes) {
        if (params.token(META) != Token.OBJECT_START
                || !inner.read(bytes, params.start(META), params.end(META))
                || inner.token(TRACEPARENT) != Token.STRING) {
            return null;
        }
        return Traceparent.traceId(bytes, inner.start(TRACEPARENT) + 1, inner.end(TRACEPARENT) - 1);
    }

    private McpResult result(final byte[] bytes, final String id) {
        if (message.token(ERROR) == Token.OBJECT_START && inner.read(bytes, message.start(ERROR), message.end(ERROR))) {
            return new McpResult(id, null, null, copy(bytes, message, ERROR), true, inner.integer(CODE));
        }
        if (message.token(RESULT) != Token.OBJECT_START
                || !result.read(bytes, message.start(RESULT), message.end(RESULT))) {
            return new McpResult(id, null, null, null, false, null);
        }
        String serverName = null;
        String serverVersion = null;
        if (result.token(SERVER_INFO) == Token.OBJECT_START
                && inner.read(bytes, result.start(SERVER_INFO), result.end(SERVER_INFO))) {
            serverName = inner.name(INFO_NAME);
            serverVersion = inner.name(INFO_VERSION);
        }
        return new McpResult(id, serverName, serverVersion, content(bytes), result.isTrue(IS_ERROR), null);
    }

    private @Nullable Plaintext content(final byte[] bytes) {
        try (ContentBuffer all = new ContentBuffer(budget, limits.bodyBytes())) {
            result.elements(CONTENT, (from, to) -> {
                if (text.read(bytes, from, to)) {
                    text.text(TEXT, all);
                }
            });
            if (all.length() > 0) {
                return Plaintext.copyOf(all.array(), 0, all.length());
            }
        }
        if (result.has(STRUCTURED)) {
            return copy(bytes, result, STRUCTURED);
        }
        return result.has(CONTENT) ? copy(bytes, result, CONTENT) : null;
    }

    private static Plaintext copy(final byte[] bytes, final JsonFields fields, final int name) {
        return Plaintext.copyOf(bytes, fields.start(name), fields.end(name) - fields.start(name));
    }

    private static @Nullable String id(final byte[] bytes, final JsonFields fields, final int name) {
        final Token kind = fields.token(name);
        final int length = fields.end(name) - fields.start(name);
        return (kind == Token.STRING || kind == Token.NUMBER) && length <= MAX_ID
                ? new String(bytes, fields.start(name), length, StandardCharsets.UTF_8)
                : null;
    }

    private static byte[] utf8(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
