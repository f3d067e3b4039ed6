package io.fourthlog.actionlog.event;

/** What became of the enforcement that a decision asked for. */
public enum Enforcement {
    /** None was asked for. */
    NONE("none"),
    /** It was done. */
    ENFORCED("enforced"),
    /** It was tried and did not work. */
    FAILED("failed"),
    /** An exception of the policy, or its mode, let the action pass. */
    OVERRIDDEN("overridden");

    private final String wire;

    Enforcement(String wire) {
        this.wire = wire;
    }

    /** The value of {@code enforcement}. */
    public String wire() {
        return wire;
    }
}
