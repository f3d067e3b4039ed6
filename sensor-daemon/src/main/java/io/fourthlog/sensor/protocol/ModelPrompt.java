package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request asked a model: the model by name and the text parts of its messages or inputs, in their order, on their
 * way to redaction. Whoever is handed one closes it.
 *
 * @param modelId as asked for, {@code null} if the request named none
 * @param parts the text parts; a message without text has one empty part
 * @param shed parts at the beginning that were too many to keep
 * @param uncounted whether the answer will not say how many tokens it took, since the request does not ask for it
 * @param previous the API's id of the answer that this goes on from without quoting it, {@code null} if it names none
 */
public record ModelPrompt(
        @Nullable String modelId,
        List<Part> parts,
        int shed,
        boolean uncounted,
        @Nullable String previous) implements AutoCloseable {
    /** Who speaks in a message. */
    public enum Role {
        SYSTEM("input.system"),
        USER("input.user"),
        ASSISTANT("input.assistant"),
        TOOL("input.tool");

        private final String part;

        Role(final String part) {
            this.part = part;
        }

        /** The name of such a part in a fingerprint. */
        public String part() {
            return part;
        }
    }

    /** A text part of a message. {@code callId} is the call that a tool's message answers. */
    public record Part(Role role, Plaintext text, @Nullable String callId) {}

    public ModelPrompt {
        parts = List.copyOf(parts);
    }

    @Override
    public void close() {
        parts.forEach(part -> part.text().close());
    }
}
