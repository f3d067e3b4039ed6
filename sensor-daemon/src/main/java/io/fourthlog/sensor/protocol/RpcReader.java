package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import io.fourthlog.sensor.http.Traceparent;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON-RPC 2.0 messages of the Model Context Protocol and of A2A, however they were carried. What a response answers
 * is not in it, so everything that any answer is read for is looked for in each.
 */
public final class RpcReader {
    /** Takes the messages of one direction; what is handed over belongs to the listener, who closes it. */
    public interface Listener {
        void call(RpcCall call);

        /** {@code sampling/createMessage}: the server asks a model through the client. */
        void sampling(String id, ModelPrompt prompt);

        /** Any other request, of which a response will come. */
        void request(String id);

        /** {@code tasks/result}: answered as the request that goes on under this name; whether one does. */
        boolean resumed(String id, String task);

        /** {@code notifications/cancelled}: no response will come; or {@code tasks/cancel}, of what goes on under a name. */
        void cancelled(String id);

        /** Answers whether a request that is recorded was waiting for it. */
        boolean result(McpResult result);

        /** The message that follows may be another one to whom it is for: a name is there twice, or in another case. */
        default void ambiguous() {}
    }

    /** What a text was. */
    enum Outcome {
        /** A message of which there is, or will be, an event. */
        TOLD,
        /** Any other message. */
        MESSAGE,
        /** Not JSON-RPC, or that of another service. */
        OTHER,
        /** What begins as a message, and is no JSON. */
        INVALID;

        boolean isMessage() {
            return this == TOLD || this == MESSAGE;
        }
    }

    /** Begins what a task is called in place of an id, which no JSON does. */
    public static final String NAMED = "task ";

    private static final String NO_ID = "no id"; // no JSON
    private static final String ONLY = "only"; // the same
    private static final double MAX_EXACT = 0x1p53; // below it every integer is a number of its own
    private static final String NO_NAME = "(no name)";
    private static final int MAX_ID = 128; // bytes of a request id's JSON that are kept; clients count or use UUIDs
    private static final byte[] NO_ARGUMENTS = utf8("{}");
    private static final byte[] JSON_RPC_2 = utf8("2.0");
    private static final byte[] INPUT_REQUIRED = utf8("input_required");
    private static final Set<String> WITHOUT_SLASH =
            Set.of("initialize", "ping", "SendMessage", "SendStreamingMessage");

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
    private static final int URI = 4;
    private static final int RESPONSES = 5;
    private static final int REQUEST_STATE = 6;
    private static final int TASK_ID = 7;
    private static final int CONTENT = 0;
    private static final int STRUCTURED = 1;
    private static final int IS_ERROR = 2;
    private static final int SERVER_INFO = 3;
    private static final int TOOLS = 4;
    private static final int CONTENTS = 5;
    private static final int MESSAGES = 6;
    private static final int MODEL = 7;
    private static final int KIND = 8;
    private static final int STATUS = 9;
    private static final int RESULT_META = 10;
    private static final int RESULT_TYPE = 11;
    private static final int REQUESTS = 12;
    private static final int STATE = 13;
    private static final int TASK = 14;
    private static final int MESSAGE = 15;
    private static final int INFO_NAME = 0;
    private static final int INFO_VERSION = 1;
    private static final int CODE = 2;
    private static final int TRACEPARENT = 3;
    private static final int TEXT = 0;
    private static final int BLOB = 1;
    private static final int INNER = 2;

    private static final JsonNames SAMPLING = JsonNames.of("messages", "systemPrompt");
    private static final int SAMPLING_MESSAGES = 0;

    private final MemoryBudget budget;
    private final Limits limits;
    private final Listener listener;
    private final JsonFields message;
    private final JsonFields params;
    private final JsonFields result;
    private final JsonFields asking;
    private final JsonFields resultMeta;
    private final JsonFields inner;
    private final JsonFields part;
    private final JsonFields nested;
    private final JsonFields tool;
    private final JsonFields task;

