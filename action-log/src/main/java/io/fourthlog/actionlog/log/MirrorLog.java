package io.fourthlog.actionlog.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A witness's copy of someone else's log: the collector's of a sensor's. It takes entries only with a checkpoint that
 * they lead to and that continues the one before, and cosigns it (C2SP tlog-cosignature).
 *
 * <p>The first key that a log comes with is pinned in {@code log.json}; later ones it has to have handed over to.
 */
public final class MirrorLog implements Closeable {

    private final LogStore store;
    private final SigningKey witness;
    private final List<SigningKey> others; // keys of the same witness that cosign as well
    private final List<OtherWitness> elsewhere;
    private final Clock clock;
    private @Nullable LogIdentity identity;

    private MirrorLog(
            LogStore store, SigningKey witness, List<SigningKey> others, List<OtherWitness> elsewhere, Clock clock) {
        this.store = store;
        this.witness = witness;
        this.others = List.copyOf(others);
        this.elsewhere = List.copyOf(elsewhere);
        this.clock = clock;
    }

    /**
     * Opens a mirror, or makes an empty one.
     *
     * @param witness a key of {@link SigningKey#generateWitness}
     * @throws LogLockedException when another mirror has it open
     * @throws LogCorruptException when its files contradict its checkpoint, or it was not cosigned with this key
     */
    public static MirrorLog open(Path directory, SigningKey witness, Clock clock) throws IOException {
        return open(directory, witness, List.of(), List.of(), clock);
    }

    /**
     * Opens a mirror, or makes an empty one, whose checkpoints are cosigned with several keys.
     *
     * @param witness a key of {@link SigningKey#generateWitness}, which has cosigned the checkpoint that is found
     * @param others cosign what is accepted from now on: {@link SigningKey#generateMlDsaWitness}
     * @param elsewhere are asked for cosignatures of what is accepted from now on
     * @throws LogLockedException when another mirror has it open
     * @throws LogCorruptException when its files contradict its checkpoint, or it was not cosigned with this key
     */
    public static MirrorLog open(
            Path directory, SigningKey witness, List<SigningKey> others, List<OtherWitness> elsewhere, Clock clock)
            throws IOException {
        witness.require(SignatureType.COSIGNATURE);
        final LogStore store = LogStore.open(directory);
        try {
            final MirrorLog mirror = new MirrorLog(store, witness, others, elsewhere, clock);
            mirror.recover();
            return mirror;
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
            return; // nothing was ever accepted
        }
        final Checkpoint last = Checkpoint.parse(files.checkpoint());
        if (identity == null
                || identity.signerOf(last).isEmpty()
                || !last.note().verify(List.of(witness.verifierKey())).holds()) {
            throw new LogCorruptException(
                    files.directory() + " has a checkpoint that its log and this witness did not both sign");
        }
        store.recover(last);
    }

    /** What opening the mirror had to put right. */
    public Recovery recovered() {
        return store.recovery();
    }

    /** How many entries it has. */
    public synchronized long size() {
        return store.size();
    }

    /** The last checkpoint, with its cosignature; none before the first. */
    public synchronized Optional<Checkpoint> checkpoint() {
        return Optional.ofNullable(store.checkpoint());
    }

    /**
     * Takes entries that lead to a checkpoint. Entries that the mirror has already are passed over, so a log whose
     * answer got lost can send the same again.
     *
     * @param firstIndex the index of the first entry
     * @param entries the entries from there up to the checkpoint's size
     * @param offered the checkpoint, signed by the log
     * @param key the log's key
     */
    public AcceptResult accept(long firstIndex, List<byte[]> entries, Note offered, VerifierKey key)
            throws IOException {
        return accept(firstIndex, entries, offered, key, List.of());
    }

    /**
     * Takes entries that lead to a checkpoint, perhaps of a key that came into office since.
     *
     * @param firstIndex the index of the first entry
     * @param entries the entries from there up to the checkpoint's size
     * @param offered the checkpoint, signed by the log
     * @param from the log's key at {@code firstIndex}
     * @param successions how that key handed over to others from there on; the last of them has signed
     */
    public synchronized AcceptResult accept(
            long firstIndex, List<byte[]> entries, Note offered, VerifierKey from, List<KeySuccession> successions)
            throws IOException {
        final Checkpoint next;
        try {
            next = Checkpoint.parse(offered);
        } catch (LogFormatException e) {
            return new AcceptResult.Refused("not a checkpoint: " + e.getMessage());
        }
        final VerifierKey key =
                successions.isEmpty() ? from : successions.getLast().next();
        final LogIdentity claimed = (identity == null ? LogIdentity.of(from) : identity).following(successions);
        if (!claimed.current().equals(key) && firstIndex > store.size()) {
            return new AcceptResult.Stale(store.size()); // how it handed over comes with the entries before
        }
        final Optional<String> refusal = refusal(next, claimed, key, firstIndex, entries);
        if (refusal.isPresent()) {
            return new AcceptResult.Refused(refusal.get());
        }
        final Checkpoint held = store.checkpoint();
        if (held != null && next.size() <= held.size()) {
            return compareWithPast(held, next);
        }
        if (firstIndex < 0 || firstIndex > store.size()) {
            return new AcceptResult.Stale(store.size());
        }
        if (firstIndex + entries.size() != next.size()) {
            return new AcceptResult.Refused("the entries end at " + (firstIndex + entries.size())
                    + ", but the checkpoint is of size " + next.size());
        }
        return append(held, next, entries.subList((int) (store.size() - firstIndex), entries.size()), claimed);
    }

