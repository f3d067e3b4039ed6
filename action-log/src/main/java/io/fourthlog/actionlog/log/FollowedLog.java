package io.fourthlog.actionlog.log;

import io.fourthlog.actionlog.log.FollowResult.Contradicted;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A reader's copy of a log that someone else publishes: fetches the entries that are new, makes the tree of them itself,
 * and keeps them only when they lead from what it has to a checkpoint that the log's key has signed. What expires there, it drops as
 * well, once it has seen the tombstone.
 *
 * <p>The first key that a log comes with is pinned in {@code log.json}; later ones it has to have handed over to.
 */
public final class FollowedLog implements Closeable {

    private static final int MAX_TRIES = 3;
    private static final int CHUNK_BYTES = 8 << 20; // of entries in memory, about

    private final LogStore store;
    private final String origin;
    private @Nullable LogIdentity identity;
    private long announced; // how many leaves had expired when it was last asked for

    private FollowedLog(LogStore store, String origin) {
        this.store = store;
        this.origin = origin;
    }

    /** Where a log is published. */
    @FunctionalInterface
    public interface Source {

        /**
         * Gets a file of the log, of at most {@link PublishedLog#MAX_FILE} bytes.
         *
         * @throws NoSuchFileException when it is not there
         */
        byte[] get(String name) throws IOException;

        /** What the log says about leaves that expired, if any have. */
        private Optional<Tombstones> tombstones() throws IOException {
            try {
                return Optional.of(Tombstones.parse(get(LogFiles.TOMBSTONES)));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        }
    }

    /**
     * Opens a copy, or makes an empty one.
     *
     * @param origin the name of the log
     * @throws LogLockedException when someone else has it open
     * @throws LogCorruptException when its files contradict its checkpoint
     */
    public static FollowedLog open(Path directory, String origin) throws IOException {
        final LogStore store = LogStore.open(directory);
        try {
            final FollowedLog log = new FollowedLog(store, origin);
            log.recover();
            return log;
        } catch (IOException e) {
            store.close();
            throw e;
        }
    }

    private void recover() throws IOException {
        final LogFiles files = store.files();
        if (files.exists(LogFiles.IDENTITY)) {
            identity = files.identity();
        }
        final Tombstones buried = files.tombstones().orElse(null);
        if (!files.exists(LogFiles.CHECKPOINT)) {
            store.restart(buried); // nothing was ever copied
            return;
        }
        final Checkpoint last = Checkpoint.parse(files.checkpoint());
        if (identity == null || identity.signerOf(last).isEmpty()) {
            throw new LogCorruptException(files.directory() + " has a checkpoint that its log did not sign");
        }
        if (buried != null && buried.pruned() >= last.size()) {
            store.restart(buried); // it was about to begin anew behind what has expired
            return;
        }
        store.recover(last, buried);
    }

    /**
     * Catches up with the log.
     *
     * @param witnesses keys that have to have cosigned the checkpoint
     * @param progress told how many entries the copy has, now and then
     * @throws IOException when the source or the disk fails; the copy is then as it was
     */
    public FollowResult follow(Source source, Collection<VerifierKey> witnesses, LongConsumer progress)
            throws IOException {
        final long before = store.size();
        try {
            final Optional<Contradicted> contradicted = lasting(source, witnesses, progress);
            return contradicted.isPresent()
                    ? contradicted.get()
                    : new FollowResult.Current(
                            Optional.ofNullable(store.checkpoint()).orElseThrow(),
                            store.size() - Math.max(before, store.pruned()));
        } finally {
            store.rollBack();
        }
    }

    /** A contradiction that is none but that more has expired while the copy was made is gone at the next try. */
    private Optional<Contradicted> lasting(Source source, Collection<VerifierKey> witnesses, LongConsumer progress)
            throws IOException {
        for (int tries = 1; ; tries++) {
            final Optional<Contradicted> found = contradicted(source, witnesses, progress);
            if (found.isEmpty() || tries == MAX_TRIES || !moreHasExpired(source)) {
                return found;
            }
            store.rollBack();
        }
    }

