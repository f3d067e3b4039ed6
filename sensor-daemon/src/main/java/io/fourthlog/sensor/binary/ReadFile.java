package io.fourthlog.sensor.binary;

import io.fourthlog.sensor.foreign.Reserved;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Objects;

/**
 * The content of a file, read into memory of this process's as it is asked for. It is not mapped: who touches a page of a file system that does
 * not answer waits amid Java code, and the JVM, which waits for each thread before it collects garbage, waits for that one.
 */
final class ReadFile implements AutoCloseable {
    private static final int CHUNK = 64 << 10;
    private static final int MOST = (128 << 20) / CHUNK; // chunks that are kept

    private final FileChannel channel;
    private final long size;
    private final MemorySegment memory; // as long as the file; only what was read of it is there
    private final BitSet read = new BitSet(); // chunks
    private int count;

    /** @throws IOException if it cannot be read, or is not as long as that */
    ReadFile(final Path path, final long least, final long most) throws IOException {
        channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            size = channel.size();
            if (size < least) {
                throw new IOException("too short");
            }
            if (size > most) {
                throw new IOException("larger than any program");
            }
            memory = Reserved.of(size);
        } catch (final IOException e) {
            channel.close();
            throw e;
        }
    }

    long size() {
        return size;
    }

    /**
     * Bytes that stay where they are until this is closed.
     *
     * @throws IndexOutOfBoundsException if the file is shorter
     * @throws UncheckedIOException if it cannot be read, or is not that long any more
     */
    MemorySegment at(final long offset, final long length) {
        have(offset, length);
        return memory.asSlice(offset, length);
    }

    /** All of it, of which only what {@link #have} asked for is there. */
    MemorySegment memory() {
        return memory;
    }

    /** The same, for bytes that are read from {@link #memory}. */
    void have(final long offset, final long length) {
        Objects.checkFromIndexSize(offset, length, size);
        for (int chunk = (int) (offset / CHUNK); (long) chunk * CHUNK < offset + length; chunk++) {
            if (!read.get(chunk)) {
                load(chunk);
            }
        }
    }

    private void load(final int chunk) {
        final long from = (long) chunk * CHUNK;
        try {
            if (++count > MOST) {
                throw new IOException("more than is kept of a program");
            }
            fill(memory.asSlice(from, Math.min(CHUNK, size - from)).asByteBuffer(), from);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        read.set(chunk);
    }

    /** Copies bytes that are not kept. */
    void copy(final long offset, final byte[] to, final int length) throws IOException {
        Objects.checkFromIndexSize(offset, (long) length, size);
        fill(ByteBuffer.wrap(to, 0, length), offset);
    }

    private void fill(final ByteBuffer to, final long offset) throws IOException {
        for (long at = offset; to.hasRemaining(); ) {
            final int moved = channel.read(to, at);
            if (moved < 0) {
                throw new EOFException("cut off while it is read");
            }
            at += moved;
        }
    }

    @Override
    public void close() {
        Reserved.release(memory);
        try {
            channel.close();
        } catch (final IOException e) {
            throw new UncheckedIOException("closing what was only read", e);
        }
    }
}
