package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** Another writer has the log open. */
public final class LogLockedException extends IOException {

    @Serial
    private static final long serialVersionUID = 1;

    LogLockedException(Path directory) {
        super(directory + " is open in another writer; a log has one: stop that one first");
    }
}
