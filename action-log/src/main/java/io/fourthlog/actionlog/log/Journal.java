package io.fourthlog.actionlog.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The last commits of a log, so that each is durable with one write and one fsync: {@code journal} beside the tiles, bundles and
 * checkpoint, which are written as well but not forced. Once they have been, the journal begins anew at its start, over what it had.
 *
 * <pre>
 * at a multiple of 4096, so that no write touches what was forced:
 * ┌────────┬───────────┬─────────────┬─────────────┬────────────┬─────────────────────┬────────
 * │ "4log" │ u64 index │ u32 length  │ u32 length  │ checkpoint │ entries, as in an   │ zeroes
 * │        │ of entry 0│ of the note │ of entries  │ (a note)   │ entry bundle        │
 * └────────┴───────────┴─────────────┴─────────────┴────────────┴─────────────────────┴────────
 * </pre>
 *
 * <p>There are no checksums: what counts is that the entries lead to the root that the checkpoint signs. Whoever reads a record has
 * to see to that, and to the signature; what stands here may be torn, left from before, or hostile.
 */
final class Journal implements Closeable {

    static final String FILE = "journal";
    static final int CAPACITY = 16 << 20; // bytes: seconds of a busy log, an hour of a quiet one
    static final int MIRROR_CAPACITY = 4 << 20; // of which a collector has 256 open

    private static final int MAGIC = 0x346c6f67; // "4log"
    static final int HEAD = Integer.BYTES + Long.BYTES + Integer.BYTES + Integer.BYTES;
    private static final int PART = 1 << 16; // bytes that are copied at once, so that no batch is in memory once more
    private static final int PAGE = 4096; // bytes: no disk writes more at once when it is asked for less

    private final LogFiles files;
    private final int capacity;
    private Disk.@Nullable InPlace file; // once it is in use
    private int end; // where the next record comes

    /** @param capacity bytes, at most {@link #CAPACITY} */
    Journal(LogFiles files, int capacity) {
        this.files = files;
        this.capacity = capacity;
    }

    /**
     * A commit.
     *
     * @param first index of the first entry
     * @param checkpoint its size is that of the tree with these entries
     */
    record Commit(long first, List<byte[]> entries, Checkpoint checkpoint) {}

    /** How long a commit's record is, in bytes. */
    static long length(Commit commit) {
        return padded(HEAD + commit.checkpoint().note().bytes().length + bundled(commit));
    }

    /** Takes a part of a record. */
    @FunctionalInterface
    interface Sink {
        void take(ByteBuffer part) throws IOException;
    }

    /**
     * Writes a commit of at most {@link #CAPACITY}.
     *
     * @param part what the sink gets, full but for the last time
     */
    static void encode(Commit commit, ByteBuffer part, Sink sink) throws IOException {
        final byte[] note = commit.checkpoint().note().bytes();
        final long entries = bundled(commit);
        part.clear();
        part.putInt(MAGIC).putLong(commit.first()).putInt(note.length).putInt((int) entries);
        put(note, part, sink);
        for (final byte[] entry : commit.entries()) {
            if (part.remaining() < EntryBundle.LENGTH_BYTES) {
                hand(part, sink);
            }
            part.putShort((short) entry.length);
            put(entry, part, sink);
        }
        final long length = HEAD + note.length + entries;
        put(new byte[(int) (padded(length) - length)], part, sink);
        hand(part, sink);
    }

    private static void put(byte[] bytes, ByteBuffer part, Sink sink) throws IOException {
        int from = 0;
        while (from < bytes.length) {
            if (!part.hasRemaining()) {
                hand(part, sink);
            }
            final int length = Math.min(part.remaining(), bytes.length - from);
            part.put(bytes, from, length);
            from += length;
        }
    }

    private static void hand(ByteBuffer part, Sink sink) throws IOException {
        part.flip();
        sink.take(part);
        part.clear();
    }

    private static long bundled(Commit commit) {
        long length = 0;
        for (final byte[] entry : commit.entries()) {
            length += EntryBundle.LENGTH_BYTES + entry.length;
        }
        return length;
    }

