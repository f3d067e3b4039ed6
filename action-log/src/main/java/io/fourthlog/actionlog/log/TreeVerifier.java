package io.fourthlog.actionlog.log;

import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.SealedEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks the leaves of one checkpoint, as the entries have them and as the tiles state them, and the tiles above.
 *
 * <p>Each leaf is known twice over, hashed from its entry and as its tile states it. From the first that is not the same
 * both trees are grown. The one that leads to the signed root is right, so a difference names what was altered, and where.
 */
final class TreeVerifier {

    private final LogFiles files;
    private final Checkpoint checkpoint;
    private final @Nullable Tombstones tombstones;
    private final long first; // index of the first leaf that has not expired
    private final boolean events;
    private final Findings findings;
    private final SortedMap<Long, KeySuccession> successions = new TreeMap<>();
    private Tree fromEntries = new Tree(0, List.of());
    private @Nullable Tree fromTiles; // from the first leaf on that the tiles state otherwise
    private final List<Difference> differences = new ArrayList<>();

    /**
     * A tree.
     *
     * @param tombstones of leaves that have expired, which need not be there; {@code null} if none have
     * @param events whether each entry has to be an event in canonical form
     */
    TreeVerifier(
            LogFiles files, Checkpoint checkpoint, @Nullable Tombstones tombstones, boolean events, Findings findings) {
        this.files = files;
        this.checkpoint = checkpoint;
        this.tombstones = tombstones;
        this.first = tombstones == null ? 0 : tombstones.pruned();
        this.events = events;
        this.findings = findings;
    }

    /** How keys handed over, by leaf, as the leaves that were looked at have it. */
    SortedMap<Long, KeySuccession> successions() {
        return successions;
    }

    /** @param progress told how many leaves were looked at, now and then */
    void verify(LongConsumer progress) {
        if (first > 0 && !beginBehindExpired()) {
            return;
        }
        for (long index = first / LogPath.FULL; index * LogPath.FULL < checkpoint.size(); index++) {
            if (!checkBundle(index)) {
                return;
            }
            progress.accept(Math.min((index + 1) * LogPath.FULL, checkpoint.size()));
        }
        fromEntries.builder.finish();
        if (fromTiles != null) {
            fromTiles.builder.finish();
        }
        blame();
    }

    /** The tree of what expired is not grown, but is that of the hashes in the tiles that are left; false if there are none. */
    private boolean beginBehindExpired() {
        try {
            fromEntries = new Tree(first, new TreeTiles(files, checkpoint.size()).edge(first));
        } catch (IOException e) {
            findings.unreadable("", first, e);
            return false;
        }
        final Hash root = fromEntries.builder.range().root();
        final Hash buried = tombstones == null
                ? MerkleTree.emptyRoot()
                : tombstones.all().getLast().day().rootHash();
        if (!root.equals(buried)) {
            findings.add(
                    Finding.Kind.HISTORY,
                    null,
                    LogFiles.TOMBSTONES,
                    "the tiles make a tree of " + first + " leaves with the root " + root
                            + "; what expired had the root " + buried);
        }
        return true;
    }

