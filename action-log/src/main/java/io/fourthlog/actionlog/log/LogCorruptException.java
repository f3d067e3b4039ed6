package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;
import java.util.List;

/** The files of a log contradict its signed checkpoint, so nothing may be appended to it. */
public final class LogCorruptException extends IOException {

    @Serial
    private static final long serialVersionUID = 1;

    LogCorruptException(String message) {
        super(message);
    }

    /** Throws if there is a finding. */
    static void unless(List<Finding> findings, Path directory) throws LogCorruptException {
        if (!findings.isEmpty()) {
            final Finding first = findings.getFirst();
            throw new LogCorruptException(directory + "/" + first.file() + ": " + first.message());
        }
    }
}