    RpcReader(final MemoryBudget budget, final Limits limits, final Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.listener = listener;
        final int depth = limits.jsonDepth();
        message = JsonFields.strict(depth, "id", "method", "params", "result", "error", "jsonrpc");
        params = JsonFields.strict(
                depth, "name", "arguments", "_meta", "requestId", "uri", "inputResponses", "requestState", "taskId");
        result = new JsonFields(
                depth,
                "content",
                "structuredContent",
                "isError",
                "serverInfo",
                "tools",
                "contents",
                "messages",
                "model",
                "kind",
                "status",
                "_meta",
                "resultType",
                "inputRequests",
                "requestState",
                "task",
                "message");
        asking = new JsonFields(depth, "method", "params");
        resultMeta = new JsonFields(depth, "io.modelcontextprotocol/serverInfo");
        inner = new JsonFields(depth, "name", "version", "code", "traceparent");
        part = new JsonFields(depth, "text", "blob", "content");
        nested = new JsonFields(depth, "text");
        tool = new JsonFields(depth, "name");
        task = new JsonFields(depth, "taskId");
    }

    /** Reads a message or a batch of them, which MCP had in one version, and its servers take on. */
    Outcome read(final byte[] bytes, final int from, final int to) {
        int at = from;
        while (at < to && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\n' || bytes[at] == '\r')) {
            at++;
        }
        if (at == to) {
            return Outcome.OTHER;
        }
        return switch (bytes[at]) {
            case '{' -> message(bytes, at, to);
            case '[' -> batch(bytes, at, to);
            default -> Outcome.OTHER;
        };
    }

    /** Reads the body of a request that is one message to another agent (A2A specification, "HTTP+JSON/REST"). */
    Outcome toAgent(final String method, final byte[] bytes, final int from, final int to) {
        if (!params.read(bytes, from, to)) {
            return Outcome.OTHER;
        }
        final Plaintext all = Plaintext.copyOf(bytes, from, to - from);
        listener.call(new RpcCall(ONLY, RpcCall.Kind.AGENT, method, all, MentionedFiles.NONE, null, false));
        return Outcome.TOLD;
    }

    /** Reads what answers such a request, or one of the events that do. */
    Outcome ofAgent(final byte[] bytes, final int from, final int to) {
        if (!message.read(bytes, from, to) || !result.read(bytes, from, to)) {
            return Outcome.INVALID;
        }
        final McpResult read = message.has(ERROR) ? result(bytes, ONLY) : result(bytes, ONLY, from, to);
        return listener.result(read) ? Outcome.TOLD : Outcome.MESSAGE;
    }

    private Outcome batch(final byte[] bytes, final int from, final int to) {
        final JsonReader elements = new JsonReader(limits.jsonDepth() + 1).reset(bytes, from, to - from);
        Token token = elements.next();
        while (!token.isLast()) {
            token = elements.next();
        }
        if (token.isFailure()) {
            return Outcome.INVALID;
        }
        Outcome all = Outcome.OTHER;
        elements.reset(bytes, from, to - from).next();
        for (token = elements.next(); token != Token.ARRAY_END; token = elements.next()) {
            final int start = elements.start();
            elements.skipValue();
            if (token == Token.OBJECT_START) {
                final Outcome one = message(bytes, start, elements.position());
                all = one.compareTo(all) < 0 ? one : all;
            }
        }
        return all;
    }

    private Outcome message(final byte[] bytes, final int from, final int to) {
        if (!message.read(bytes, from, to)) {
            return Outcome.INVALID;
        }
        if (!message.is(VERSION, JSON_RPC_2)) {
            return Outcome.OTHER;
        }
        if (message.token(METHOD) == Token.STRING) {
            if (isOther(message.name(METHOD))) {
                return Outcome.OTHER;
            }
            return request(bytes) ? Outcome.TOLD : Outcome.MESSAGE;
        }
        if (!message.has(RESULT) && !message.has(ERROR)) {
            return Outcome.OTHER;
        }
        if (message.isAmbiguous()) {
            listener.ambiguous();
        }
        final String id = id(bytes, message, ID);
        return id != null && response(bytes, id) ? Outcome.TOLD : Outcome.MESSAGE;
    }