    private boolean moreHasExpired(Source source) throws IOException {
        try {
            return source.tombstones().map(Tombstones::pruned).orElse(0L) > announced;
        } catch (LogFormatException e) {
            return false;
        }
    }

    private Optional<Contradicted> contradicted(Source source, Collection<VerifierKey> witnesses, LongConsumer progress)
            throws IOException {
        final Checkpoint next;
        final LogIdentity claimed;
        try {
            next = Checkpoint.parse(source.get(LogFiles.CHECKPOINT));
            claimed = identity != null && identity.signerOf(next).isPresent()
                    ? identity
                    : LogIdentity.parse(source.get(LogFiles.IDENTITY));
        } catch (LogFormatException e) {
            return finding(Finding.Kind.MALFORMED, null, LogFiles.CHECKPOINT, String.valueOf(e.getMessage()));
        }
        final Optional<Contradicted> signatures = checkSignatures(next, claimed, witnesses);
        if (signatures.isPresent()) {
            return signatures;
        }
        final Optional<Tombstones> buried;
        try {
            buried = source.tombstones();
        } catch (LogFormatException e) {
            return finding(Finding.Kind.MALFORMED, null, LogFiles.TOMBSTONES, String.valueOf(e.getMessage()));
        }
        announced = buried.map(Tombstones::pruned).orElse(0L);
        final Optional<Contradicted> tombstones = checkTombstones(buried, next, claimed, witnesses);
        if (tombstones.isPresent()) {
            return tombstones;
        }
        final Checkpoint held = store.checkpoint();
        final Optional<Contradicted> finding = held != null && next.size() <= held.size()
                ? compareWithPast(held, next, claimed)
                : append(source, next, claimed, buried, progress);
        if (finding.isEmpty() && buried.isPresent() && buried.get().pruned() > store.pruned()) {
            store.bury(buried.get());
        }
        return finding;
    }

    private Optional<Contradicted> checkTombstones(
            Optional<Tombstones> buried, Checkpoint next, LogIdentity claimed, Collection<VerifierKey> witnesses) {
        final Tombstones held = store.tombstones();
        if (held != null && !buried.map(now -> now.continues(held)).orElse(false)) {
            return finding(
                    Finding.Kind.TOMBSTONE,
                    null,
                    LogFiles.TOMBSTONES,
                    "the log says otherwise now about leaves that expired than it did before");
        }
        return buried.flatMap(now -> now.check(claimed, next.size(), witnesses, claimed.keys()).stream()
                .findFirst()
                .map(Contradicted::new));
    }

    /**
     * Begins behind what has expired, if the copy has not come as far as that. That the tree there is the log's, its key has signed:
     * the tombstones have been checked for that.
     */
    private Optional<Contradicted> skip(Source source, Tombstones buried, Checkpoint next) throws IOException {
        final long first = buried.pruned();
        final List<byte[]> edge = new ArrayList<>();
        for (int level = 0; LogPath.hashes(level, first) > 0; level++) {
            final LogPath at = LogPath.last(level, first);
            if (at.width() == 0) {
                edge.add(new byte[0]);
                continue;
            }
            final LogPath path = LogPath.inTree(level, at.index(), next.size());
            final byte[] tile;
            try {
                tile = tile(source, path);
            } catch (NoSuchFileException e) {
                return finding(Finding.Kind.MISSING, null, path.toString(), "missing");
            }
            final byte[] before = Arrays.copyOf(tile, at.width() * Hash.LENGTH);
            if (store.files().exists(at.toString()) && !store.files().holds(at, before)) {
                return finding(Finding.Kind.HISTORY, null, path.toString(), "it is not the tile that it was before");
            }
            edge.add(before);
        }
        final LogStore.Staged staged = store.stageFrom(first, edge);
        if (!staged.root().equals(buried.all().getLast().day().rootHash())) {
            return finding(
                    Finding.Kind.TILE_ALTERED,
                    null,
                    LogFiles.TOMBSTONES,
                    "the tiles do not lead to the root of the " + first + " leaves that expired");
        }
        store.write(staged);
        store.advance(staged);
        return Optional.empty();
    }

