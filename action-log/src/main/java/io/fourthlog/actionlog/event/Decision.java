package io.fourthlog.actionlog.event;

/** What a policy said about an event, from the mildest to the most severe. */
public enum Decision {
    ALLOW("allow"),
    FLAG("flag"),
    DENY("deny");

    private final String wire;

    Decision(String wire) {
        this.wire = wire;
    }

    /** The value of {@code decision}. */
    public String wire() {
        return wire;
    }
}