    private boolean response(final byte[] bytes, final String id) {
        final McpResult read = result(bytes, id);
        final boolean told = listener.result(read);
        if (read.unfinished()) {
            asked(bytes);
        }
        return told;
    }

    /** Whether a method is none of these protocols': all of theirs that are read have a slash in their names, but for a few. */
    private static boolean isOther(final @Nullable String method) {
        return method != null && method.indexOf('/') < 0 && !WITHOUT_SLASH.contains(method);
    }

    private boolean request(final byte[] bytes) {
        final boolean hasParams = readsParams(bytes, message, PARAMS);
        if (message.isAmbiguous() || params.isAmbiguous()) {
            listener.ambiguous();
        }
        final String method = message.name(METHOD);
        if ("notifications/cancelled".equals(method)) {
            final String cancelled = id(bytes, params, REQUEST_ID);
            if (cancelled != null) {
                listener.cancelled(cancelled);
            }
            return false;
        }
        final String id = id(bytes, message, ID);
        if (method == null) {
            return false;
        }
        if (id == null) {
            notification(bytes, method, hasParams);
            return false;
        }
        if (params.has(RESPONSES)) {
            final String state = state(params, REQUEST_STATE);
            params.members(RESPONSES, (nameFrom, nameTo, from, to) -> {
                final String asked = asked(bytes, nameFrom, nameTo, state);
                if (result.read(bytes, from, to)) {
                    listener.result(result(bytes, asked, from, to));
                }
            });
        }
        return request(bytes, id, method, message, PARAMS, hasParams);
    }

    /** No answer will come, but a server may do what it is asked for all the same. */
    private void notification(final byte[] bytes, final String method, final boolean hasParams) {
        final RpcCall call = call(bytes, NO_ID, method, message, PARAMS, hasParams);
        if (call != null) {
            listener.call(call);
            listener.cancelled(NO_ID);
        }
    }

    /** Reads {@link #params} out of the member {@code name} of {@code of}; answers whether it has any. */
    private boolean readsParams(final byte[] bytes, final JsonFields of, final int name) {
        if (of.token(name) == Token.OBJECT_START && params.read(bytes, of.start(name), of.end(name))) {
            return true;
        }
        params.read(NO_ARGUMENTS, 0, NO_ARGUMENTS.length);
        return false;
    }

    /** Hands over a request whose {@link #params} were read out of the member {@code all} of {@code of}; whether it is recorded. */
    private boolean request(
            final byte[] bytes,
            final String id,
            final String method,
            final JsonFields of,
            final int all,
            final boolean hasParams) {
        final RpcCall call = call(bytes, id, method, of, all, hasParams);
        if (call != null) {
            listener.call(call);
            return true;
        }
        if (method.equals("sampling/createMessage") && sampling(bytes, id, of.start(all), of.end(all))) {
            return true;
        }
        final String named = method.startsWith("tasks/") ? task(bytes, params, TASK_ID) : null;
        if (named != null && method.equals("tasks/result") && listener.resumed(id, named)) {
            return true;
        }
        if (named != null && method.equals("tasks/cancel")) {
            listener.cancelled(named);
        }
        listener.request(id);
        return false;
    }

    /** The name of a task (MCP 2025-11-25, "Tasks"), which is no id of a request. */
    private @Nullable String task(final byte[] bytes, final JsonFields of, final int name) {
        return of.token(name) == Token.STRING ? NAMED + id(bytes, of.start(name), of.end(name)) : null;
    }

