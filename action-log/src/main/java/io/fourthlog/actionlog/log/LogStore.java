package io.fourthlog.actionlog.log;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The files of a log that is open for writing: what {@link LogWriter} and {@link MirrorLog} have in common.
 *
 * <p>A file that a checkpoint refers to is never written again: a growing tile or bundle gets a new name for each width.
 * So a commit writes new files, makes them durable, and then puts a new checkpoint in the place of the old one; what a
 * crash leaves beyond the checkpoint is dropped on the next open. Superseded partial files go only when the full one is
 * signed for, since a reader of an older checkpoint may still want them.
 *
 * <p>For one thread at a time.
 */
final class LogStore implements Closeable {

    private static final Edge EMPTY = new Edge(new CompactRange(), List.of(), new byte[0]);

    private final LogFiles files;
    private final FileChannel lock;
    private @Nullable Checkpoint checkpoint;
    private Edge edge = EMPTY;
    private @Nullable Tombstones tombstones;
    private boolean unsynced; // the checkpoint is in its place, and may not stay there when the power goes
    private boolean pruning; // some of what the tombstones speak of may still be there
    private Recovery recovery = new Recovery(0, 0, 0);
    private final Set<LogPath> torn =
            new LinkedHashSet<>(); // files of a write that failed: the next one goes past them
    private final Set<LogPath> unpublished = new LinkedHashSet<>(); // written files that no checkpoint refers to yet

    /**
     * What the next commit goes on from.
     *
     * @param tiles the hashes of the partial tile of each level, from level 0
     * @param bundle the bytes of the partial entry bundle
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
    private record Edge(CompactRange range, List<byte[]> tiles, byte[] bundle) {}

    /** New leaves and all the files that they make, before anything is written. */
    static final class Staged {

        private final Edge edge;
        private final Map<LogPath, byte[]> files;

        private Staged(Edge edge, Map<LogPath, byte[]> files) {
            this.edge = edge;
            this.files = files;
        }

        long size() {
            return edge.range().size();
        }

        Hash root() {
            return edge.range().root();
        }
    }

    private LogStore(LogFiles files, FileChannel lock) {
        this.files = files;
        this.lock = lock;
    }

    /** Opens a directory, makes it if need be, and locks it until {@link #close}. */
    static LogStore open(Path directory) throws IOException {
        return open(directory, Disk.REAL);
    }

