package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.io.Serial;

/** The files of a log contradict its signed checkpoint, so nothing may be appended to it. */
public final class LogCorruptException extends IOException {

    @Serial
    private static final long serialVersionUID = 1;

    LogCorruptException(String message) {
        super(message);
    }
}
