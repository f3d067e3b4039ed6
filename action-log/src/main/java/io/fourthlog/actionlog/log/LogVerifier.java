package io.fourthlog.actionlog.log;

import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.SealedEvent;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks every byte of a log's directory against its checkpoint, and names what does not hold.
 *
 * <p>The directory is hostile: whatever stands in it becomes a {@link Finding}, never an exception, and no work is done
 * that the files there do not pay for in bytes. What is trusted are the keys alone.
 *
 * <p>Each leaf is known twice over, hashed from its entry and as its tile states it. From the first that is not the same
 * both trees are grown. The one that leads to the signed root is right, so a difference names what was altered, and where.
 */
public final class LogVerifier {

    private static final int MAX_FINDINGS = 1_000;

    private final LogFiles files;
    private final boolean events;
    private final LongConsumer progress;
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> beyond = new ArrayList<>();
    private final Map<Long, KeySuccession> successions = new TreeMap<>(); // as the leaves have them
    private long first; // index of the first leaf that has not expired
    private int dropped; // findings beyond the maximum

    private LogVerifier(Path directory, boolean events, LongConsumer progress) {
        this.files = new LogFiles(directory);
        this.events = events;
        this.progress = progress;
    }

    /**
     * Verifies a log.
     *
     * @param trusted the keys of the log, at least one of which has to have signed the checkpoint, and of witnesses, all
     *     of which have to have cosigned it
     */
    public static VerificationReport verify(Path directory, Collection<VerifierKey> trusted) {
        return new LogVerifier(directory, false, leaves -> {}).run(List.copyOf(trusted));
    }

    /** Verifies a log, and that each of its entries is an event in canonical form. */
    public static VerificationReport verifyEvents(Path directory, Collection<VerifierKey> trusted) {
        return verifyEvents(directory, trusted, leaves -> {});
    }

    /**
     * Verifies a log, and that each of its entries is an event in canonical form.
     *
     * @param progress told how many leaves were looked at, now and then
     */
    public static VerificationReport verifyEvents(
            Path directory, Collection<VerifierKey> trusted, LongConsumer progress) {
        return new LogVerifier(directory, true, progress).run(List.copyOf(trusted));
    }

    private VerificationReport run(List<VerifierKey> trusted) {
        final Checkpoint checkpoint = readCheckpoint();
        final List<VerifierKey> signers = new ArrayList<>();
        @Nullable Tombstones tombstones = null;
        if (checkpoint != null) {
            final LogIdentity identity = readIdentity(checkpoint);
            signers.addAll(checkSignatures(checkpoint, withSuccessors(trusted, identity, checkpoint.size())));
            tombstones = readTombstones(identity, checkpoint, trusted);
            new Leaves(checkpoint, tombstones).check();
            checkSuccessions(identity, checkpoint);
        }
        checkOtherFiles(checkpoint == null ? 0 : checkpoint.size());
        if (dropped > 0) {
            findings.add(new Finding(Finding.Kind.TRUNCATED, null, "", dropped + " more findings"));
        }
        return new VerificationReport(
                checkpoint == null ? null : checkpoint.origin(),
                checkpoint == null ? 0 : checkpoint.size(),
                checkpoint == null ? null : checkpoint.rootHash(),
                signers,
                findings,
                tombstones == null ? List.of() : tombstones.all(),
                beyond);
    }

    private @Nullable Checkpoint readCheckpoint() {
        try {
            return Checkpoint.parse(files.checkpoint());
        } catch (IOException e) {
            unreadable(LogFiles.CHECKPOINT, null, e);
            return null;
        }
    }

    private List<VerifierKey> checkSignatures(Checkpoint checkpoint, List<VerifierKey> trusted) {
        final Note.Verification verification = checkpoint.note().verify(trusted);
        for (final VerifierKey key : verification.invalid()) {
            found(kind(key), null, LogFiles.CHECKPOINT, "the signature of " + key + " does not verify");
        }
        final List<VerifierKey> valid = verification.valid();
        if (valid.stream()
                .noneMatch(
                        key -> key.type() == SignatureType.ED25519 && key.name().equals(checkpoint.origin()))) {
            found(
                    Finding.Kind.SIGNATURE,
                    null,
                    LogFiles.CHECKPOINT,
                    "no trusted key of " + checkpoint.origin() + " has signed the checkpoint");
        }
        for (final VerifierKey key : trusted) {
            if (key.type().isCosignature()
                    && !valid.contains(key)
                    && !verification.invalid().contains(key)) {
                found(Finding.Kind.COSIGNATURE, null, LogFiles.CHECKPOINT, key.name() + " has not cosigned");
            }
        }
        return valid;
    }