    private static long padded(long length) {
        return (length + PAGE - 1) / PAGE * PAGE;
    }

    /** The commits at the start of a log's journal, each of which goes on where the one before it ends. */
    static List<Commit> read(LogFiles files) throws IOException {
        return files.exists(FILE) ? parse(files.read(FILE, CAPACITY)) : List.of();
    }

    /** The same of its bytes. */
    static List<Commit> parse(byte[] bytes) {
        final List<Commit> commits = new ArrayList<>();
        final ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (true) {
            final int start = rest.position();
            final Commit commit = next(rest).orElse(null);
            if (commit == null
                    || (!commits.isEmpty() && commits.getLast().checkpoint().size() != commit.first())) {
                return commits;
            }
            commits.add(commit);
            rest.position((int) Math.min(start + padded(rest.position() - start), rest.limit()));
        }
    }

    private static Optional<Commit> next(ByteBuffer rest) {
        if (rest.remaining() < HEAD || rest.getInt() != MAGIC) {
            return Optional.empty();
        }
        final long first = rest.getLong();
        final int noteLength = rest.getInt();
        final int length = rest.getInt();
        if (noteLength < 0 || length < 0 || (long) noteLength + length > rest.remaining()) {
            return Optional.empty();
        }
        final byte[] note = new byte[noteLength];
        rest.get(note);
        try {
            final Checkpoint checkpoint = Checkpoint.parse(note);
            final List<byte[]> entries = entries(rest, rest.position() + length);
            return first >= 0 && !entries.isEmpty() && checkpoint.size() - first == entries.size()
                    ? Optional.of(new Commit(first, entries, checkpoint))
                    : Optional.empty();
        } catch (LogFormatException e) {
            return Optional.empty(); // it was not written to its end, or something else stands there
        }
    }

    private static List<byte[]> entries(ByteBuffer rest, int end) throws LogFormatException {
        final List<byte[]> entries = new ArrayList<>();
        while (rest.position() < end) {
            final int left = end - rest.position() - EntryBundle.LENGTH_BYTES;
            final int length = left < 0 ? 0 : Short.toUnsignedInt(rest.getShort());
            if (length == 0 || length > left) {
                throw new LogFormatException("entry " + entries.size() + " of a commit ends beyond it, or is empty");
            }
            final byte[] entry = new byte[length];
            rest.get(entry);
            entries.add(entry);
        }
        return entries;
    }

    /** Whether a commit fits into an empty journal. */
    boolean takes(Commit commit) {
        return length(commit) <= capacity;
    }

    /** Whether it may come next without the journal beginning anew. */
    boolean hasRoom(Commit commit) {
        return end + length(commit) <= capacity;
    }

    /** Makes a commit durable. Until it is {@link #keep kept}, the next one takes its place. */
    void write(Commit commit) throws IOException {
        if (file == null) {
            file = openDurably();
        }
        final Disk.InPlace open = file;
        final long[] at = {end};
        encode(commit, ByteBuffer.allocate((int) Math.min(length(commit), PART)), bytes -> {
            final int length = bytes.remaining();
            open.write(at[0], bytes);
            at[0] += length;
        });
        open.force();
    }

    private Disk.InPlace openDurably() throws IOException {
        final Disk.InPlace opened = files.open(FILE);
        try {
            files.sync();
            return opened;
        } catch (IOException e) {
            opened.close();
            throw e;
        }
    }

    /** Goes on behind a commit that was written. */
    void keep(Commit commit) {
        end += (int) length(commit);
    }

    /** Begins anew: the next record comes over the first one. Nothing that there is may be needed any more. */
    void restart() {
        end = 0;
    }

    /** Drops what there is, for good. */
    void clear() throws IOException {
        restart();
        if (file == null && !files.exists(FILE)) {
            return;
        }
        try (Disk.InPlace open = file == null ? files.open(FILE) : file) {
            file = null;
            open.clear();
            open.force();
        }
    }

    /** Leaves no journal behind; nothing that there is may be needed any more. */
    void delete() throws IOException {
        close();
        files.deleteFile(FILE);
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
            file = null;
        }
    }
}