    /** Grows both trees by a bundle and its tile; {@code false} when both are missing, as all that follow may be. */
    private boolean checkBundle(long index) {
        final LogPath bundlePath = LogPath.inTree(LogPath.ENTRIES, index, checkpoint.size());
        final LogPath tilePath = LogPath.inTree(0, index, checkpoint.size());
        if (isMissing(bundlePath) && isMissing(tilePath)) {
            findings.add(
                    Finding.Kind.MISSING,
                    bundlePath.firstHash(),
                    bundlePath.toString(),
                    "missing, and with it all leaves from " + bundlePath.firstHash() + " on");
            return false;
        }
        final byte[] tile = readTile(tilePath);
        final EntryBundle bundle = readBundle(bundlePath, tile);
        final int start = (int) Math.max(0, first - bundlePath.firstHash());
        for (int i = 0; i < start && bundle != null; i++) {
            if (!bundle.isEmpty(i)) {
                findings.lingers(bundlePath.firstHash() + i, bundlePath);
            }
        }
        for (int i = start; i < bundlePath.width(); i++) {
            final Hash computed = bundle == null || bundle.isEmpty(i) ? null : bundle.leafHash(i);
            if (fromTiles != null || tile == null || computed == null || !computed.isAt(tile, i * Hash.LENGTH)) {
                appendStated(
                        bundlePath.firstHash() + i, tile == null ? null : Hash.at(tile, i * Hash.LENGTH), computed);
            }
            fromEntries.append(computed);
            if (bundle != null && computed != null) {
                checkEntry(bundle, i, bundlePath);
            } else if (bundle != null) {
                findings.add(
                        Finding.Kind.MISSING,
                        bundlePath.firstHash() + i,
                        bundlePath.toString(),
                        "leaf " + (bundlePath.firstHash() + i) + " is gone, and no tombstone says that it has expired");
            }
        }
        return true;
    }

    /** The two trees part with the first leaf that is not the same in both, before it is added to either. */
    private void appendStated(long leaf, @Nullable Hash stated, @Nullable Hash computed) {
        if (fromTiles == null) {
            fromTiles = fromEntries.copy();
        }
        fromTiles.append(stated);
        if (stated != null && computed != null && !stated.equals(computed)) {
            differs(new Difference(leaf, computed, stated));
        }
    }

    private void differs(Difference difference) {
        if (differences.size() < Findings.MAX) {
            differences.add(difference);
        } else {
            findings.drop();
        }
    }

    private boolean isMissing(LogPath path) {
        return !files.exists(path.toString()) && !files.exists(path.full().toString());
    }

    private byte @Nullable [] readTile(LogPath path) {
        try {
            return files.tile(path);
        } catch (IOException e) {
            findings.unreadable(path.toString(), null, e);
            return null;
        }
    }

    private @Nullable EntryBundle readBundle(LogPath path, byte @Nullable [] tile) {
        try {
            return files.bundle(path);
        } catch (EntryBundle.Broken e) {
            findings.add(
                    Finding.Kind.MALFORMED,
                    path.firstHash() + firstAltered(e, tile, (int) Math.max(0, first - path.firstHash())),
                    path.toString(),
                    e.getMessage());
            return null;
        } catch (IOException e) {
            findings.unreadable(path.toString(), path.firstHash(), e);
            return null;
        }
    }

    /** An altered length moves all entries behind it, so the first that is wrong is earlier than the end shows. */
    private static int firstAltered(EntryBundle.Broken broken, byte @Nullable [] tile, int start) {
        final EntryBundle readable = broken.readable();
        int i = start;
        while (tile != null && i < readable.width() && readable.leafHash(i).isAt(tile, i * Hash.LENGTH)) {
            i++;
        }
        return tile == null ? broken.entry() : Math.min(i, broken.entry());
    }

    private void blame() {
        final Tree stated = fromTiles == null ? fromEntries : fromTiles;
        if (stated.leadsTo(checkpoint.rootHash())) {
            differences.forEach(difference -> entryAltered(
                    difference, "hashes to " + difference.entry() + "; the signed tree has " + difference.tile()));
            stated.above.forEach(findings::add);
        } else if (fromEntries.leadsTo(checkpoint.rootHash())) {
            differences.forEach(this::tileAltered);
            fromEntries.above.forEach(findings::add);
        } else {
            differences.forEach(difference -> entryAltered(
                    difference, "hashes to " + difference.entry() + "; its tile states " + difference.tile()));
            final Tree whole = fromEntries.whole ? fromEntries : stated;
            whole.above.forEach(findings::add);
            if (whole.whole) {
                findings.add(
                        Finding.Kind.ROOT_MISMATCH,
                        null,
                        LogFiles.CHECKPOINT,
                        "the root of " + checkpoint.size() + " leaves is "
                                + whole.builder.range().root() + ", not " + checkpoint.rootHash());
            }
        }
    }

