package io.fourthlog.actionlog.log;

import static java.util.Objects.requireNonNull;

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
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The files of a log that is open for writing: what {@link LogWriter} and {@link MirrorLog} have in common.
 *
 * <p>A file that a checkpoint refers to is never written again: a growing tile or bundle gets a new name for each width.
 * So a commit writes new files, makes itself durable in the {@link Journal}, and then puts a new checkpoint in the place of the
 * old one. When the journal is full, all files since its start are forced and it begins anew. After a crash, what the journal has is
 * written once more, and what is beyond its last checkpoint is dropped. Superseded partial files go only when the full one is
 * signed for, since a reader of an older checkpoint may still want them; those that the journal starts from, when it begins anew.
 *
 * <p>For one thread at a time.
 */
final class LogStore implements Closeable {

    private final LogFiles files;
    private final FileChannel lock;
    private @Nullable Checkpoint checkpoint;
    private Edge edge = Edge.EMPTY;
    private @Nullable Tombstones tombstones;
    private boolean unsynced; // the checkpoint is in its place, and may not stay there when the power goes
    private boolean pruning; // some of what the tombstones speak of may still be there
    private Recovery recovery = new Recovery(0, 0, 0, 0);
    private final Set<LogPath> torn =
            new LinkedHashSet<>(); // files of a write that failed: the next one goes past them
    private final Set<LogPath> unpublished = new LinkedHashSet<>(); // written files that no checkpoint refers to yet
    private final Journal journal;
    private long base; // the size that the journal goes on from; up to there all is durable
    private final Set<String> unforced = new LinkedHashSet<>(); // written since
    private final Set<LogPath> superseding = new LinkedHashSet<>(); // full files whose partial ones are to go
    private List<Journal.Commit> unapplied =
            List.of(); // what a journal had that was found, until recover() has written its files

    /** New leaves and all the files that they make, before anything is written. */
    static final class Staged {

        private final List<byte[]> entries;
        private final Edge edge;
        private final Map<LogPath, byte[]> files;

