package io.fourthlog.sensor.kernel;

import org.jspecify.annotations.Nullable;

/** The kernel refuses what the sensor needs; the message names what is missing and what to do about it. */
public final class KernelUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    public KernelUnavailableException(final String message) {
        this(message, null);
    }

    public KernelUnavailableException(final String message, final @Nullable Throwable cause) {
        super(message, cause);
    }
}
