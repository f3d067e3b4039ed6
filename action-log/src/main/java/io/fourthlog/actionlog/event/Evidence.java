package io.fourthlog.actionlog.event;

/** How the sensor knows what an event says. */
public enum Evidence {
    /** Seen from the kernel. */
    OBSERVED("observed"),
    /** Said by the agent about itself, and not seen. */
    SELF_REPORTED("self_reported"),
    /** Said by the agent, and seen as well. */
    CORROBORATED("corroborated"),
    /** Said by the agent, and something else was seen. */
    CONTRADICTED("contradicted");

    private final String wire;

    Evidence(String wire) {
        this.wire = wire;
    }

    /** The value of {@code evidence}. */
    public String wire() {
        return wire;
    }
}