    private static Optional<String> refusal(
            Checkpoint next, LogIdentity claimed, VerifierKey key, long firstIndex, List<byte[]> entries) {
        if (!claimed.current().equals(key)) {
            return Optional.of("this log's key is " + claimed.current() + ", not " + key);
        }
        for (final KeySuccession succession : claimed.successions()) {
            final long at = succession.index() - firstIndex;
            if (at >= 0 && at < entries.size() && !Arrays.equals(entries.get((int) at), succession.entry())) {
                return Optional.of("leaf " + succession.index() + " is not how the key handed over there");
            }
        }
        if (key.type() != SignatureType.ED25519
                || !next.note().verify(List.of(key)).holds()) {
            return Optional.of("the checkpoint is not signed by " + key);
        }
        if (!next.origin().equals(key.name())) {
            return Optional.of("the checkpoint is of " + next.origin() + ", not of " + key.name());
        }
        if (entries.stream().anyMatch(entry -> entry.length == 0 || entry.length > EntryBundle.MAX_ENTRY)) {
            return Optional.of("an entry has 1 to " + EntryBundle.MAX_ENTRY + " bytes");
        }
        return Optional.empty();
    }

    /** A checkpoint of leaves that the mirror has already is an echo, or proof of a fork. */
    private AcceptResult compareWithPast(Checkpoint held, Checkpoint next) throws IOException {
        if (!store.tiles().range(next.size()).root().equals(next.rootHash())) {
            return new AcceptResult.Conflict(
                    AcceptResult.Conflict.Kind.FORK,
                    held.note(),
                    next.note(),
                    held.origin() + " signed another tree of size " + next.size() + " than the one that it has shown");
        }
        if (next.size() < held.size()) {
            return new AcceptResult.Stale(held.size());
        }
        return new AcceptResult.Accepted(held, signatureOf(witness.verifierKey(), held.note()));
    }

    private AcceptResult append(@Nullable Checkpoint held, Checkpoint next, List<byte[]> entries, LogIdentity claimed)
            throws IOException {
        final LogStore.Staged staged = store.stage(entries);
        if (!staged.root().equals(next.rootHash())) {
            return held == null
                    ? new AcceptResult.Refused("the entries do not lead to the checkpoint's root")
                    : new AcceptResult.Conflict(
                            AcceptResult.Conflict.Kind.ENTRIES,
                            held.note(),
                            next.note(),
                            "the entries from " + held.size() + " on do not lead to the root that " + held.origin()
                                    + " signed for size " + next.size());
        }
        if (!claimed.equals(identity)) {
            store.files().replace(LogFiles.IDENTITY, claimed.bytes());
            identity = claimed;
        }
        store.write(staged);
        final String text = next.note().text();
        final Instant now = clock.instant();
        final NoteSignature cosignature = witness.cosign(text, now);
        final List<NoteSignature> signatures =
                new ArrayList<>(List.of(signatureOf(claimed.current(), next.note()), cosignature));
        for (final SigningKey other : others) {
            signatures.add(other.cosign(text, now));
        }
        final Checkpoint signed =
                new Checkpoint(next.origin(), next.size(), next.rootHash(), new Note(text, signatures.subList(0, 1)));
        final TreeTiles tiles = new TreeTiles(store.files(), next.size()); // they are written, and not referred to yet
        for (final OtherWitness other : elsewhere) {
            signatures.addAll(other.cosign(signed, tiles::consistency));
        }
        final Checkpoint cosigned =
                new Checkpoint(next.origin(), next.size(), next.rootHash(), new Note(text, signatures));
        store.publish(staged, cosigned);
        return new AcceptResult.Accepted(cosigned, cosignature);
    }

    private static NoteSignature signatureOf(VerifierKey key, Note note) {
        return note.signatures().stream().filter(key::matches).findFirst().orElseThrow();
    }

    @Override
    public synchronized void close() throws IOException {
        store.close();
    }
}
