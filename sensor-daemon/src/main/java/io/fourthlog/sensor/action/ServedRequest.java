package io.fourthlog.sensor.action;

import io.fourthlog.redaction.KnownText;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A request that a process serves: what it does meanwhile, or with what the request says, follows from it. */
public final class ServedRequest {
    private static final int MOST_TEXTS = 32;
    private static final int ID = 256; // bytes of an id or a hash that is remembered, about

    private final Agent server;
    private final @Nullable String namedTrace;
    private final @Nullable String asker;
    private final int size;
    private final UnaryOperator<Cause> telling;
    private final Map<String, KnownText> texts = new LinkedHashMap<>(); // by their hash, while it is not answered
    private @Nullable Cause told;

    /**
     * @param namedTrace the trace that the request names, {@code null} if it names none
     * @param asker a hash of who asks, {@code null} if the request does not say
     * @param size bytes that it takes until it is recorded
     * @param telling records it, given what it follows from itself; answers the cause of what follows from it
     */
    public ServedRequest(
            final Agent server,
            final @Nullable String namedTrace,
            final @Nullable String asker,
            final int size,
            final UnaryOperator<Cause> telling) {
        this.server = server;
        this.namedTrace = namedTrace;
        this.asker = asker;
        this.size = size / ID;
        this.telling = telling;
    }

    /** It holds this text; answers whether that was not known. */
    boolean says(final KnownText text) {
        if (texts.put(text.hash(), text) != null) {
            return false;
        }
        if (texts.size() > MOST_TEXTS) {
            texts.remove(texts.keySet().iterator().next());
            return false;
        }
        return true;
    }

    boolean holds(final String hash) {
        return texts.containsKey(hash);
    }

    /** The last texts that it holds. */
    Collection<KnownText> texts() {
        return texts.values();
    }

    /** What it takes, in ids. */
    int size() {
        return size;
    }

    /** Whether the same asks, as far as the requests say who does. */
    boolean isOfAskerOf(final ServedRequest other) {
        return this == other || (asker != null && asker.equals(other.asker));
    }

    /** Whether it is recorded. */
    public boolean isTold() {
        return told != null;
    }

    /** The cause of what follows from it. It is recorded with the first of that, and follows from {@code before} itself then. */
    public Cause cause(final Cause before) {
        Cause cause = told;
        if (cause == null) {
            cause = telling.apply(before.inTrace(namedTrace));
            told = cause;
        }
        return cause;
    }

    /** Whether an action is of the same trace. */
    boolean isOf(final Cause action) {
        return told != null
                && (told.traceId().equals(action.traceId()) || told.traceId().equals(action.seenIn()));
    }

    /** How many processes are between this one and the one that serves it, -1 if it has no part in that. */
    int distance(final Agent agent) {
        return agent.generationsFrom(server);
    }
}
