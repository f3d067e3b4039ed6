package io.fourthlog.sensor.kernel;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A recording of what the kernel side told, to be told again where there are no eBPF programs.
 *
 * <pre>
 * ┌──────────────────────┬──────────────┬───────────────────────┬──────────────────────────────────────┬───
 * │ fourthlog-capture/1 ⏎ │ about, JSON ⏎ │ u32 length, big-endian │ a record of the ring (records.h)      │ …
 * └──────────────────────┴──────────────┴───────────────────────┴──────────────────────────────────────┴───
 * </pre>
 *
 * It holds what agents said in plain text. The product never writes one; those in this repository are of invented people.
 */
public final class Capture implements AutoCloseable {
    static final String MAGIC = "fourthlog-capture/1";
    private static final int MAX_LINE = 1 << 20;
    private static final int MAX_RECORD = 1 << 16; // the largest is a piece of 16 KiB
    private static final int MIN_RECORD = 40; // a header
    private static final long KTIME = 32; // offset of the time

    private final Path file;
    private final DataInputStream in;
    private final String about;

    private Capture(final Path file, final DataInputStream in, final String about) {
        this.file = file;
        this.in = in;
        this.about = about;
    }

    /**
     * Opens a recording.
     *
     * @throws IOException that names the file and what is wrong with it
     */
    public static Capture open(final Path file) throws IOException {
        final InputStream bytes = new BufferedInputStream(Files.newInputStream(file));
        try {
            if (!line(bytes).equals(MAGIC)) {
                throw new IOException("it does not begin with " + MAGIC);
            }
            return new Capture(file, new DataInputStream(bytes), line(bytes));
        } catch (final IOException e) {
            bytes.close();
            throw new IOException(file + " is not a capture: " + e.getMessage(), e);
        }
    }

    private static String line(final InputStream in) throws IOException {
        final ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0 || line.size() == MAX_LINE) {
                throw new IOException("a line does not end");
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** What the recorder said of it, JSON. */
    public String about() {
        return about;
    }

    /** Tells everything again, at the pace at which it happened, as if the first record had just done so. */
    public void replay(final KernelEventSink sink) throws IOException {
        final RecordDecoder decoder = new RecordDecoder(ProcessWatcher.NONE, new Flows((_, _, _) -> {}), (_, _) -> 0);
        final RingRecord record = new RingRecord();
        long shift = 0;
        boolean first = true;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(MAX_RECORD, Long.BYTES);
            for (int length = next(); length >= 0; length = next()) {
                final byte[] bytes = in.readNBytes(length);
                if (bytes.length < length) {
                    throw new IOException(file + " ends in the middle of a record");
                }
                MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, length);
                final long ktime = memory.get(ValueLayout.JAVA_LONG, KTIME);
                if (first) {
                    shift = System.nanoTime() - ktime;
                    first = false;
                }
                final long time = ktime + shift;
                memory.set(ValueLayout.JAVA_LONG, KTIME, time);
                for (long early = time - System.nanoTime(); early > 0; early = time - System.nanoTime()) {
                    LockSupport.parkNanos(early);
                }
                try {
                    record.set(memory.address(), length);
                    decoder.decode(record, sink);
                } catch (final IndexOutOfBoundsException e) {
                    throw new IOException(file + " has a record that is shorter than it says", e);
                }
            }
        }
    }

    /** Length of the next record, -1 at the end. */
    private int next() throws IOException {
        final int length;
        try {
            length = in.readInt();
        } catch (final EOFException _) {
            return -1;
        }
        if (length < MIN_RECORD || length > MAX_RECORD) {
            throw new IOException(file + " has a record of " + length + " bytes");
        }
        return length;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
