package io.fourthlog.actionlog.log;

import static java.util.Objects.requireNonNull;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
    private WitnessedDays days = WitnessedDays.NONE;

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
        return open(directory, witness, others, elsewhere, clock, Disk.REAL, Journal.MIRROR_CAPACITY);
    }

    static MirrorLog open(
            Path directory,
            SigningKey witness,
            List<SigningKey> others,
            List<OtherWitness> elsewhere,
            Clock clock,
            Disk disk,
            int journalBytes)
            throws IOException {
        witness.require(SignatureType.COSIGNATURE);
        final LogStore store = LogStore.open(directory, disk, journalBytes);
        try {
            final MirrorLog mirror = new MirrorLog(store, witness, others, elsewhere, clock);
            mirror.recover();
            return mirror;
        } catch (IOException e) {
            store.close();
            throw e;
        }
    }

    /** Whether a mirror's files are what it was told last; if not, {@link #open} puts them right. */
    public static boolean wasClosed(Path directory) {
        return !new LogFiles(directory).exists(Journal.FILE);
    }

    private void recover() throws IOException {
        final LogFiles files = store.files();
        if (files.exists(LogFiles.IDENTITY)) {
            identity = files.identity();
        }
        final LogIdentity known = identity;
        final Checkpoint last = store.last(
                        each -> known != null
                                && known.signerOf(each).isPresent()
                                && each.note()
                                        .verify(List.of(witness.verifierKey()))
                                        .holds(),
                        "its log and this witness")
                .orElse(null);
        if (last == null || known == null) {
            if (files.exists(WitnessedDays.FILE) || files.exists(LogFiles.TOMBSTONES)) {
                throw new LogCorruptException(
                        files.directory() + " has days that are over, but no checkpoint: put that back from a backup");
            }
            store.restart(null); // nothing was ever accepted
            return;
        }
        final Tombstones tombstones = files.tombstones().orElse(null);
        if (tombstones != null) {
            LogCorruptException.unless(
                    tombstones.check(known, last.size(), List.of(witness.verifierKey()), List.of()), files.directory());
        }
        store.recover(last, tombstones);
        days = files.exists(WitnessedDays.FILE) ? WitnessedDays.read(files) : WitnessedDays.NONE;
        witnessDays(); // of a log from before, or of a batch that a crash cut off
    }

    /** The days whose last key has handed over and that have not expired: the oldest first. */
    public synchronized List<ClosedDay> closedDays() {
        return closedDays(days, store.pruned(), store.size(), witness.verifierKey());
    }

    /** The same of a mirror that need not be open here; the files are believed. */
    public static List<ClosedDay> closedDays(Path directory, VerifierKey witness) throws IOException {
        final LogFiles files = new LogFiles(directory);
        final LogReader reader = LogReader.open(directory);
        return files.exists(WitnessedDays.FILE)
                ? closedDays(WitnessedDays.read(files), reader.firstIndex(), reader.size(), witness)
                : List.of();
    }

    private static List<ClosedDay> closedDays(WitnessedDays days, long from, long size, VerifierKey witness) {
        final List<ClosedDay> closed = new ArrayList<>();
        long first = from;
        for (final Checkpoint day : days.all()) {
            if (day.size() > first && day.size() < size) {
                closed.add(new ClosedDay(
                        first,
                        day.size(),
                        Optional.of(signatureOf(witness, day.note()).cosignedAt())));
                first = day.size();
            }
        }
        return closed;
    }

    /**
     * Drops the entries of closed days, and leaves a signed tombstone.
     *
     * @param end of the last of these days, as {@link #closedDays} has it
     * @return the tombstone; the same as before when they were dropped already
     * @throws IOException when the disk fails; then the same may be tried again, and is when the log is opened
     */
    public synchronized Tombstone expire(long end, Tombstone.Why why) throws IOException {
        store.prune();
        final Tombstones before = store.tombstones();
        if (before != null && end <= before.pruned()) {
            return before.all().getLast();
        }
        final Checkpoint day = days.all().stream()
                .filter(each -> each.size() == end && end < store.size())
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no day of the log ends at " + end));
        if (!day.note().verify(List.of(witness.verifierKey())).holds()) {
            throw new LogCorruptException(store.files().directory() + "/" + WitnessedDays.FILE
                    + ": this witness has not signed the day that ends at " + end);
        }
        final Tombstone tombstone = new Tombstone(store.pruned(), day, why);
        final List<Tombstone> all = new ArrayList<>(before == null ? List.of() : before.all());
        all.add(tombstone);
        final Instant now =
                Collections.max(List.of(clock.instant(), why.expired())); // it is not signed before it expired
        final List<Tombstones.Signer> signers = new ArrayList<>();
        signers.add(text -> witness.cosign(text, now));
        others.forEach(other -> signers.add(text -> other.cosign(text, now)));
        store.bury(Tombstones.sign(day.origin(), all, signers));
        return tombstone;
    }

    /** Puts down when a day was seen to be over, by how its key handed over. */
    private void witnessDays() throws IOException {
        final LogIdentity known = requireNonNull(identity);
        final List<Checkpoint> all = new ArrayList<>(days.all());
        all.removeIf(day -> day.size() <= store.pruned());
        final long seen =
                days.all().isEmpty() ? store.pruned() : days.all().getLast().size();
        for (final KeySuccession succession : known.successions()) {
            if (succession.index() > seen && succession.index() < store.size()) {
                final String text = succession.at().note().text();
                all.add(Checkpoint.parse(new Note(text, List.of(witness.cosign(text, clock.instant())))));
            }
        }
        if (!all.equals(days.all())) {
            final WitnessedDays next = new WitnessedDays(all);
            store.files().replace(WitnessedDays.FILE, next.bytes());
            store.files().sync();
            days = next;
        }
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
            return compareWithPast(held, next, claimed);
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
    private AcceptResult compareWithPast(Checkpoint held, Checkpoint next, LogIdentity claimed) throws IOException {
        if (next.size() > 0 && next.size() < store.pruned()) {
            return new AcceptResult.Stale(
                    held.size()); // its leaves have expired, and there is nothing to compare it with
        }
        final Optional<Contradiction.Fork> fork = store.tiles().fork(next);
        if (fork.isPresent()) {
            return new AcceptResult.Conflict(Contradiction.fork(held, next, claimed, fork.get()));
        }
        if (next.size() < held.size()) {
            return new AcceptResult.Stale(held.size());
        }
        store.sync();
        return new AcceptResult.Accepted(held, signatureOf(witness.verifierKey(), held.note()));
    }

    private AcceptResult append(@Nullable Checkpoint held, Checkpoint next, List<byte[]> entries, LogIdentity claimed)
            throws IOException {
        final LogStore.Staged staged = store.stage(entries);
        if (!staged.root().equals(next.rootHash())) {
            return held == null
                    ? new AcceptResult.Refused("the entries do not lead to the checkpoint's root")
                    : new AcceptResult.Conflict(Contradiction.entries(held, next, claimed));
        }
        if (!claimed.equals(identity)) {
            final Optional<String> refusal = refusal(claimed, entries, next);
            if (refusal.isPresent()) {
                return new AcceptResult.Refused(refusal.get());
            }
            store.files().replace(LogFiles.IDENTITY, claimed.bytes());
            store.files().sync(); // it has to be there when what a later key signed is
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
        store.commit(staged, cosigned);
        witnessDays();
        return new AcceptResult.Accepted(cosigned, cosignature);
    }

    /** Why keys cannot be taken on: {@link #witnessDays} cosigns the trees that they handed over at. */
    private Optional<String> refusal(LogIdentity claimed, List<byte[]> entries, Checkpoint next) {
        if (claimed.bytes().length > LogIdentity.MAX_LENGTH) {
            return Optional.of("the log's key handed over more often than can be kept");
        }
        final int known = identity == null ? 0 : identity.successions().size();
        final List<Checkpoint> trees = claimed.successions().stream()
                .skip(known)
                .map(KeySuccession::at)
                .toList();
        for (final Checkpoint tree : trees) {
            if (tree.size() < store.size() || tree.size() >= next.size()) {
                return Optional.of("how the key handed over at leaf " + tree.size() + " is not among the entries");
            }
        }
        return store.leadTo(entries, trees)
                ? Optional.empty()
                : Optional.of("the key handed over at another tree than the entries lead to");
    }

    private static NoteSignature signatureOf(VerifierKey key, Note note) {
        return note.signatures().stream().filter(key::matches).findFirst().orElseThrow();
    }

    @Override
    public synchronized void close() throws IOException {
        store.close();
    }
}