    private static Finding.Kind kind(VerifierKey key) {
        return switch (key.type()) {
            case ED25519 -> Finding.Kind.SIGNATURE;
            case COSIGNATURE, COSIGNATURE_ML_DSA_44 -> Finding.Kind.COSIGNATURE;
        };
    }

    private @Nullable LogIdentity readIdentity(Checkpoint checkpoint) {
        try {
            final LogIdentity identity = files.identity();
            if (!identity.origin().equals(checkpoint.origin())) {
                found(
                        Finding.Kind.IDENTITY,
                        null,
                        LogFiles.IDENTITY,
                        "the origin is " + identity.origin() + ", that of the checkpoint " + checkpoint.origin());
            }
            if (identity.signerOf(checkpoint).isEmpty()) {
                found(Finding.Kind.IDENTITY, null, LogFiles.IDENTITY, "its keys have not signed the checkpoint");
            }
            return identity;
        } catch (IOException e) {
            unreadable(LogFiles.IDENTITY, null, e);
            return null;
        }
    }

    /** What says which leaves expired, if it is to be believed; and sets from which leaf on they have to be there. */
    private @Nullable Tombstones readTombstones(
            @Nullable LogIdentity identity, Checkpoint checkpoint, List<VerifierKey> trusted) {
        try {
            final Tombstones tombstones = files.tombstones().orElse(null);
            if (tombstones == null || identity == null) {
                return null;
            }
            final List<VerifierKey> witnesses =
                    trusted.stream().filter(key -> key.type().isCosignature()).toList();
            final List<Finding> wrong =
                    tombstones.check(identity, checkpoint.size(), witnesses, vouchedFor(trusted, identity));
            wrong.forEach(this::found);
            if (wrong.stream().anyMatch(finding -> finding.kind() == Finding.Kind.TOMBSTONE)) {
                return null;
            }
            first = tombstones.pruned();
            return tombstones;
        } catch (IOException e) {
            unreadable(LogFiles.TOMBSTONES, null, e);
            return null;
        }
    }

    /** The log's keys that are trusted, or that one handed over to that is. */
    private static Set<VerifierKey> vouchedFor(List<VerifierKey> trusted, LogIdentity identity) {
        final Set<VerifierKey> vouched = new LinkedHashSet<>();
        for (int i = 0; i < identity.keys().size(); i++) {
            final VerifierKey key = identity.keys().get(i);
            final boolean handedOver = i > 0
                    && vouched.contains(identity.keys().get(i - 1))
                    && identity.successions().get(i - 1).isBy(identity.keys().get(i - 1));
            if (handedOver || trusted.contains(key)) {
                vouched.add(key);
            }
        }
        return vouched;
    }

    /** A trusted key vouches for those that it handed over to, and does not sign any more for what came after. */
    private static List<VerifierKey> withSuccessors(
            List<VerifierKey> trusted, @Nullable LogIdentity identity, long size) {
        if (identity == null || identity.successions().isEmpty()) {
            return trusted;
        }
        final List<VerifierKey> all = new ArrayList<>();
        trusted.stream().filter(key -> !identity.keys().contains(key)).forEach(all::add);
        final Set<VerifierKey> vouched = vouchedFor(trusted, identity);
        for (int i = 0; i < identity.keys().size(); i++) {
            final boolean inOffice = i == identity.successions().size()
                    || size <= identity.successions().get(i).index() + 1;
            if (vouched.contains(identity.keys().get(i)) && inOffice) {
                all.add(0, identity.keys().get(i));
            }
        }
        return all;
    }

    /** Whether the chain of keys in {@code log.json} is the one in the log, and each key signed the tree that is there. */
    private void checkSuccessions(@Nullable LogIdentity identity, Checkpoint checkpoint) {
        if (identity == null) {
            return;
        }
        if (!identity.isChainFrom(0)) {
            found(Finding.Kind.IDENTITY, null, LogFiles.IDENTITY, "a key did not hand over to the one after it");
        }
        final boolean treeHolds = findings.isEmpty();
        for (final KeySuccession stated : identity.successions()) {
            final long leaf = stated.index();
            final KeySuccession there = successions.remove(leaf);
            if (leaf < first) {
                continue; // it has expired, and with it the tree that it could be compared with
            }
            if (leaf >= checkpoint.size()) {
                found(
                        Finding.Kind.HISTORY,
                        null,
                        LogFiles.CHECKPOINT,
                        "the log has " + checkpoint.size() + " leaves, and had " + leaf
                                + " when its key handed over to " + stated.next()
                                + ": it was cut off, or is a copy that is not there yet");
            } else if (treeHolds && !stated.equals(there)) {
                found(
                        Finding.Kind.HISTORY,
                        leaf,
                        LogFiles.IDENTITY,
                        "leaf " + leaf + " is not how the key handed over to " + stated.next());
            } else if (treeHolds) {
                checkTree(stated, checkpoint.size());
            }
        }
        successions.forEach((leaf, unknown) -> found(
                Finding.Kind.IDENTITY,
                leaf,
                LogFiles.IDENTITY,
                "it does not say that the key handed over at leaf " + leaf));
    }

