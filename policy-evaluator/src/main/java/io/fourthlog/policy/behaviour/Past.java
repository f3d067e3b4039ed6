package io.fourthlog.policy.behaviour;

import org.jspecify.annotations.Nullable;

/** What happened before and with the event that rules look at; valid until {@link Behaviour} takes the next event. */
public interface Past {

    /** A past of which nothing is known. */
    Past NONE = new Behaviour(Limits.DEFAULT);

    /** The causal chain that the event belongs to, with the event. */
    Chain trace();

    /** The session of the agent that the event belongs to, with the event. */
    Chain session();

    /**
     * The past in the trace that the event was seen in, where the action names another trace itself: so that nobody sheds a
     * past by naming a new one. {@code null} where the two are one.
     */
    @Nullable
    Past seenIn();

    /** What the event's workload did in the last while, with the event. */
    Window window(Span span);

    /** What the event's workload was seen to do before, without the event. */
    Baseline baseline();
}