    /**
     * What a server asks before it goes on (MCP 2026-07-28, multi round-trip requests): requests in a result, each under a name, and
     * answered under the same name when the client makes its request again.
     */
    private void asked(final byte[] bytes) {
        final String state = state(result, STATE);
        final int[] count = {0};
        result.members(REQUESTS, (nameFrom, nameTo, from, to) -> {
            final String id = count[0]++ < limits.parts() ? asked(bytes, nameFrom, nameTo, state) : null;
            final String method = id != null && asking.read(bytes, from, to) ? asking.name(0) : null;
            if (id != null && method != null) {
                request(bytes, id, method, asking, 1, readsParams(bytes, asking, 1));
            }
        });
    }

    /** The name as an id, which is none of JSON-RPC's: with what tells one round trip from another. */
    private String asked(final byte[] bytes, final int from, final int to, final String state) {
        return id(bytes, from, to) + " of " + state;
    }

    /** A hash of the opaque state that both sides of a round trip carry. */
    private String state(final JsonFields of, final int name) {
        try (ContentBuffer state = new ContentBuffer(budget, limits.bodyBytes())) {
            return of.text(name, state) ? Integer.toHexString(hash(state.array(), 0, state.length())) : "0";
        }
    }

    private static int hash(final byte[] bytes, final int from, final int to) {
        int hash = 0;
        for (int at = from; at < to; at++) {
            hash = 31 * hash + bytes[at];
        }
        return hash;
    }

    private @Nullable RpcCall call(
            final byte[] bytes,
            final String id,
            final String method,
            final JsonFields of,
            final int all,
            final boolean hasParams) {
        final String named = params.name(NAME);
        final String name = named == null ? NO_NAME : named;
        final String uri = params.name(URI);
        final boolean resumed = params.has(RESPONSES) || params.has(REQUEST_STATE);
        return switch (method) {
            case "tools/call" ->
                new RpcCall(id, RpcCall.Kind.TOOL, name, arguments(bytes), files(bytes), traceId(bytes), resumed);
            case "prompts/get" ->
                new RpcCall(id, RpcCall.Kind.PROMPT, name, arguments(bytes), files(bytes), traceId(bytes), resumed);
            case "resources/read" ->
                uri == null
                        ? null
                        : new RpcCall(
                                id,
                                RpcCall.Kind.RESOURCE,
                                uri,
                                arguments(bytes),
                                files(bytes),
                                traceId(bytes),
                                resumed);
            case "elicitation/create" ->
                new RpcCall(
                        id,
                        RpcCall.Kind.ELICITATION,
                        method,
                        whole(bytes, of, all, hasParams),
                        MentionedFiles.NONE,
                        traceId(bytes),
                        false);
            case "message/send", "message/stream", "SendMessage", "SendStreamingMessage" ->
                new RpcCall(
                        id,
                        RpcCall.Kind.AGENT,
                        method,
                        whole(bytes, of, all, hasParams),
                        MentionedFiles.NONE,
                        traceId(bytes),
                        false);
            default -> null;
        };
    }

    private Plaintext arguments(final byte[] bytes) {
        return params.has(ARGUMENTS)
                ? copy(bytes, params, ARGUMENTS)
                : Plaintext.copyOf(NO_ARGUMENTS, 0, NO_ARGUMENTS.length);
    }

    private MentionedFiles files(final byte[] bytes) {
        return params.has(ARGUMENTS)
                ? MentionedFiles.in(bytes, params.start(ARGUMENTS), params.end(ARGUMENTS))
                : MentionedFiles.NONE;
    }

    private static Plaintext whole(final byte[] bytes, final JsonFields of, final int all, final boolean hasParams) {
        return hasParams ? copy(bytes, of, all) : Plaintext.copyOf(NO_ARGUMENTS, 0, NO_ARGUMENTS.length);
    }

