package io.fourthlog.actionlog.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A reader's copy of a log that someone else publishes: fetches the entries that are new, makes the tree of them itself,
 * and keeps them only when they lead from what it has to a checkpoint that the log's key has signed.
 *
 * <p>The first key that a log comes with is pinned in {@code log.json}; later ones it has to have handed over to.
 */
public final class FollowedLog implements Closeable {

    private static final int CHUNK_BYTES = 8 << 20; // of entries in memory, about

    private final LogStore store;
    private final String origin;
    private @Nullable LogIdentity identity;

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
        if (!files.exists(LogFiles.CHECKPOINT)) {
            return; // nothing was ever copied
        }
        final Checkpoint last = Checkpoint.parse(files.checkpoint());
        if (identity == null || identity.signerOf(last).isEmpty()) {
            throw new LogCorruptException(files.directory() + " has a checkpoint that its log did not sign");
        }
        store.recover(last);
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
            return contradiction(source, witnesses, progress)
                    .<FollowResult>map(FollowResult.Contradicted::new)
                    .orElseGet(() -> new FollowResult.Current(
                            Optional.ofNullable(store.checkpoint()).orElseThrow(), store.size() - before));
        } finally {
            store.rollBack();
        }
    }

    private Optional<Finding> contradiction(Source source, Collection<VerifierKey> witnesses, LongConsumer progress)
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
        final Optional<Finding> signatures = checkSignatures(next, claimed, witnesses);
        if (signatures.isPresent()) {
            return signatures;
        }
        final Checkpoint held = store.checkpoint();
        if (held != null && next.size() <= held.size()) {
            return compareWithPast(held, next);
        }
        return append(source, next, claimed, progress);
    }

    private Optional<Finding> checkSignatures(Checkpoint next, LogIdentity claimed, Collection<VerifierKey> witnesses) {
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

    private static Optional<Finding> compareWithPast(Checkpoint held, Checkpoint next) {
        if (next.size() < held.size()) {
            return finding(
                    Finding.Kind.HISTORY,
                    null,
                    LogFiles.CHECKPOINT,
                    "the log has " + next.size() + " leaves now, and had " + held.size() + " before");
        }
        return next.rootHash().equals(held.rootHash())
                ? Optional.empty()
                : finding(
                        Finding.Kind.HISTORY,
                        null,
                        LogFiles.CHECKPOINT,
                        "the log has signed two trees of " + held.size() + " leaves: " + held.rootHash()
                                + " before, and now " + next.rootHash());
    }

    private Optional<Finding> append(Source source, Checkpoint next, LogIdentity claimed, LongConsumer progress)
            throws IOException {
        final long from = store.size();
        LogStore.Staged staged = store.stage(List.of());
        while (store.size() < next.size()) {
            final List<byte[]> chunk = new ArrayList<>();
            final Optional<Finding> broken = fetch(source, next.size(), chunk);
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
        if (!claimed.equals(identity)) {
            store.files().replace(LogFiles.IDENTITY, claimed.bytes());
            identity = claimed;
        }
        store.publish(staged, next);
        return Optional.empty();
    }

    /** Fetches what follows the last entry of the copy, as whole bundles. */
    private Optional<Finding> fetch(Source source, long size, List<byte[]> into) throws IOException {
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
    private Optional<Finding> blame(Source source, long from, Checkpoint next) throws IOException {
        for (long index = from / LogPath.FULL; index * LogPath.FULL < next.size(); index++) {
            final LogPath path = LogPath.inTree(LogPath.ENTRIES, index, next.size());
            final EntryBundle bundle = store.files().bundle(path);
            final byte[] tile;
            try {
                tile = tile(source, LogPath.inTree(0, index, next.size()));
            } catch (NoSuchFileException e) {
                break; // then no tile can tell
            }
            for (int i = 0; i < path.width() && (i + 1) * Hash.LENGTH <= tile.length; i++) {
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

    private static Optional<Finding> finding(Finding.Kind kind, @Nullable Long leaf, String file, String message) {
        return Optional.of(new Finding(kind, leaf, file, message));
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
