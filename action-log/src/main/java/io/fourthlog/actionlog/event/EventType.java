package io.fourthlog.actionlog.event;

/** The six types of event, with the names that {@code event_type} has for them. */
public enum EventType {
    TOOL_INVOCATION("tool_invocation"),
    MODEL_INVOCATION("model_invocation"),
    DATA_ACCESS("data_access"),
    POLICY_DECISION("policy_decision"),
    IDENTITY_ASSERTION("identity_assertion"),
    ERROR("error");

    private final String wire;

    EventType(String wire) {
        this.wire = wire;
    }

    /** The value of {@code event_type}. */
    public String wire() {
        return wire;
    }
}