    private boolean sampling(final byte[] bytes, final String id, final int start, final int end) {
        final JsonCursor json = new JsonCursor(limits.jsonDepth());
        try (PromptBuilder prompt = new PromptBuilder(budget, limits)) {
            final int depth = json.begin(bytes, start, end - start) ? json.enter() : JsonCursor.NOTHING;
            for (int name = json.member(depth, SAMPLING); name != JsonCursor.END; name = json.member(depth, SAMPLING)) {
                if (name == SAMPLING_MESSAGES) {
                    OpenAiChat.messages(json, prompt);
                } else {
                    prompt.text(json);
                    prompt.messageIfAny(ModelPrompt.Role.SYSTEM);
                }
            }
            final boolean recognised = json.finish() && prompt.recognised();
            if (recognised) {
                listener.sampling(id, prompt.build());
            }
            return recognised;
        }
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
            return new McpResult(
                    id,
                    null,
                    null,
                    copy(bytes, message, ERROR),
                    0,
                    List.of(),
                    false,
                    null,
                    true,
                    inner.integer(CODE),
                    null);
        }
        if (message.token(RESULT) != Token.OBJECT_START
                || !result.read(bytes, message.start(RESULT), message.end(RESULT))) {
            return new McpResult(id, null, null, null, 0, List.of(), false, null, false, null, null);
        }
        return result(bytes, id, message.start(RESULT), message.end(RESULT));
    }

    /** What {@link #result} was read for: {@code bytes[from, to)}. */
    private McpResult result(final byte[] bytes, final String id, final int from, final int to) {
        final boolean introduced = readsServerInfo(bytes);
        final String serverName = introduced ? inner.name(INFO_NAME) : null;
        final String serverVersion = introduced ? inner.name(INFO_VERSION) : null;
        final long[] binary = {0};
        final Plaintext content = content(bytes, binary, from, to);
        return new McpResult(
                id,
                serverName,
                serverVersion,
                content,
                binary[0],
                definitions(bytes),
                result.is(RESULT_TYPE, INPUT_REQUIRED),
                accepted(bytes),
                result.isTrue(IS_ERROR),
                null,
                answer(bytes, from, to));
    }

    /** The task that a request became, whose result is asked for later. */
    private @Nullable String accepted(final byte[] bytes) {
        return result.token(TASK) == Token.OBJECT_START && task.read(bytes, result.start(TASK), result.end(TASK))
                ? task(bytes, task, 0)
                : null;
    }

    /** A server says what it is in the answer to {@code initialize}; since 2026-07-28, without one, in the metadata of any answer. */
    private boolean readsServerInfo(final byte[] bytes) {
        if (result.token(SERVER_INFO) == Token.OBJECT_START) {
            return inner.read(bytes, result.start(SERVER_INFO), result.end(SERVER_INFO));
        }
        return result.token(RESULT_META) == Token.OBJECT_START
                && resultMeta.read(bytes, result.start(RESULT_META), result.end(RESULT_META))
                && resultMeta.token(0) == Token.OBJECT_START
                && inner.read(bytes, resultMeta.start(0), resultMeta.end(0));
    }

    private List<McpResult.Definition> definitions(final byte[] bytes) {
        final List<McpResult.Definition> definitions = new ArrayList<>();
        result.elements(TOOLS, (from, to) -> {
            if (definitions.size() < limits.parts() && tool.read(bytes, from, to) && tool.name(NAME) != null) {
                final String name = tool.name(NAME);
                if (name != null) {
                    definitions.add(new McpResult.Definition(name, Plaintext.copyOf(bytes, from, to - from)));
                }
            }
        });
        return definitions;
    }

    /** A sampled answer: {@code model} and one or more parts of content. */
    private @Nullable ModelAnswer answer(final byte[] bytes, final int from, final int to) {
        final String model = result.name(MODEL);
        if (model == null || !result.has(CONTENT)) {
            return null;
        }
        try (AnswerBuilder answer = new AnswerBuilder(budget, limits)) {
            answer.model(model);
            final JsonCursor json = new JsonCursor(limits.jsonDepth());
            if (json.begin(bytes, from, to - from)) {
                OpenAiChat.said(json, 0, answer);
            }
            return json.finish() ? answer.seal(0, null, 0) : null;
        }
    }

    private @Nullable Plaintext content(final byte[] bytes, final long[] binary, final int start, final int end) {
        try (ContentBuffer all = new ContentBuffer(budget, limits.bodyBytes())) {
            result.elements(CONTENT, (from, to) -> text(bytes, from, to, all, binary));
            result.elements(CONTENTS, (from, to) -> text(bytes, from, to, all, binary));
            result.elements(MESSAGES, (from, to) -> text(bytes, from, to, all, binary));
            if (all.length() > 0) {
                return Plaintext.copyOf(all.array(), 0, all.length());
            }
        }
        for (final int member : new int[] {STRUCTURED, CONTENT, MESSAGES}) {
            if (result.has(member)) {
                return copy(bytes, result, member);
            }
        }
        final boolean agent = result.has(KIND)
                || result.has(STATUS) // a message or a task of A2A
                || result.has(MESSAGE)
                || result.has(TASK); // the same since A2A 1.0
        return agent ? Plaintext.copyOf(bytes, start, end - start) : null;
    }

    private void text(final byte[] bytes, final int from, final int to, final ContentBuffer all, final long[] binary) {
        if (!part.read(bytes, from, to)) {
            return;
        }
        part.text(TEXT, all);
        if (part.token(BLOB) == Token.STRING) {
            binary[0] += decodedLength(bytes, part.start(BLOB) + 1, part.end(BLOB) - 1);
        }
        if (part.token(INNER) == Token.OBJECT_START && nested.read(bytes, part.start(INNER), part.end(INNER))) {
            nested.text(TEXT, all);
        }
    }

    /** Of base 64: three bytes for four characters, less those that only fill up. */
    private static long decodedLength(final byte[] bytes, final int from, final int to) {
        int end = to;
        while (end > from && bytes[end - 1] == '=') {
            end--;
        }
        return (end - from) * 3L / 4;
    }

    private static Plaintext copy(final byte[] bytes, final JsonFields fields, final int name) {
        return Plaintext.copyOf(bytes, fields.start(name), fields.end(name) - fields.start(name));
    }

    private @Nullable String id(final byte[] bytes, final JsonFields fields, final int name) {
        final Token kind = fields.token(name);
        return kind == Token.STRING || kind == Token.NUMBER ? id(bytes, fields.start(name), fields.end(name)) : null;
    }

    /** The id in one of its spellings, as the answer need not have that of the request. */
    private String id(final byte[] bytes, final int from, final int to) {
        for (int at = from; at < to; at++) {
            if (bytes[at] == '\\') {
                try (ContentBuffer text = new ContentBuffer(budget, limits.bodyBytes())) {
                    if (text.append(bytes, from, 1) && message.text(from, to, text) && text.append(bytes, from, 1)) {
                        return shortened(text.array(), 0, text.length());
                    }
                }
            }
        }
        if (bytes[from] != '"' && to - from <= MAX_ID) {
            final double number = Double.parseDouble(new String(bytes, from, to - from, StandardCharsets.US_ASCII));
            if (number == Math.rint(number) && Math.abs(number) < MAX_EXACT) {
                return Long.toString((long) number);
            }
        }
        return shortened(bytes, from, to);
    }

    /** As it stands; of a long one the beginning, the length and a hash. */
    private static String shortened(final byte[] bytes, final int from, final int to) {
        final int length = to - from;
        final String id = new String(bytes, from, Math.min(length, MAX_ID), StandardCharsets.UTF_8);
        return length <= MAX_ID ? id : id + " of " + length + ' ' + Integer.toHexString(hash(bytes, from, to));
    }

    private static byte[] utf8(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
