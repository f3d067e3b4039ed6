package io.fourthlog.trail.collector;

import java.io.Serial;

/** A request that is not served, with the reason for the one who sent it. */
final class RefusedException extends Exception {

    @Serial
    private static final long serialVersionUID = 1;

    private final Refusal refusal;

    RefusedException(Refusal refusal, String message) {
        super(message);
        this.refusal = refusal;
    }

    Refusal refusal() {
        return refusal;
    }
}