        private Staged(List<byte[]> entries, Edge edge, Map<LogPath, byte[]> files) {
            this.entries = entries;
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

    private LogStore(LogFiles files, FileChannel lock, int journalBytes) {
        this.files = files;
        this.lock = lock;
        this.journal = new Journal(files, journalBytes);
    }

    /** Opens a directory, makes it if need be, and locks it until {@link #close}. */
    static LogStore open(Path directory) throws IOException {
        return open(directory, Disk.REAL, Journal.CAPACITY);
    }

    static LogStore open(Path directory, Disk disk, int journalBytes) throws IOException {
        final Path parent = requireNonNull(directory.toAbsolutePath().getParent(), "a log is in a folder");
        if (!Files.isDirectory(directory)) {
            DurableFile.createFolders(parent);
            disk.createFolder(directory);
        }
        disk.force(parent); // also of one that is there, in case that a crash came just before it was
        final FileChannel lock =
                FileChannel.open(directory.resolve(LogFiles.LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (lock.tryLock() == null) {
                throw new LogLockedException(directory);
            }
            return new LogStore(new LogFiles(directory, disk), lock, journalBytes);
        } catch (OverlappingFileLockException e) {
            lock.close();
            throw new LogLockedException(directory);
        } catch (IOException e) {
            lock.close();
            throw e;
        }
    }

    /** Leaves durable files and no journal, and gives the lock back. If that fails, the journal stays, and has what they lack. */
    @Override
    public void close() throws IOException {
        try (lock;
                journal) {
            if (checkpoint != null && unapplied.isEmpty()) {
                force();
                sync();
                journal.delete();
            }
        }
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
        base = 0;
        edge = Edge.EMPTY;
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
        return new Staged(List.of(), new Edge(CompactRange.ofEdge(first, tiles), tiles, bundle), made);
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
        force();
        journal.clear(); // it may have what expired, and starts from files that go
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
        final TileBuilder tiles = new TileBuilder(edge.range().copy(), edge.tiles(), made::put);
        byte[] bundle = edge.bundle();
        int next = 0;
        while (next < entries.size()) {
            final LogPath last = LogPath.last(LogPath.ENTRIES, tiles.range().size());
            final List<byte[]> part =
                    entries.subList(next, Math.min(next + LogPath.FULL - last.width(), entries.size()));
            part.forEach(entry -> tiles.append(MerkleTree.leafHash(entry)));
            bundle = EntryBundle.extended(bundle, part);
            next += part.size();
            final LogPath path =
                    LogPath.inTree(LogPath.ENTRIES, last.index(), tiles.range().size());
            made.put(path, bundle);
            if (path.isFull()) {
                bundle = new byte[0];
            }
        }
        return new Staged(entries, new Edge(tiles.range(), tiles.finish(), bundle), made);
    }

    /**
     * Whether the leaves and these after them lead to all of these trees.
     *
     * @param trees from the smallest to the largest, which are no smaller than what there is, and no larger than it is with the entries
     */
    boolean leadTo(List<byte[]> entries, List<Checkpoint> trees) {
        final CompactRange range = edge.range().copy();
        final long first = range.size();
        for (final Checkpoint tree : trees) {
            while (range.size() < tree.size()) {
                range.append(MerkleTree.leafHash(entries.get((int) (range.size() - first))));
            }
            if (!range.root().equals(tree.rootHash())) {
                return false;
            }
        }
        return true;
    }

    /** Writes staged leaves; until {@link #commit} or {@link #publish} nothing refers to them, and they are not durable. */
    void write(Staged staged) throws IOException {
        files.drop(torn.stream().map(LogPath::toString).toList());
        torn.clear();
        torn.addAll(staged.files.keySet());
        staged.files.keySet().forEach(path -> unforced.add(path.toString()));
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

    /** Makes written leaves durable, with one fsync, and puts their checkpoint in the place of the last one. */
    void commit(Staged staged, Checkpoint next) throws IOException {
        final Journal.Commit commit = new Journal.Commit(next.size() - staged.entries.size(), staged.entries, next);
        if (!journal.takes(commit)) {
            publish(staged, next); // it is large enough for its own files to be forced
            return;
        }
        sync();
        try {
            if (!journal.hasRoom(commit)) {
                force();
            }
            journal.write(commit);
            unforced.add(LogFiles.CHECKPOINT);
            swap(
                    next,
                    () -> files.replaceUnforced(LogFiles.CHECKPOINT, next.note().bytes()));
        } catch (IOException e) {
            torn.addAll(unpublished); // what comes next may be of other widths, or other leaves
            unpublished.clear();
            throw e;
        }
        journal.keep(commit);
        published(staged, next);
        dropSuperseded();
    }

    /** The same without the journal: forces the files of the leaves, and then the checkpoint. */
    void publish(Staged staged, Checkpoint next) throws IOException {
        force();
        swap(next, () -> files.replace(LogFiles.CHECKPOINT, next.note().bytes()));
        unsynced = true;
        published(staged, next);
        sync();
    }

    private interface Replacement {
        void run() throws IOException;
    }

    private void swap(Checkpoint next, Replacement replacement) throws IOException {
        try {
            replacement.run();
        } catch (IOException e) {
            if (!files.exists(LogFiles.CHECKPOINT)
                    || !Arrays.equals(files.checkpoint(), next.note().bytes())) {
                throw e;
            } // it has happened, and its files must not be written again
        }
    }

    private void published(Staged staged, Checkpoint next) {
        final long before = checkpoint == null ? 0 : checkpoint.size();
        checkpoint = next;
        edge = staged.edge;
        final Set<LogPath> grown = new HashSet<>(); // those that were partial since
        unpublished.stream().filter(path -> !path.isFull()).map(LogPath::full).forEach(grown::add);
        unpublished.stream()
                .filter(LogPath::isFull)
                .filter(path -> grown.contains(path)
                        || path.equals(LogPath.last(path.level(), before).full()))
                .forEach(superseding::add);
        unpublished.clear();
    }

    /** Drops the partial files of those that got full, but for those that the journal goes on from. */
    private void dropSuperseded() throws IOException {
        for (final Iterator<LogPath> all = superseding.iterator(); all.hasNext(); ) {
            final LogPath full = all.next();
            if (!LogPath.last(full.level(), base).full().equals(full)) {
                files.deleteTree(full.partials());
                all.remove();
            }
        }
    }

    /** Makes the last checkpoint durable, if that failed when it was published. */
    void sync() throws IOException {
        if (unsynced) {
            files.sync();
            unsynced = false;
            beginAnew();
        }
    }

    /** Makes all that was written durable, so that the journal is not needed any more. */
    private void force() throws IOException {
        if (!unforced.isEmpty()) {
            files.force(unforced);
            unforced.clear();
            beginAnew();
        }
    }

    private void beginAnew() throws IOException {
        journal.restart();
        base = checkpoint == null ? 0 : checkpoint.size();
        dropSuperseded();
    }

    /**
     * The checkpoint that the log came to: that of the last commit in its journal, or the one in its file. Nothing is written before
     * {@link #recover}.
     *
     * @param believed whether who has to has signed a checkpoint
     * @param signers who that is, for the message
     * @throws LogCorruptException when there is a checkpoint that is not believed
     */
    Optional<Checkpoint> last(Predicate<Checkpoint> believed, String signers) throws IOException {
        final List<Journal.Commit> commits = continuing(Journal.read(files), believed);
        Optional<Checkpoint> stated = Optional.empty();
        try {
            if (files.exists(LogFiles.CHECKPOINT)) {
                stated = Optional.of(Checkpoint.parse(files.checkpoint()));
                if (!believed.test(stated.get())) {
                    throw new LogCorruptException(
                            files.directory() + " has a checkpoint that " + signers + " did not sign");
                }
            }
        } catch (LogFormatException | LogCorruptException e) {
            if (commits.isEmpty()) {
                throw e;
            }
            stated = Optional.empty(); // it was torn when the power went, and the journal has it
        }
        if (commits.isEmpty()
                || stated.map(Checkpoint::size).orElse(0L)
                        > commits.getLast().checkpoint().size()) {
            return stated; // the journal is from before all that it has was forced
        }
        for (final Journal.Commit commit : commits) {
            if (stated.isPresent()
                    && commit.checkpoint().size() == stated.get().size()
                    && !commit.checkpoint().rootHash().equals(stated.get().rootHash())) {
                throw stored().corrupt(stated.get(), "its journal has another tree of that size");
            }
        }
        unapplied = commits;
        return Optional.of(commits.getLast().checkpoint());
    }

    /** Those commits of a journal, from its start on, that lead from the tree that the tiles have to what their checkpoints sign. */
    private List<Journal.Commit> continuing(List<Journal.Commit> commits, Predicate<Checkpoint> believed)
            throws IOException {
        final List<Journal.Commit> continuing = new ArrayList<>();
        if (commits.isEmpty()) {
            return continuing;
        }
        final CompactRange range;
        try {
            final long first = commits.getFirst().first();
            range = new TreeTiles(files, first).range(first);
        } catch (LogFormatException | NoSuchFileException e) {
            return continuing; // nothing that it could go on from
        }
        for (final Journal.Commit commit : commits) {
            commit.entries().forEach(entry -> range.append(MerkleTree.leafHash(entry)));
            if (!range.root().equals(commit.checkpoint().rootHash()) || !believed.test(commit.checkpoint())) {
                break;
            }
            continuing.add(commit);
        }
        return continuing;
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
            throw stored().corrupt(trusted, "its tombstones speak of " + pruned() + " leaves");
        }
        final int dropped = dropBeyond(trusted.size());
        final int replayed = replay(trusted);
        int rebuilt = 0;
        final StoredTree stored = stored();
        Edge found = stored.edge(trusted.size(), trusted.rootHash());
        if (found == null) {
            final Map<LogPath, byte[]> torn = stored.tornTiles(trusted);
            files.write(torn);
            torn.keySet().forEach(path -> unforced.add(path.toString()));
            rebuilt = torn.size();
            found = stored.edge(trusted.size(), trusted.rootHash());
        }
        if (found == null) {
            throw stored.corrupt(trusted, "its tiles could not be rebuilt");
        }
        edge = found;
        checkpoint = trusted;
        force();
        if (replayed > 0) {
            files.replace(LogFiles.CHECKPOINT, trusted.note().bytes());
        }
        unsynced = true; // a crash may have come just before it was
        sync();
        unapplied = List.of();
        recovery = new Recovery(trusted.size(), replayed, dropped, rebuilt);
        pruning = true;
        prune();
    }

    /** Writes the files of what the journal has, where they are torn or not there; how many entries that are. */
    private int replay(Checkpoint trusted) throws IOException {
        if (unapplied.isEmpty()) {
            return 0;
        }
        final long first = unapplied.getFirst().first();
        final StoredTree stored = stored();
        final Edge start = stored.edge(first, null);
        if (start == null) {
            throw stored.corrupt(trusted, "the " + first + " leaves are damaged that its journal goes on from");
        }
        edge = start;
        final Map<Integer, Map.Entry<LogPath, byte[]>> partial = new HashMap<>(); // of each level, the last one
        for (final Journal.Commit commit : unapplied) {
            final Staged staged = stage(commit.entries());
            edge = staged.edge;
            for (final Map.Entry<LogPath, byte[]> file : staged.files.entrySet()) {
                if (file.getKey().isFull()) {
                    mend(file.getKey(), file.getValue());
                    superseding.add(file.getKey());
                } else {
                    partial.put(file.getKey().level(), file);
                }
            }
        }
        for (final Map.Entry<LogPath, byte[]> file : partial.values()) {
            if (LogPath.last(file.getKey().level(), trusted.size()).equals(file.getKey())) {
                mend(file.getKey(), file.getValue());
            }
        }
        dropSupersededSince(first, trusted.size());
        return (int) (trusted.size() - first);
    }

    /** Has a file hold this, and be made durable: one that does may have come no farther than to the cache. */
    private void mend(LogPath path, byte[] content) throws IOException {
        if (!files.holds(path, content)) {
            files.write(Map.of(path, content));
        }
        unforced.add(path.toString());
    }

    /** Drops partial files that are not the last ones, and may be torn, since no journal begins behind them. */
    private void dropSupersededSince(long first, long size) throws IOException {
        final List<String> superseded = new ArrayList<>();
        files.forEachInTree(name -> {
            final LogPath path = LogPath.parse(name).orElse(null);
            if (path != null
                    && !path.isFull()
                    && path.endOfLeaves() > first
                    && !path.equals(LogPath.inTree(path.level(), path.index(), size))) {
                superseded.add(name);
            }
        });
        files.drop(superseded);
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

    private StoredTree stored() {
        return new StoredTree(files, pruned());
    }
}
