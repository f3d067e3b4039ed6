package io.fourthlog.trail.timestamp;

import java.io.Serial;

/** A timestamp token does not hold; the message says why. */
public final class TokenException extends Exception {

    @Serial
    private static final long serialVersionUID = 1;

    public TokenException(String message) {
        super(message);
    }
}