    private void checkTree(KeySuccession succession, long size) {
        try {
            final Hash root =
                    new TreeTiles(files, size).range(succession.index()).root();
            if (!root.equals(succession.at().rootHash())) {
                found(
                        Finding.Kind.HISTORY,
                        succession.index(),
                        LogFiles.CHECKPOINT,
                        "the first " + succession.index() + " leaves are others than those that the key before "
                                + succession.next() + " signed");
            }
        } catch (IOException e) {
            unreadable("", succession.index(), e);
        }
    }

    /** The leaves of one checkpoint, as the entries have them and as the tiles state them. */
    private final class Leaves {

        private final Checkpoint checkpoint;
        private final @Nullable Tombstones tombstones;
        private Tree fromEntries = new Tree(0, List.of());
        private @Nullable Tree fromTiles; // from the first leaf on that the tiles state otherwise
        private final List<Difference> differences = new ArrayList<>();

        private Leaves(Checkpoint checkpoint, @Nullable Tombstones tombstones) {
            this.checkpoint = checkpoint;
            this.tombstones = tombstones;
        }

        void check() {
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
                unreadable("", first, e);
                return false;
            }
            final Hash root = fromEntries.builder.range().root();
            final Hash buried = tombstones == null
                    ? MerkleTree.emptyRoot()
                    : tombstones.all().getLast().day().rootHash();
            if (!root.equals(buried)) {
                found(
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
                found(
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
                    lingers(bundlePath.firstHash() + i, bundlePath);
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
                    found(
                            Finding.Kind.MISSING,
                            bundlePath.firstHash() + i,
                            bundlePath.toString(),
                            "leaf " + (bundlePath.firstHash() + i)
                                    + " is gone, and no tombstone says that it has expired");
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
            if (differences.size() < MAX_FINDINGS) {
                differences.add(difference);
            } else {
                dropped++;
            }
        }

        private boolean isMissing(LogPath path) {
            return !files.exists(path.toString()) && !files.exists(path.full().toString());
        }

        private byte @Nullable [] readTile(LogPath path) {
            try {
                return files.tile(path);
            } catch (IOException e) {
                unreadable(path.toString(), null, e);
                return null;
            }
        }

        private @Nullable EntryBundle readBundle(LogPath path, byte @Nullable [] tile) {
            try {
                return files.bundle(path);
            } catch (EntryBundle.Broken e) {
                found(
                        Finding.Kind.MALFORMED,
                        path.firstHash() + firstAltered(e, tile, (int) Math.max(0, first - path.firstHash())),
                        path.toString(),
                        e.getMessage());
                return null;
            } catch (IOException e) {
                unreadable(path.toString(), path.firstHash(), e);
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
                stated.above.forEach(LogVerifier.this::found);
            } else if (fromEntries.leadsTo(checkpoint.rootHash())) {
                differences.forEach(this::tileAltered);
                fromEntries.above.forEach(LogVerifier.this::found);
            } else {
                differences.forEach(difference -> entryAltered(
                        difference, "hashes to " + difference.entry() + "; its tile states " + difference.tile()));
                final Tree whole = fromEntries.whole ? fromEntries : stated;
                whole.above.forEach(LogVerifier.this::found);
                if (whole.whole) {
                    found(
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
            found(
                    Finding.Kind.ENTRY_ALTERED,
                    difference.leaf(),
                    path.toString(),
                    "leaf " + difference.leaf() + " " + message);
        }

        private void tileAltered(Difference difference) {
            found(
                    Finding.Kind.TILE_ALTERED,
                    difference.leaf(),
                    pathOf(0, difference).toString(),
                    "states " + difference.tile() + " for leaf " + difference.leaf() + ", which hashes to "
                            + difference.entry());
        }

        private LogPath pathOf(int level, Difference difference) {
            return LogPath.inTree(level, difference.leaf() / LogPath.FULL, checkpoint.size());
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
            if (path.level() == 0 || !whole || above.size() > MAX_FINDINGS) {
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
                above.add(unreadableFinding(path.toString(), null, e));
            }
        }
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
                found(Finding.Kind.EVENT, leaf, path.toString(), "leaf " + leaf + " is an event, but not canonical");
            }
        } catch (EventFormatException e) {
            found(Finding.Kind.EVENT, leaf, path.toString(), "leaf " + leaf + " is no event: " + e.getMessage());
        }
    }

    /** Looks at what {@link Leaves} had no need of: partial files of earlier checkpoints, and strangers. */
    private void checkOtherFiles(long size) {
        try {
            for (final String name : files.names()) {
                switch (name) {
                    case LogFiles.CHECKPOINT,
                            LogFiles.IDENTITY,
                            LogFiles.TOMBSTONES,
                            WitnessedDays.FILE,
                            LogFiles.LOCK,
                            Journal.FILE,
                            LogPath.TILES -> {}
                    case LogFiles.CHECKPOINT + LogFiles.TEMPORARY,
                            LogFiles.IDENTITY + LogFiles.TEMPORARY,
                            LogFiles.TOMBSTONES + LogFiles.TEMPORARY,
                            WitnessedDays.FILE + LogFiles.TEMPORARY,
                            LogFiles.REWRITTEN -> beyond.add(name);
                    default -> found(Finding.Kind.UNEXPECTED, null, name, "no log has such a file");
                }
            }
            files.forEachInTree(name -> checkOtherFile(name, size));
        } catch (IOException e) {
            unreadable("", null, e);
        }
    }

    private void checkOtherFile(String name, long size) {
        final LogPath path = LogPath.parse(name).orElse(null);
        if (path == null) {
            found(Finding.Kind.UNEXPECTED, null, name, "no log has such a file");
        } else if (path.endOfLeaves() > size) {
            beyond.add(name);
        } else if (path.full().endOfLeaves() <= first) {
            found(Finding.Kind.LINGERING, null, name, "all of it has expired, and it is still there");
        } else if (!path.equals(LogPath.inTree(path.level(), path.index(), size))) {
            checkSuperseded(path, LogPath.inTree(path.level(), path.index(), size));
        }
    }

    /**
     * A partial file of an earlier checkpoint has to be the beginning of the one that took its place. When that one does
     * not hold itself, a difference would not tell which of them is wrong.
     */
    private void checkSuperseded(LogPath path, LogPath successor) {
        if (findings.stream().anyMatch(finding -> finding.file().equals(successor.toString()))) {
            return;
        }
        try {
            if (path.isEntries()) {
                checkSuperseded(path, files.bundle(path), files.bundle(successor));
                return;
            }
            final byte[] earlier = files.tile(path);
            final byte[] later = files.tile(successor);
            final int mismatch = Arrays.mismatch(earlier, later);
            if (mismatch >= 0 && mismatch < earlier.length) {
                found(
                        Finding.Kind.TILE_ALTERED,
                        path.level() == 0 ? path.firstHash() + mismatch / Hash.LENGTH : null,
                        path.toString(),
                        "hash " + mismatch / Hash.LENGTH + " is not that of " + successor);
            }
        } catch (EntryBundle.Broken e) {
            found(Finding.Kind.MALFORMED, path.firstHash() + e.entry(), path.toString(), e.getMessage());
        } catch (NoSuchFileException e) {
            // A writer drops superseded files while we look, and a successor that is missing has been reported.
        } catch (IOException e) {
            unreadable(path.toString(), null, e);
        }
    }

    private void checkSuperseded(LogPath path, EntryBundle earlier, EntryBundle later) {
        final int start = (int) Math.min(earlier.width(), Math.max(0, first - path.firstHash()));
        for (int i = 0; i < start; i++) {
            if (!earlier.isEmpty(i)) {
                lingers(path.firstHash() + i, path);
            }
        }
        for (int i = start; i < earlier.width(); i++) {
            if (!earlier.leafHash(i).equals(later.leafHash(i))) {
                found(
                        Finding.Kind.ENTRY_ALTERED,
                        path.firstHash() + i,
                        path.toString(),
                        "leaf " + (path.firstHash() + i) + " is another than in the larger bundle");
            }
        }
    }

    private void lingers(long leaf, LogPath path) {
        found(
                Finding.Kind.LINGERING,
                leaf,
                path.toString(),
                "leaf " + leaf + " has expired, and its entry is still there");
    }

    private void unreadable(String file, @Nullable Long leaf, IOException e) {
        found(unreadableFinding(file, leaf, e));
    }

    private static Finding unreadableFinding(String file, @Nullable Long leaf, IOException e) {
        return e instanceof NoSuchFileException
                ? new Finding(Finding.Kind.MISSING, leaf, file, "missing")
                : new Finding(Finding.Kind.MALFORMED, leaf, file, String.valueOf(e.getMessage()));
    }

    private void found(Finding.Kind kind, @Nullable Long leaf, String file, @Nullable String message) {
        found(new Finding(kind, leaf, file, String.valueOf(message)));
    }

    private void found(Finding finding) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add(finding);
        } else {
            dropped++;
        }
    }
}
