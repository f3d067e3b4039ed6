package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.io.Serial;

/** Something that was read is not a note, a checkpoint, a key, a tile or an entry bundle; the message says why. */
public final class LogFormatException extends IOException {

    @Serial
    private static final long serialVersionUID = 1;

    LogFormatException(String message) {
        super(message);
    }
}
