package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads a log as it was at the checkpoint that it found when it was opened. It believes the files; {@link LogVerifier}
 * is who checks them. For one thread.
 */
public final class LogReader {

    private final LogFiles files;
    private final LogIdentity identity;
    private final Checkpoint checkpoint;
    private final Optional<Tombstones> tombstones;
    private final TreeTiles tiles;
    private long cachedIndex = -1;
    private Optional<EntryBundle> cached = Optional.empty();

    private LogReader(LogFiles files, LogIdentity identity, Checkpoint checkpoint, Optional<Tombstones> tombstones) {
        this.files = files;
        this.tombstones = tombstones;
        this.identity = identity;
        this.checkpoint = checkpoint;
        this.tiles = new TreeTiles(files, checkpoint.size());
    }

    /** Takes an entry and where it is. */
    @FunctionalInterface
    public interface EntryConsumer {
        void accept(long index, byte[] entry) throws IOException;
    }

    /** Opens a log at its present checkpoint. */
    public static LogReader open(Path directory) throws IOException {
        final LogFiles files = new LogFiles(directory);
        return new LogReader(files, files.identity(), Checkpoint.parse(files.checkpoint()), files.tombstones());
    }

    /** The keys that {@code log.json} states, from the first to the present one: worth as much as the directory that it stands in. */
    public List<VerifierKey> statedKeys() {
        return identity.keys();
    }

    /** How each of these keys handed over to the next. */
    public List<KeySuccession> successions() {
        return identity.successions();
    }

    /** The checkpoint that was found, not verified. */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** How many entries there are. */
    public long size() {
        return checkpoint.size();
    }

    /** Index of the first entry that has not expired. */
    public long firstIndex() {
        return tombstones.map(Tombstones::pruned).orElse(0L);
    }

    /** What is left of entries that expired. */
    public List<Tombstone> tombstones() {
        return tombstones.map(Tombstones::all).orElse(List.of());
    }

    /**
     * One entry.
     *
     * @throws ExpiredException when it is gone
     */
    public byte[] entry(long index) throws IOException {
        check(index);
        return bundle(index / LogPath.FULL).entry((int) (index % LogPath.FULL));
    }

    /** Hands out all entries from {@code from} on that have not expired, in their order. */
    public void forEach(long from, EntryConsumer consumer) throws IOException {
        for (long index = Math.max(from, firstIndex()); index < size(); index++) {
            consumer.accept(index, entry(index));
        }
    }

    /** Hands out all entries from {@code from} on that should be events: a key that hands over to the next one is none. */
    public void forEachEvent(long from, EntryConsumer consumer) throws IOException {
        forEach(from, (index, entry) -> {
            if (KeySuccession.parse(entry).isEmpty()) {
                consumer.accept(index, entry);
            }
        });
    }

    /** Shows that an entry is in the tree of the checkpoint. */
    public InclusionProof inclusionProof(long index) throws IOException {
        check(index);
        return tiles.inclusion(index);
    }

    /** Shows that the tree of {@code from} leaves is a prefix of that of the checkpoint. */
    public ConsistencyProof consistencyProof(long from) throws IOException {
        requireRoot(from);
        if (from < 0 || from > size()) {
            throw new IndexOutOfBoundsException("the log has " + size() + " leaves, not " + from);
        }
        return tiles.consistency(from);
    }

    /** The root that the tiles give for the first {@code size} leaves. */
    public Hash rootAt(long size) throws IOException {
        requireRoot(size);
        if (size < 0 || size > size()) {
            throw new IndexOutOfBoundsException("the log has " + size() + " leaves, not " + size);
        }
        return tiles.range(size).root();
    }

    /** Roots of trees that end within what expired cannot be computed any more. */
    private void requireRoot(long size) throws ExpiredException {
        if (size > 0 && size < firstIndex()) {
            throw new ExpiredException(tombstones().getLast());
        }
    }

    private EntryBundle bundle(long index) throws IOException {
        if (cached.isPresent() && cachedIndex == index) {
            return cached.get();
        }
        final EntryBundle bundle = files.bundle(LogPath.inTree(LogPath.ENTRIES, index, size()));
        cached = Optional.of(bundle);
        cachedIndex = index;
        return bundle;
    }

    private void check(long index) throws ExpiredException {
        if (index < 0 || index >= size()) {
            throw new IndexOutOfBoundsException("the log has " + size() + " leaves, and no " + index);
        }
        if (index < firstIndex()) {
            throw new ExpiredException(tombstones().stream()
                    .filter(tombstone -> index < tombstone.end())
                    .findFirst()
                    .orElseThrow());
        }
    }
}
