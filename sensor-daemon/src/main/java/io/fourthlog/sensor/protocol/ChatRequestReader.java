package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.json.JsonReader.Token;
import io.fourthlog.sensor.protocol.ChatPrompt.Part;
import io.fourthlog.sensor.protocol.ChatPrompt.Role;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a chat completions request (OpenAI API reference, "Create chat completion"), which compatible servers
 * take as well: an object whose {@code messages} is an array of objects.
 */
final class ChatRequestReader {
    private static final int MODEL = 0;
    private static final int MESSAGES = 1;
    private static final int ROLE = 0;
    private static final int CONTENT = 1;
    private static final int TOOL_CALL_ID = 2;
    private static final int TEXT = 0;

    private static final byte[] SYSTEM = utf8("system");
    private static final byte[] DEVELOPER = utf8("developer");
    private static final byte[] ASSISTANT = utf8("assistant");
    private static final byte[] TOOL = utf8("tool");
    private static final byte[] FUNCTION = utf8("function");

    private final MemoryBudget budget;
    private final Limits limits;
    private final JsonFields request;
    private final JsonFields message;
    private final JsonFields part;

    ChatRequestReader(final MemoryBudget budget, final Limits limits) {
        this.budget = budget;
        this.limits = limits;
        request = new JsonFields(limits.jsonDepth(), "model", "messages");
        message = new JsonFields(limits.jsonDepth(), "role", "content", "tool_call_id");
        part = new JsonFields(limits.jsonDepth(), "text");
    }

    /** Whether the body is valid JSON; {@link #prompt} then tells whether it is a prompt. */
    boolean read(final ContentBuffer body) {
        return request.read(body.array(), 0, body.length());
    }

    /** The prompt in a body that was read, or {@code null} if it has not the shape of one. */
    @Nullable
    ChatPrompt prompt(final ContentBuffer body) {
        if (request.token(MESSAGES) != Token.ARRAY_START) {
            return null;
        }
        final ArrayDeque<Part> parts = new ArrayDeque<>();
        final int[] shed = {0};
        try (ContentBuffer text = new ContentBuffer(budget, limits.bodyBytes())) {
            request.elements(MESSAGES, (from, to) -> {
                if (message.read(body.array(), from, to)) {
                    message(body, text, parts);
                }
                for (; parts.size() > limits.parts(); shed[0]++) {
                    parts.removeFirst().text().close();
                }
            });
        }
        return new ChatPrompt(request.name(MODEL), List.copyOf(parts), shed[0]);
    }

    private void message(final ContentBuffer body, final ContentBuffer text, final ArrayDeque<Part> parts) {
        final Role role = role();
        final String callId = message.name(TOOL_CALL_ID);
        final int before = parts.size();
        message.elements(CONTENT, (from, to) -> {
            if (part.read(body.array(), from, to) && part.text(TEXT, text)) {
                parts.addLast(new Part(role, seal(text), callId));
            }
        });
        if (parts.size() == before) {
            message.text(CONTENT, text);
            parts.addLast(new Part(role, seal(text), callId));
        }
    }

    private static Plaintext seal(final ContentBuffer text) {
        final Plaintext sealed = Plaintext.copyOf(text.array(), 0, text.length());
        text.clear();
        return sealed;
    }

    private Role role() {
        if (message.is(ROLE, SYSTEM) || message.is(ROLE, DEVELOPER)) {
            return Role.SYSTEM;
        }
        if (message.is(ROLE, ASSISTANT)) {
            return Role.ASSISTANT;
        }
        return message.is(ROLE, TOOL) || message.is(ROLE, FUNCTION) ? Role.TOOL : Role.USER;
    }

    private static byte[] utf8(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