    private void entryAltered(Difference difference, String message) {
        final LogPath path = pathOf(LogPath.ENTRIES, difference);
        findings.add(
                Finding.Kind.ENTRY_ALTERED,
                difference.leaf(),
                path.toString(),
                "leaf " + difference.leaf() + " " + message);
    }

    private void tileAltered(Difference difference) {
        findings.add(
                Finding.Kind.TILE_ALTERED,
                difference.leaf(),
                pathOf(0, difference).toString(),
                "states " + difference.tile() + " for leaf " + difference.leaf() + ", which hashes to "
                        + difference.entry());
    }

    private LogPath pathOf(int level, Difference difference) {
        return LogPath.inTree(level, difference.leaf() / LogPath.FULL, checkpoint.size());
    }

    private void checkEntry(EntryBundle bundle, int i, LogPath path) {
        final long leaf = path.firstHash() + i;
        if (!events && bundle.startsLikeAnEvent(i)) {
            return;
        }
        final byte[] entry = bundle.entry(i);
        final Optional<KeySuccession> succession = KeySuccession.parse(entry);
        if (succession.isPresent()) {
            successions.put(leaf, succession.get());
        } else if (events) {
            checkEvent(entry, leaf, path);
        }
    }

    private void checkEvent(byte[] entry, long leaf, LogPath path) {
        try {
            if (SealedEvent.looksSealed(entry)) {
                SealedEvent.parse(entry); // canonical as well; what is inside, whoever has the key checks
            } else if (!Arrays.equals(EventCodec.encode(EventCodec.decode(entry)), entry)) {
                findings.add(
                        Finding.Kind.EVENT, leaf, path.toString(), "leaf " + leaf + " is an event, but not canonical");
            }
        } catch (EventFormatException e) {
            findings.add(Finding.Kind.EVENT, leaf, path.toString(), "leaf " + leaf + " is no event: " + e.getMessage());
        }
    }

    /** A leaf whose entry does not have the hash that its tile states. */
    private record Difference(long leaf, Hash entry, Hash tile) {}

    /** A tree that is grown from leaf hashes; the tiles above level 0 are compared with what it makes. */
    private final class Tree {

        private final TileBuilder builder;
        private final List<Finding> above;
        private boolean whole;

        /** A tree whose first leaves are not grown, but known by the hashes that their tiles have. */
        private Tree(long size, List<byte[]> edge) {
            builder = new TileBuilder(CompactRange.ofEdge(size, edge), edge, this::check);
            above = new ArrayList<>();
            whole = true;
        }

        private Tree(Tree other) {
            builder = other.builder.copy(this::check);
            above = new ArrayList<>(other.above);
            whole = other.whole;
        }

        Tree copy() {
            return new Tree(this);
        }

        /** Adds a leaf; {@code null} for one that could not be read. */
        void append(@Nullable Hash leaf) {
            if (leaf == null) {
                whole = false;
            } else if (whole) {
                builder.append(leaf);
            }
        }

        boolean leadsTo(Hash root) {
            return whole && builder.range().root().equals(root);
        }

        private void check(LogPath path, byte[] hashes) {
            if (path.level() == 0 || !whole || above.size() > Findings.MAX) {
                return;
            }
            try {
                final byte[] stated = files.tile(path);
                for (int i = 0; i < path.width(); i++) {
                    final Hash hash = Hash.at(hashes, i * Hash.LENGTH);
                    if (!hash.isAt(stated, i * Hash.LENGTH)) {
                        above.add(new Finding(
                                Finding.Kind.TILE_ALTERED,
                                null,
                                path.toString(),
                                "hash " + i + " is " + Hash.at(stated, i * Hash.LENGTH) + ", not " + hash));
                    }
                }
            } catch (IOException e) {
                above.add(Findings.ofUnreadable(path.toString(), null, e));
            }
        }
    }
}