    private Optional<Contradicted> checkSignatures(
            Checkpoint next, LogIdentity claimed, Collection<VerifierKey> witnesses) {
        if (!next.origin().equals(origin) || !claimed.current().name().equals(origin)) {
            return finding(Finding.Kind.IDENTITY, null, LogFiles.CHECKPOINT, "it is of " + next.origin());
        }
        if (identity == null ? !claimed.isChainFrom(0) : !claimed.continues(identity)) {
            return finding(
                    Finding.Kind.SIGNATURE,
                    null,
                    LogFiles.CHECKPOINT,
                    "it is not signed by " + (identity == null ? claimed : identity).current()
                            + ", nor by one that this key handed over to");
        }
        if (claimed.signerOf(next).isEmpty()) {
            return finding(
                    Finding.Kind.SIGNATURE, null, LogFiles.CHECKPOINT, "it is not signed by " + claimed.current());
        }
        for (final VerifierKey witness : witnesses) {
            if (!next.note().verify(List.of(witness)).holds()) {
                return finding(
                        Finding.Kind.COSIGNATURE, null, LogFiles.CHECKPOINT, witness.name() + " has not cosigned");
            }
        }
        return Optional.empty();
    }

    private Optional<Contradicted> compareWithPast(Checkpoint held, Checkpoint next, LogIdentity claimed)
            throws IOException {
        final boolean known = next.size() == 0 || next.size() >= store.pruned();
        final Optional<Contradiction.Fork> fork = known ? store.tiles().fork(next) : Optional.empty();
        if (fork.isPresent()) {
            final Contradiction contradiction = Contradiction.fork(held, next, claimed, fork.get());
            return Optional.of(new Contradicted(
                    new Finding(Finding.Kind.HISTORY, null, LogFiles.CHECKPOINT, contradiction.message()),
                    Optional.of(contradiction)));
        }
        return next.size() == held.size()
                ? Optional.empty()
                : finding(
                        Finding.Kind.HISTORY,
                        null,
                        LogFiles.CHECKPOINT,
                        "the log has " + next.size() + " leaves now, and had " + held.size() + " before");
    }

    private Optional<Contradicted> append(
            Source source, Checkpoint next, LogIdentity claimed, Optional<Tombstones> buried, LongConsumer progress)
            throws IOException {
        final boolean begins = buried.isPresent() && buried.get().pruned() > store.size();
        if (begins) {
            final Optional<Contradicted> broken = skip(source, buried.get(), next);
            if (broken.isPresent()) {
                return broken;
            }
        }
        final long from = store.size();
        LogStore.Staged staged = store.stage(List.of());
        while (store.size() < next.size()) {
            final List<byte[]> chunk = new ArrayList<>();
            final Optional<Contradicted> broken = fetch(source, next.size(), chunk);
            if (broken.isPresent()) {
                return broken;
            }
            staged = store.stage(chunk);
            store.write(staged);
            store.advance(staged);
            progress.accept(store.size());
        }
        if (!staged.root().equals(next.rootHash())) {
            return blame(source, from, next);
        }
        final TreeTiles tiles = new TreeTiles(store.files(), next.size()); // they are written, and not referred to yet
        for (final KeySuccession succession : claimed.successions()) {
            if (succession.index() >= from
                    && succession.index() < next.size()
                    && tiles.fork(succession.at()).isPresent()) {
                return finding(
                        Finding.Kind.SIGNATURE,
                        succession.index(),
                        LogFiles.IDENTITY,
                        "the key handed over at another tree than the leaves before lead to");
            }
        }
        if (!claimed.equals(identity)) {
            store.files().replace(LogFiles.IDENTITY, claimed.bytes());
            identity = claimed;
        }
        if (begins) {
            store.announce(buried.get());
        }
        store.publish(staged, next);
        store.prune();
        return Optional.empty();
    }

