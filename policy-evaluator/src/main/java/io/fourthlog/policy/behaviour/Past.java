package io.fourthlog.policy.behaviour;

/** What happened before and with the event that rules look at; valid until {@link Behaviour} takes the next event. */
public interface Past {

    /** A past of which nothing is known. */
    Past NONE = new Behaviour(Limits.DEFAULT);

    /** The causal chain that the event belongs to, with the event. */
    Chain trace();

    /** The session of the agent that the event belongs to, with the event. */
    Chain session();

    /** What the event's workload did in the last while, with the event. */
    Window window(Span span);

    /** What the event's workload was seen to do before, without the event. */
    Baseline baseline();
}
