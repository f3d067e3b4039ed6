package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.io.Serial;

/** What is asked for was in the log, and has expired. */
public final class ExpiredException extends IOException {

    @Serial
    private static final long serialVersionUID = 1;

    private final transient Tombstone tombstone;

    ExpiredException(Tombstone tombstone) {
        super("it expired: " + tombstone.describe());
        this.tombstone = tombstone;
    }

    /** What is left of it. */
    public Tombstone tombstone() {
        return tombstone;
    }
}
