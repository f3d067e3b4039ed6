package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Inflates one stream of zlib after the other, with memory of the budget from the first one on. */
final class Zlib {
    /** Takes what comes out; valid during the call only. Answers whether more is wanted. */
    interface Sink {
        boolean inflated(byte[] bytes, int offset, int length);
    }

    private static final int OUT = 16 << 10; // octets inflated at a time
    private static final int SIZE = (44 << 10) + OUT; // octets, of which zlib takes its own outside of the heap
    private static final byte[] NONE = {};

    private final MemoryBudget budget;
    private byte[] out = NONE;
    private @Nullable Inflater inflater;

    Zlib(final MemoryBudget budget) {
        this.budget = budget;
    }

    /** Another stream begins; answers whether there is room for it. */
    boolean begin() {
        if (inflater != null) {
            inflater.reset();
            return true;
        }
        if (!budget.take(SIZE)) {
            return false;
        }
        inflater = new Inflater();
        out = new byte[OUT];
        return true;
    }

    /** Tells what comes out of more of the stream; answers whether it is one. */
    boolean inflate(final byte[] bytes, final int offset, final int length, final Sink sink) {
        if (inflater == null) {
            return true;
        }
        inflater.setInput(bytes, offset, length);
        try {
            boolean more = true;
            while (more && inflater != null) { // which the sink may close
                final int count = inflater.inflate(out);
                more = count > 0 && sink.inflated(out, 0, count);
            }
            return true;
        } catch (final DataFormatException _) {
            return false;
        }
    }

    void close() {
        if (inflater != null) {
            inflater.end();
            inflater = null;
            Arrays.fill(out, (byte) 0);
            out = NONE;
            budget.giveBack(SIZE);
        }
    }
}
