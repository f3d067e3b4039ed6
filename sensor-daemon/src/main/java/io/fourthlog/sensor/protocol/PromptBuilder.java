package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import io.fourthlog.sensor.protocol.ModelPrompt.Part;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a request asks while its JSON is read: the texts of a message first, then whose they are, since the role may
 * stand behind the content. Of too many parts the newest are kept.
 */
final class PromptBuilder implements AutoCloseable {
    /** A text of the message being read; without a role it takes the message's. */
    private static final class Pending {
        private final Plaintext text;
        private @Nullable Role role;
        private @Nullable String callId;

        private Pending(final Plaintext text) {
            this.text = text;
        }
    }

    private final MemoryBudget budget;
    private final Limits limits;
    private final ContentBuffer scratch;
    private final List<Pending> pending = new ArrayList<>();
    private final ArrayDeque<Part> parts = new ArrayDeque<>();
    private @Nullable String modelId;
    private @Nullable String previous;
    private int held; // bytes of the texts: of a WebSocket's question they may wait for long
    private int shed;
    private boolean recognised;
    private boolean streamed;
    private boolean usageAsked;

    PromptBuilder(final MemoryBudget budget, final Limits limits) {
        this.budget = budget;
        this.limits = limits;
        scratch = new ContentBuffer(budget, limits.bodyBytes());
    }

    void model(final @Nullable String id) {
        modelId = id;
    }

    /** It goes on from the answer with this id, which it does not quote. */
    void previous(final @Nullable String id) {
        previous = id;
    }

    /** The answer is to be a stream, of an API that counts tokens in one only when asked to. */
    void streamed(final boolean stream) {
        streamed = stream;
    }

    /** Such a stream is to say how many tokens there were. */
    void usageAsked(final boolean asked) {
        usageAsked = asked;
    }

    /** The body has what every request of this API has. */
    void recognise() {
        recognised = true;
    }

    /** It has not, after all. */
    void refuse() {
        recognised = false;
    }

    boolean recognised() {
        return recognised;
    }

    /** Whether nothing was said yet. */
    boolean isEmpty() {
        return parts.isEmpty() && pending.isEmpty() && shed == 0;
    }

    /** Texts of the message so far, to go back to or to attribute. */
    int mark() {
        return pending.size();
    }

    /** The current value, if it is a string, is a text of the message. */
    void text(final JsonCursor json) {
        if (json.isString()) {
            if (json.text(scratch)) {
                text(scratch.array(), 0, scratch.length());
            } else {
                shed++;
            }
            scratch.clear();
        }
    }

    /** A text did not fit. */
    void shed() {
        shed++;
    }

    /** These bytes are a text of the message. */
    void text(final byte[] bytes, final int from, final int length) {
        if (pending.size() < limits.parts() && budget.take(length)) {
            held += length;
            pending.add(new Pending(Plaintext.copyOf(bytes, from, length)));
        } else {
            shed++;
        }
    }

    /** The JSON of the current value is a text of the message. */
    void json(final JsonCursor json) {
        if (json.raw(scratch)) {
            text(scratch.array(), 0, scratch.length());
        } else {
            shed++;
        }
        scratch.clear();
    }

    /** Forgets the texts since {@code mark}: their member came again, and the last one counts. */
    void back(final int mark) {
        while (pending.size() > mark) {
            forget(pending.removeLast().text);
        }
    }

    /** The texts since {@code mark} are the result of a tool. */
    void result(final int mark, final @Nullable String callId) {
        if (pending.size() == mark) {
            text(new byte[0], 0, 0); // a result without text answers its call as well
        }
        for (final Pending text : pending.subList(mark, pending.size())) {
            text.role = Role.TOOL;
            text.callId = callId;
        }
    }

    /** The message is over and was this role's; one without any text has one empty part. */
    void message(final Role role, final @Nullable String callId) {
        if (pending.isEmpty()) {
            add(new Part(role, Plaintext.copyOf(new byte[0], 0, 0), callId));
        }
        for (final Pending text : pending) {
            add(text.role == null ? new Part(role, text.text, callId) : new Part(text.role, text.text, text.callId));
        }
        pending.clear();
    }

    /** As {@link #message}, if there is any text. */
    void messageIfAny(final Role role) {
        if (!pending.isEmpty()) {
            message(role, null);
        }
    }

    private void add(final Part part) {
        if (parts.size() == limits.parts()) {
            forget(parts.removeFirst().text());
            shed++;
        }
        parts.addLast(part);
    }

    private void forget(final Plaintext text) {
        held -= text.length();
        budget.giveBack(text.length());
        text.close();
    }

    ModelPrompt build() {
        final ModelPrompt prompt =
                new ModelPrompt(modelId, List.copyOf(parts), shed, streamed && !usageAsked, previous);
        parts.clear();
        budget.giveBack(held); // whoever takes the prompt closes it at once
        held = 0;
        return prompt;
    }

    /** Zeroes what was not built. */
    @Override
    public void close() {
        back(0);
        parts.forEach(part -> forget(part.text()));
        parts.clear();
        scratch.close();
    }
}
