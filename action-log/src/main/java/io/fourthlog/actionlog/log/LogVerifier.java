package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks every byte of a log's directory against its checkpoint, and names what does not hold.
 *
 * <p>The directory is hostile: whatever stands in it becomes a {@link Finding}, never an exception, and no work is done
 * that the files there do not pay for in bytes. What is trusted are the keys alone.
 */
public final class LogVerifier {

    private final LogFiles files;
    private final boolean events;
    private final LongConsumer progress;
    private final Findings findings = new Findings();

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
            final TreeVerifier tree = new TreeVerifier(files, checkpoint, tombstones, events, findings);
            tree.verify(progress);
            checkSuccessions(identity, checkpoint, first(tombstones), tree.successions());
        }
        final OtherFiles others =
                new OtherFiles(files, checkpoint == null ? 0 : checkpoint.size(), first(tombstones), findings);
        others.check();
        return new VerificationReport(
                checkpoint == null ? null : checkpoint.origin(),
                checkpoint == null ? 0 : checkpoint.size(),
                checkpoint == null ? null : checkpoint.rootHash(),
                signers,
                findings.report(),
                tombstones == null ? List.of() : tombstones.all(),
                others.beyond());
    }

    /** Index of the first leaf that has not expired. */
    private static long first(@Nullable Tombstones tombstones) {
        return tombstones == null ? 0 : tombstones.pruned();
    }

    private @Nullable Checkpoint readCheckpoint() {
        try {
            return Checkpoint.parse(files.checkpoint());
        } catch (IOException e) {
            findings.unreadable(LogFiles.CHECKPOINT, null, e);
            return null;
        }
    }

    private List<VerifierKey> checkSignatures(Checkpoint checkpoint, List<VerifierKey> trusted) {
        final Note.Verification verification = checkpoint.note().verify(trusted);
        for (final VerifierKey key : verification.invalid()) {
            findings.add(kind(key), null, LogFiles.CHECKPOINT, "the signature of " + key + " does not verify");
        }
        final List<VerifierKey> valid = verification.valid();
        if (valid.stream()
                .noneMatch(
                        key -> key.type() == SignatureType.ED25519 && key.name().equals(checkpoint.origin()))) {
            findings.add(
                    Finding.Kind.SIGNATURE,
                    null,
                    LogFiles.CHECKPOINT,
                    "no trusted key of " + checkpoint.origin() + " has signed the checkpoint");
        }
        for (final VerifierKey key : trusted) {
            if (key.type().isCosignature()
                    && !valid.contains(key)
                    && !verification.invalid().contains(key)) {
                findings.add(Finding.Kind.COSIGNATURE, null, LogFiles.CHECKPOINT, key.name() + " has not cosigned");
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
                findings.add(
                        Finding.Kind.IDENTITY,
                        null,
                        LogFiles.IDENTITY,
                        "the origin is " + identity.origin() + ", that of the checkpoint " + checkpoint.origin());
            }
            if (identity.signerOf(checkpoint).isEmpty()) {
                findings.add(Finding.Kind.IDENTITY, null, LogFiles.IDENTITY, "its keys have not signed the checkpoint");
            }
            return identity;
        } catch (IOException e) {
            findings.unreadable(LogFiles.IDENTITY, null, e);
            return null;
        }
    }

    /** What says which leaves expired, if it is to be believed. */
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
            wrong.forEach(findings::add);
            return wrong.stream().anyMatch(finding -> finding.kind() == Finding.Kind.TOMBSTONE) ? null : tombstones;
        } catch (IOException e) {
            findings.unreadable(LogFiles.TOMBSTONES, null, e);
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
    private void checkSuccessions(
            @Nullable LogIdentity identity, Checkpoint checkpoint, long first, Map<Long, KeySuccession> inLog) {
        if (identity == null) {
            return;
        }
        if (!identity.isChainFrom(0)) {
            findings.add(Finding.Kind.IDENTITY, null, LogFiles.IDENTITY, "a key did not hand over to the one after it");
        }
        final Map<Long, KeySuccession> unstated = new TreeMap<>(inLog);
        final boolean treeHolds = findings.isEmpty();
        for (final KeySuccession stated : identity.successions()) {
            final long leaf = stated.index();
            final KeySuccession there = unstated.remove(leaf);
            if (leaf < first) {
                continue; // it has expired, and with it the tree that it could be compared with
            }
            if (leaf >= checkpoint.size()) {
                findings.add(
                        Finding.Kind.HISTORY,
                        null,
                        LogFiles.CHECKPOINT,
                        "the log has " + checkpoint.size() + " leaves, and had " + leaf
                                + " when its key handed over to " + stated.next()
                                + ": it was cut off, or is a copy that is not there yet");
            } else if (treeHolds && !stated.equals(there)) {
                findings.add(
                        Finding.Kind.HISTORY,
                        leaf,
                        LogFiles.IDENTITY,
                        "leaf " + leaf + " is not how the key handed over to " + stated.next());
            } else if (treeHolds) {
                checkTree(stated, checkpoint.size());
            }
        }
        unstated.forEach((leaf, unknown) -> findings.add(
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
                findings.add(
                        Finding.Kind.HISTORY,
                        succession.index(),
                        LogFiles.CHECKPOINT,
                        "the first " + succession.index() + " leaves are others than those that the key before "
                                + succession.next() + " signed");
            }
        } catch (IOException e) {
            findings.unreadable("", succession.index(), e);
        }
    }
}
