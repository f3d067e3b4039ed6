package io.fourthlog.actionlog.log;

import static java.util.Objects.requireNonNull;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Appends entries to a log of its own and signs what it has: a sensor's spool.
 *
 * <p>An entry that {@link #append} took is in memory; one that {@link #commit} returned a checkpoint for survives a power
 * cut. Appending does no input or output, and goes on while a commit runs. Entries are kept until a commit succeeds, so
 * a commit that failed (a full disk) can be tried again.
 */
public final class LogWriter implements Closeable {

    /** The longest entry in bytes: an entry bundle has a u16 for the length. */
    public static final int MAX_ENTRY = EntryBundle.MAX_ENTRY;

    private static final int BATCH = 8 << 20; // bytes of entries under one checkpoint, about

    private final Object committing = new Object(); // held for all of a commit; taken before `pending`
    private final LogStore store;
    private SigningKey key; // guarded by `committing`
    private @Nullable KeySuccession owed; // to the log, which is the next leaf; guarded by `committing`
    private final List<byte[]> pending = new ArrayList<>();
    private final AtomicInteger pendingCount = new AtomicInteger(); // so that nobody waits for a commit to know it
    private final AtomicLong pendingBytes = new AtomicLong();
    private Checkpoint checkpoint; // guarded by `committing`
    private long next; // index of the next entry, guarded by `pending`

    private LogWriter(LogStore store, SigningKey key, Checkpoint checkpoint) {
        this.store = store;
        this.key = key;
        this.checkpoint = checkpoint;
        this.next = checkpoint.size();
    }

    /**
     * Opens a log, or makes a new one, whose origin is the key's name. What the last run left beyond its last checkpoint
     * is dropped; {@link #recovered} tells.
     *
     * @throws LogLockedException when another writer has it open
     * @throws LogCorruptException when its files contradict its checkpoint, or it is of another key
     */
    public static LogWriter open(Path directory, SigningKey key) throws IOException {
        return open(directory, key, Disk.REAL, Journal.CAPACITY);
    }

    static LogWriter open(Path directory, SigningKey key, Disk disk, int journalBytes) throws IOException {
        key.require(SignatureType.ED25519);
        final LogStore store = LogStore.open(directory, disk, journalBytes);
        try {
            return new LogWriter(store, key, open(store, key));
        } catch (IOException e) {
            store.close();
            throw e;
        }
    }

    private static Checkpoint open(LogStore store, SigningKey key) throws IOException {
        final LogFiles files = store.files();
        final Path directory = files.directory();
        if (!files.exists(LogFiles.IDENTITY)) {
            files.replace(LogFiles.IDENTITY, LogIdentity.of(key.verifierKey()).bytes());
        }
        final LogIdentity identity = files.identity();
        if (!identity.current().equals(key.verifierKey()) || !identity.isChainFrom(0)) {
            throw new LogCorruptException(directory + " is the log of another key than " + key.verifierKey());
        }
        final Checkpoint last = store.last(
                        each -> identity.signerOf(each).isPresent()
                                && each.origin().equals(key.verifierKey().name()),
                        key.verifierKey().toString())
                .orElse(null);
        if (last == null) {
            // The empty log is signed before anything is written to it, so entries without a checkpoint have lost it.
            if (files.exists(LogPath.TILES)) {
                throw new LogCorruptException(directory + " has entries, but no checkpoint");
            }
            final LogStore.Staged nothing = store.stage(List.of());
            final Checkpoint empty = Checkpoint.sign(key, 0, nothing.root());
            store.publish(nothing, empty);
            return empty;
        }
        store.recover(last, tombstones(files, identity, last));
        final List<KeySuccession> successions = identity.successions();
        return !successions.isEmpty() && successions.getLast().index() == last.size()
                ? publish(store, successions.getLast(), key) // a crash cut it off
                : last;
    }

    private static @Nullable Tombstones tombstones(LogFiles files, LogIdentity identity, Checkpoint last)
            throws IOException {
        final Tombstones tombstones = files.tombstones().orElse(null);
        if (tombstones != null) {
            LogCorruptException.unless(
                    tombstones.check(identity, last.size(), List.of(), identity.keys()), files.directory());
        }
        return tombstones;
    }

    /** The days that are over, with a key that is destroyed, and that have not been pruned: the oldest first. */
    public List<ClosedDay> closedDays() throws IOException {
        synchronized (committing) {
            final List<ClosedDay> days = new ArrayList<>();
            long first = store.pruned();
            for (final KeySuccession succession : store.files().identity().successions()) {
                if (succession.index() > first && succession.index() < store.size()) {
                    days.add(new ClosedDay(first, succession.index(), Optional.empty()));
                    first = succession.index();
                }
            }
            return days;
        }
    }

    /**
     * Drops the entries of closed days that are kept elsewhere by now, and leaves a tombstone that the key in office signs. It takes
     * the place of the one before, for all that is gone.
     *
     * @param end of the last of these days, as {@link #closedDays} has it
     * @throws IOException when the disk fails; then the same may be tried again, and is when the log is opened
     */
    public void prune(long end, Tombstone.Why why) throws IOException {
        synchronized (committing) {
            store.prune();
            final Tombstones before = store.tombstones();
            if (end <= store.pruned()) {
                return;
            }
            final KeySuccession day = store.files().identity().successions().stream()
                    .filter(succession -> succession.index() == end && end < store.size())
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no day of the log ends at " + end));
            final Tombstone tombstone = new Tombstone(
                    0,
                    day.at(),
                    before == null
                            ? why
                            : why.since(before.all().getLast().why().from()));
            store.bury(Tombstones.sign(key.verifierKey().name(), List.of(tombstone), List.of(key::sign)));
        }
    }

    /** What opening the log had to put right. */
    public Recovery recovered() {
        return store.recovery();
    }

    /**
     * Takes an entry, and returns its leaf index.
     *
     * @param entry not to be changed any more
     * @throws IllegalArgumentException when it is empty or longer than {@link #MAX_ENTRY}
     */
    public long append(byte[] entry) {
        if (entry.length == 0 || entry.length > MAX_ENTRY) {
            throw new IllegalArgumentException(
                    "an entry of " + entry.length + " bytes does not fit: a log takes 1 to " + MAX_ENTRY);
        }
        synchronized (pending) {
            pending.add(entry);
            pendingCount.incrementAndGet();
            pendingBytes.addAndGet(entry.length);
            return next++;
        }
    }

    /** How many entries are in memory only. */
    public int pending() {
        return pendingCount.get();
    }

    /** How many bytes they have together. */
    public long pendingBytes() {
        return pendingBytes.get();
    }

    /**
     * Makes all entries that were taken before durable and signs a checkpoint for them; without new entries it is the
     * last one.
     */
    public Checkpoint commit() throws IOException {
        synchronized (committing) {
            store.sync();
            settle();
            final long end;
            synchronized (pending) {
                end = store.size() + pending.size();
            }
            while (store.size() < end) {
                commit(batch());
            }
            return checkpoint;
        }
    }

    /** The entries that were taken first; the rest is for the next checkpoint, since what is staged is in memory several times. */
    private List<byte[]> batch() {
        synchronized (pending) {
            int count = 0;
            for (long bytes = 0; count < pending.size() && bytes < BATCH; count++) {
                bytes += pending.get(count).length;
            }
            return List.copyOf(pending.subList(0, count));
        }
    }

    private void commit(List<byte[]> batch) throws IOException {
        final long before = store.size();
        try {
            final LogStore.Staged staged = store.stage(batch);
            store.write(staged);
            store.commit(staged, Checkpoint.sign(key, staged.size(), staged.root()));
        } finally {
            published((int) (store.size() - before));
        }
    }

    /** Forgets entries that a checkpoint is out for, even if something failed after it was. */
    private void published(int count) {
        checkpoint = requireNonNull(store.checkpoint());
        synchronized (pending) {
            final List<byte[]> durable = pending.subList(0, count);
            for (final byte[] entry : durable) {
                pendingBytes.addAndGet(-entry.length);
            }
            pendingCount.addAndGet(-count);
            durable.clear();
        }
    }

    /**
     * Hands over to another key: commits what was taken, has the old key sign the tree and the new key, takes that as a leaf, and
     * signs with the new key from then on. The caller has made the new key durable before, and destroys the old one afterwards;
     * {@link KeyFile} does both.
     *
     * @throws IOException when it could not be made durable; {@link #verifierKey} tells which key is in office
     */
    public void handOver(SigningKey next) throws IOException {
        next.require(SignatureType.ED25519);
        synchronized (committing) {
            synchronized (pending) { // what is taken meanwhile waits: its index comes after the succession's
                final Checkpoint last = commit();
                final KeySuccession succession =
                        KeySuccession.sign(key, last.size(), last.rootHash(), next.verifierKey());
                final LogFiles files = store.files();
                try {
                    files.replace(
                            LogFiles.IDENTITY, files.identity().with(succession).bytes());
                } finally {
                    if (files.identity()
                            .current()
                            .equals(next.verifierKey())) { // it counts from here on, whatever fails
                        key = next;
                        owed = succession;
                        this.next++;
                    }
                }
                settle();
            }
        }
    }

    /** Puts the last succession into the log, if that has not been done; nothing else is signed before. */
    private void settle() throws IOException {
        if (owed != null && store.size() == owed.index()) {
            store.files().sync();
            publish(store, owed, key);
        }
        owed = null;
        checkpoint = requireNonNull(store.checkpoint());
    }

    /** Puts a succession into the log, signed with the new key. */
    private static Checkpoint publish(LogStore store, KeySuccession succession, SigningKey next) throws IOException {
        final LogStore.Staged staged = store.stage(List.of(succession.entry()));
        store.write(staged);
        final Checkpoint signed = Checkpoint.sign(next, staged.size(), staged.root());
        store.commit(staged, signed);
        return signed;
    }

    /** The key that signs now. */
    public VerifierKey verifierKey() {
        synchronized (committing) {
            return key.verifierKey();
        }
    }

    /** The last checkpoint. */
    public Checkpoint checkpoint() {
        synchronized (committing) {
            return checkpoint;
        }
    }

    /**
     * Signs a checkpoint of an earlier size, for a mirror that is too far behind to take all entries at once. It is not
     * stored: the log's own checkpoint stays the last one.
     *
     * @throws IllegalArgumentException when the log is not that large
     */
    public Checkpoint signPrefix(long size) throws IOException {
        synchronized (committing) {
            if (size < store.pruned() || size > checkpoint.size()) {
                throw new IllegalArgumentException("the log has leaves " + store.pruned() + " to " + checkpoint.size()
                        + ", and no tree of " + size);
            }
            return Checkpoint.sign(key, size, store.tiles().range(size).root());
        }
    }

    /** Leaves a log without a journal, and gives the lock back; entries that were not committed are lost. */
    @Override
    public void close() throws IOException {
        synchronized (committing) {
            store.close();
        }
    }
}