    /** Fetches what follows the last entry of the copy, as whole bundles. */
    private Optional<Contradicted> fetch(Source source, long size, List<byte[]> into) throws IOException {
        long next = store.size();
        long bytes = 0;
        while (next < size && bytes < CHUNK_BYTES) {
            final LogPath path = LogPath.inTree(LogPath.ENTRIES, next / LogPath.FULL, size);
            try {
                final EntryBundle bundle = bundle(source, path);
                for (int i = (int) (next % LogPath.FULL); i < bundle.width(); i++) {
                    final byte[] entry = bundle.entry(i);
                    if (entry.length == 0) {
                        return finding(Finding.Kind.MALFORMED, next, path.toString(), "leaf " + next + " is empty");
                    }
                    into.add(entry);
                    bytes += entry.length;
                    next++;
                }
            } catch (EntryBundle.Broken e) {
                return finding(
                        Finding.Kind.MALFORMED,
                        path.firstHash() + e.entry(),
                        path.toString(),
                        String.valueOf(e.getMessage()));
            } catch (NoSuchFileException e) {
                return finding(Finding.Kind.MISSING, path.firstHash(), path.toString(), "missing");
            }
        }
        return Optional.empty();
    }

    /** The full bundle takes the place of a partial one as the log grows. */
    private static EntryBundle bundle(Source source, LogPath path) throws IOException {
        try {
            return EntryBundle.parse(source.get(path.toString()), path.width(), true);
        } catch (NoSuchFileException e) {
            if (path.isFull()) {
                throw e;
            }
            return EntryBundle.parse(source.get(path.full().toString()), path.width(), false);
        }
    }

    /** The entries do not lead to the root: the tiles that are published beside them tell which one is at fault. */
    private Optional<Contradicted> blame(Source source, long from, Checkpoint next) throws IOException {
        for (long index = from / LogPath.FULL; index * LogPath.FULL < next.size(); index++) {
            final LogPath path = LogPath.inTree(LogPath.ENTRIES, index, next.size());
            final EntryBundle bundle = store.files().bundle(path);
            final byte[] tile;
            try {
                tile = tile(source, LogPath.inTree(0, index, next.size()));
            } catch (NoSuchFileException e) {
                break; // then no tile can tell
            }
            for (int i = (int) Math.max(0, from - path.firstHash());
                    i < path.width() && (i + 1) * Hash.LENGTH <= tile.length;
                    i++) {
                if (!bundle.leafHash(i).isAt(tile, i * Hash.LENGTH)) {
                    final long leaf = path.firstHash() + i;
                    return finding(
                            Finding.Kind.ENTRY_ALTERED,
                            leaf,
                            path.toString(),
                            "leaf " + leaf + " hashes to " + bundle.leafHash(i) + "; its tile states "
                                    + Hash.at(tile, i * Hash.LENGTH));
                }
            }
        }
        return finding(
                Finding.Kind.ROOT_MISMATCH,
                null,
                LogFiles.CHECKPOINT,
                "the entries from " + from + " on do not lead to the root of " + next.size() + " leaves, "
                        + next.rootHash());
    }

    private static byte[] tile(Source source, LogPath path) throws IOException {
        try {
            return source.get(path.toString());
        } catch (NoSuchFileException e) {
            if (path.isFull()) {
                throw e;
            }
            return source.get(path.full().toString());
        }
    }

    private static Optional<Contradicted> finding(Finding.Kind kind, @Nullable Long leaf, String file, String message) {
        return Optional.of(new Contradicted(new Finding(kind, leaf, file, message)));
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
