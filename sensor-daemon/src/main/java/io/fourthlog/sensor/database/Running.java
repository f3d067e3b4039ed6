package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import org.jspecify.annotations.Nullable;

/** What one statement comes to, told to whoever follows it; nothing of one that touches no data. */
final class Running {
    private static final byte[] NOTHING = {};

    private final DatabaseListener.@Nullable Access access;
    private boolean known; // what the statement is, and all that is told of it
    private long rows = -1;
    private long missing; // bytes
    private boolean inValue; // of which a piece was told
    private boolean over;

    private Running(final DatabaseListener.@Nullable Access access, final boolean known) {
        this.access = access;
        this.known = known;
        this.over = access == null;
    }

    /** @param data {@code null} if the statement touches none */
    static Running of(final DatabaseListener listener, final @Nullable Statement data) {
        return new Running(data == null ? null : listener.begins(data), true);
    }

    /** Of a statement that was not seen, which is cut in the end. */
    static Running unknown(final DatabaseListener listener) {
        return new Running(listener.begins(Statement.UNKNOWN), false);
    }

    /** The statement's text, or a piece of it. */
    void text(final byte[] bytes, final int offset, final int length) {
        if (access != null && !over && length > 0) {
            access.text(bytes, offset, length);
        }
    }

    /** Whether anything is told of it. */
    boolean isTold() {
        return access != null;
    }

    /** A piece of a value; {@code name} of its column, where there is one. */
    void value(
            final @Nullable String name, final byte[] bytes, final int offset, final int length, final boolean ends) {
        if (access != null && !over && (length > 0 || (ends && inValue))) {
            inValue = !ends;
            access.value(name, bytes, offset, length, ends);
        }
    }

    /** The value of which pieces were told has no more of them. */
    void valueEnds(final @Nullable String name) {
        value(name, NOTHING, 0, 0, true);
    }

    void rows(final long more) {
        rows = Math.max(rows, 0) + more;
    }

    /** Bytes of it were not captured. */
    void lose(final long bytes) {
        missing += bytes;
    }

    /** @param told how many rows the server says, -1 if it does not; of what was executed in parts it says it of the last one */
    void done(final long told) {
        rows = Math.max(rows, told);
        done();
    }

    /** Some of it could not be read; how much is not known. */
    void doubt() {
        known = false;
    }

    void done() {
        final DatabaseListener.Access whole = over();
        if (whole != null) {
            whole.done(rows);
        }
    }

    void failed(final String code) {
        final DatabaseListener.Access whole = over();
        if (whole != null) {
            whole.failed(code);
        }
    }

    /** It is over. Answers whom to tell how, if that is known: of what was not seen as a whole, it is that it was cut. */
    private DatabaseListener.@Nullable Access over() {
        if (over) {
            return null;
        }
        over = true;
        if (access != null && (missing > 0 || !known)) {
            access.cut(GapCause.STREAM, missing > 0 ? missing : -1);
            return null;
        }
        return access;
    }

    /** Answers whether it was under way. */
    boolean cut(final GapCause cause, final long bytes) {
        if (access == null || over) {
            return false;
        }
        over = true;
        access.cut(cause, bytes < 0 ? -1 : bytes + missing);
        return true;
    }
}
