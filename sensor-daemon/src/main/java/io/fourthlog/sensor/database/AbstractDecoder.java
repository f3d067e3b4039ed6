package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import org.jspecify.annotations.Nullable;

/** How a decoder comes to its end, whatever protocol it reads. */
abstract class AbstractDecoder implements DatabaseDecoder {
    final MemoryBudget budget;
    final DatabaseListener listener;
    private boolean over;

    AbstractDecoder(final MemoryBudget budget, final DatabaseListener listener) {
        this.budget = budget;
        this.listener = listener;
    }

    /**
     * Cuts all that is under way; answers whether anything was.
     *
     * @param bytes that were lost of it, to be told once; -1 if not known
     */
    abstract boolean cutAll(GapCause cause, long bytes);

    /** Reads nothing more, and gives back what is held. */
    abstract void release();

    @Override
    public final boolean isOver() {
        return over;
    }

    @Override
    public final boolean end(final GapCause cause) {
        final boolean cut = cutAll(cause, -1);
        finish();
        return cut;
    }

    /** Nothing more can be read, with nothing to tell of it. */
    final void finish() {
        over = true;
        release();
    }

    /** Bytes of what is read were not captured: of what that is about, if it is told, else of the connection. */
    final void lost(final @Nullable Running running, final int bytes) {
        if (running != null && running.isTold()) {
            running.lose(bytes);
        } else {
            listener.gap(GapCause.STREAM, bytes);
        }
    }

    /** Nothing more can be read, which is told. */
    final void giveUp(final GapCause cause) {
        if (!end(cause)) {
            listener.gap(cause, -1);
        }
    }
}