    static LogStore open(Path directory, Disk disk) throws IOException {
        Files.createDirectories(directory);
        final FileChannel lock =
                FileChannel.open(directory.resolve(LogFiles.LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (lock.tryLock() == null) {
                throw new LogLockedException(directory);
            }
            return new LogStore(new LogFiles(directory, disk), lock);
        } catch (OverlappingFileLockException e) {
            lock.close();
            throw new LogLockedException(directory);
        } catch (IOException e) {
            lock.close();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    LogFiles files() {
        return files;
    }

    /** The last checkpoint; {@code null} before the first. */
    @Nullable
    Checkpoint checkpoint() {
        return checkpoint;
    }

    long size() {
        return edge.range().size();
    }

    Recovery recovery() {
        return recovery;
    }

    /** What is left of what expired; {@code null} while nothing has. */
    @Nullable
    Tombstones tombstones() {
        return tombstones;
    }

    /** Index of the first leaf that has not expired. */
    long pruned() {
        return tombstones == null ? 0 : tombstones.pruned();
    }

    /** Goes by these tombstones from now on, and drops what they speak of; they are durable before anything goes. */
    void bury(Tombstones next) throws IOException {
        announce(next);
        prune();
    }

    /** Makes tombstones durable, for {@link #prune} to act on. */
    void announce(Tombstones next) throws IOException {
        final byte[] content = next.bytes();
        try {
            files.replace(LogFiles.TOMBSTONES, content);
        } catch (IOException e) {
            if (!files.exists(LogFiles.TOMBSTONES)
                    || !Arrays.equals(files.read(LogFiles.TOMBSTONES, content.length), content)) {
                throw e;
            } // it has happened
        }
        files.sync();
        tombstones = next;
        pruning = true;
    }

    /** Has nothing but tombstones, which speak of more than the log had. */
    void restart(@Nullable Tombstones buried) throws IOException {
        if (files.exists(LogFiles.CHECKPOINT)) {
            files.drop(List.of(LogFiles.CHECKPOINT));
        }
        dropBeyond(0);
        edge = EMPTY;
        checkpoint = null;
        tombstones = buried;
    }

    /** A log that begins at a leaf, of which nothing is there but the hashes that come before it in each level's tile. */
    Staged stageFrom(long first, List<byte[]> tiles) {
        final Map<LogPath, byte[]> made = new LinkedHashMap<>();
        for (int level = 0; level < tiles.size(); level++) {
            final LogPath path = LogPath.last(level, first);
            if (path.width() > 0 && !files.exists(path.toString())) {
                made.put(path, tiles.get(level));
            }
        }
        final byte[] bundle = new byte[(int) (first % LogPath.FULL) * EntryBundle.LENGTH_BYTES]; // of empty entries
        if (bundle.length > 0) {
            made.put(LogPath.last(LogPath.ENTRIES, first), bundle);
        }
        return new Staged(new Edge(CompactRange.ofEdge(first, tiles), tiles, bundle), made);
    }

    /**
     * Drops the bundles and tiles that end at or before the first leaf that has not expired: C2SP tlog-tiles, "Pruning". The tile of
     * each level that this leaf falls into stays, and is all that the tree takes; in its bundle nothing stays of the entries
     * before it. Does again what was cut off.
     */
    void prune() throws IOException {
        final long first = pruned();
        if (!pruning || first == 0) {
            return;
        }
        if (first % LogPath.FULL != 0) {
            pruneWithin(LogPath.inTree(LogPath.ENTRIES, first / LogPath.FULL, size()), (int) (first % LogPath.FULL));
        }
        final List<String> expired = new ArrayList<>();
        files.forEachInTree(name -> {
            final LogPath path = LogPath.parse(name).orElse(null);
            if (path != null && path.full().endOfLeaves() <= first) {
                expired.add(name);
            }
        });
        files.drop(expired);
        pruning = false;
    }

    private void pruneWithin(LogPath path, int count) throws IOException {
        final EntryBundle bundle = files.bundle(path);
        if (!bundle.startsWithEmpty(count)) {
            final byte[] left = bundle.withoutFirst(count).bytes();
            if (path.index() == size() / LogPath.FULL) {
                edge = new Edge(
                        edge.range(), edge.tiles(), left); // the next commit goes on from there, whatever fails here
            }
            files.rewrite(path, left);
        }
        if (!files.exists(path.partials())) {
            return;
        }
        final List<String> superseded = new ArrayList<>();
        for (int width = 1; width < LogPath.FULL; width++) {
            final LogPath other = new LogPath(path.level(), path.index(), width);
            if (!other.equals(path)) {
                superseded.add(other.toString());
            }
        }
        files.drop(superseded);
    }

    TreeTiles tiles() {
        return new TreeTiles(files, size());
    }

    Staged stage(List<byte[]> entries) {
        final Map<LogPath, byte[]> made = new LinkedHashMap<>();
        final ByteArrayOutputStream bundle = new ByteArrayOutputStream();
        bundle.writeBytes(edge.bundle());
        final TileBuilder tiles = new TileBuilder(edge.range().copy(), edge.tiles(), made::put);
        for (final byte[] entry : entries) {
            final LogPath full =
                    LogPath.last(LogPath.ENTRIES, tiles.range().size()).full();
            EntryBundle.append(bundle, entry);
            tiles.append(MerkleTree.leafHash(entry));
            if (tiles.range().size() % LogPath.FULL == 0) {
                made.put(full, bundle.toByteArray());
                bundle.reset();
            }
        }
        if (bundle.size() > 0) {
            made.put(LogPath.last(LogPath.ENTRIES, tiles.range().size()), bundle.toByteArray());
        }
        return new Staged(new Edge(tiles.range(), tiles.finish(), bundle.toByteArray()), made);
    }

    /** Makes staged leaves durable; until {@link #publish} nothing refers to them. */
    void write(Staged staged) throws IOException {
        files.drop(torn.stream().map(LogPath::toString).toList());
        torn.clear();
        torn.addAll(staged.files.keySet());
        files.write(staged.files);
        torn.clear();
        unpublished.addAll(staged.files.keySet());
    }

    /** Goes on from written leaves without a checkpoint for them; {@link #publish} or {@link #rollBack} has to follow. */
    void advance(Staged staged) {
        edge = staged.edge;
    }

    /** Goes back to the last checkpoint, if the log is beyond it. */
    void rollBack() throws IOException {
        if (unpublished.isEmpty()) {
            return;
        }
        if (checkpoint != null && checkpoint.size() > pruned()) {
            recover(checkpoint, tombstones);
        } else {
            restart(tombstones);
        }
        unpublished.clear();
    }

    /** Puts the checkpoint of written leaves in the place of the last one. */
    void publish(Staged staged, Checkpoint next) throws IOException {
        final byte[] note = next.note().bytes();
        try {
            files.replace(LogFiles.CHECKPOINT, note);
        } catch (IOException e) {
            if (!files.exists(LogFiles.CHECKPOINT) || !Arrays.equals(files.checkpoint(), note)) {
                throw e;
            } // it has happened, and its files must not be written again
        }
        checkpoint = next;
        edge = staged.edge;
        unsynced = true;
        sync();
        for (final LogPath made : unpublished) {
            if (made.isFull()) {
                files.deleteTree(made.partials());
            }
        }
        unpublished.clear();
    }

    /** Makes the last checkpoint durable, if that failed when it was published. */
    void sync() throws IOException {
        if (unsynced) {
            files.sync();
            unsynced = false;
        }
    }

    /**
     * Goes back to a checkpoint that is believed: drops what is beyond it, rebuilds what is torn before it, and drops what has
     * expired.
     *
     * @param buried tombstones that are believed as well
     */
    void recover(Checkpoint trusted, @Nullable Tombstones buried) throws IOException {
        tombstones = buried;
        if (pruned() >= trusted.size() && pruned() > 0) {
            throw corrupt(trusted, "its tombstones speak of " + pruned() + " leaves");
        }
        final int dropped = dropBeyond(trusted.size());
        int rebuilt = 0;
        Edge found = readEdge(trusted);
        if (found == null) {
            rebuilt = rebuildTiles(trusted);
            found = readEdge(trusted);
        }
        if (found == null) {
            throw corrupt(trusted, "its tiles could not be rebuilt");
        }
        edge = found;
        checkpoint = trusted;
        recovery = new Recovery(trusted.size(), dropped, rebuilt);
        pruning = true;
        prune();
    }

    private int dropBeyond(long size) throws IOException {
        final List<String> beyond = new ArrayList<>();
        for (final String name :
                List.of(LogFiles.CHECKPOINT, LogFiles.IDENTITY, LogFiles.TOMBSTONES, WitnessedDays.FILE)) {
            beyond.add(name + LogFiles.TEMPORARY);
        }
        beyond.add(LogFiles.REWRITTEN);
        files.forEachInTree(name -> {
            final LogPath path = LogPath.parse(name).orElse(null);
            if (path != null && path.endOfLeaves() > size) {
                beyond.add(name);
            }
        });
        return files.drop(beyond);
    }

    /** The edge of the tree; {@code null} when the files do not lead to the checkpoint's root. */
    private @Nullable Edge readEdge(Checkpoint trusted) throws IOException {
        final long size = trusted.size();
        try {
            final CompactRange range = new TreeTiles(files, size).range(size);
            if (!range.root().equals(trusted.rootHash())) {
                return null;
            }
            final List<byte[]> tiles = new ArrayList<>();
            for (int level = 0; LogPath.hashes(level, size) > 0; level++) {
                final LogPath path = LogPath.last(level, size);
                tiles.add(path.width() == 0 ? new byte[0] : files.tile(path));
            }
            return new Edge(range, tiles, size % LogPath.FULL == 0 ? new byte[0] : lastBundle(size, tiles.getFirst()));
        } catch (LogFormatException | EntryBundle.Broken | NoSuchFileException e) {
            return null; // torn: the caller rebuilds from the entries, or says that it cannot
        }
    }

    /** The partial entry bundle, checked against the partial tile beside it. */
    private byte[] lastBundle(long size, byte[] hashes) throws IOException {
        final LogPath path = LogPath.last(LogPath.ENTRIES, size);
        final EntryBundle bundle = files.bundle(path);
        for (int i = 0; i < bundle.width(); i++) {
            final boolean expired = path.firstHash() + i < pruned();
            if (!expired && !bundle.leafHash(i).isAt(hashes, i * Hash.LENGTH)) {
                throw new LogFormatException(path + " does not match its tile");
            }
        }
        return bundle.bytes();
    }

    /** Writes each tile that is missing or wrong anew, once the entries have been seen to lead to the signed root. */
    private int rebuildTiles(Checkpoint trusted) throws IOException {
        if (!walkEntries(trusted, (path, hashes) -> {}).equals(trusted.rootHash())) {
            throw corrupt(trusted, "its entries do not lead to the signed root");
        }
        final Map<LogPath, byte[]> torn = new HashMap<>();
        walkEntries(trusted, (path, hashes) -> {
            if (!files.holds(path, hashes)) {
                torn.put(path, hashes);
            }
        });
        files.write(torn);
        return torn.size();
    }

    /** Makes the tree of all entries, and returns its root. */
    private Hash walkEntries(Checkpoint trusted, BiConsumer<LogPath, byte[]> sink) throws IOException {
        final TreeTiles kept = new TreeTiles(files, trusted.size());
        final TileBuilder tiles = new TileBuilder(kept.range(pruned()), kept.edge(pruned()), sink);
        for (long index = pruned() / LogPath.FULL; index * LogPath.FULL < trusted.size(); index++) {
            final LogPath path = LogPath.inTree(LogPath.ENTRIES, index, trusted.size());
            try {
                final EntryBundle bundle = files.bundle(path);
                for (int i = (int) Math.max(0, pruned() - path.firstHash()); i < bundle.width(); i++) {
                    tiles.append(bundle.leafHash(i));
                }
            } catch (NoSuchFileException e) {
                throw corrupt(trusted, path + " is missing");
            } catch (LogFormatException | EntryBundle.Broken e) {
                throw corrupt(trusted, path + ": " + e.getMessage());
            }
        }
        tiles.finish();
        return tiles.range().root();
    }

    private LogCorruptException corrupt(Checkpoint trusted, String reason) {
        return new LogCorruptException(files.directory() + " contradicts its checkpoint of size " + trusted.size()
                + ": " + reason + "; verify it, and keep it as evidence");
    }
}
