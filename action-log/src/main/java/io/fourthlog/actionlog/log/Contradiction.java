package io.fourthlog.actionlog.log;

import java.util.List;
import java.util.Optional;

/**
 * A log's rightly signed checkpoint that does not continue the one that a mirror, or a reader's copy, holds of it.
 *
 * @param held the note that is held
 * @param offered the note that does not continue it
 * @param keys of the log: from its first one on to the one that signed what was offered
 * @param successions how each of them handed over to the next
 * @param fork what shows it to anybody who has one of the keys; empty when it takes the entries that came with it to see
 * @param message for people
 */
public record Contradiction(
        Note held,
        Note offered,
        List<VerifierKey> keys,
        List<KeySuccession> successions,
        Optional<Fork> fork,
        String message) {

    public Contradiction {
        keys = List.copyOf(keys);
        successions = List.copyOf(successions);
    }

    /**
     * Two trees of one size: the one that was offered, and this one.
     *
     * @param root of as many of the first leaves of the tree that is held
     * @param consistency that they are
     */
    public record Fork(Hash root, ConsistencyProof consistency) {}

    /** The log signed another tree of leaves that are held. */
    static Contradiction fork(Checkpoint held, Checkpoint offered, LogIdentity claimed, Fork fork) {
        return new Contradiction(
                held.note(),
                offered.note(),
                claimed.keys(),
                claimed.successions(),
                Optional.of(fork),
                held.origin() + " signed another tree of size " + offered.size() + " than the one that it has shown: "
                        + offered.rootHash() + ", not " + fork.root());
    }

    /** The entries that came with the offer do not lead from the tree that is held to its own. */
    static Contradiction entries(Checkpoint held, Checkpoint offered, LogIdentity claimed) {
        return new Contradiction(
                held.note(),
                offered.note(),
                claimed.keys(),
                claimed.successions(),
                Optional.empty(),
                "the entries from " + held.size() + " on do not lead to the root that " + held.origin()
                        + " signed for size " + offered.size());
    }

    /** {@code fork} or {@code entries}. */
    public String kind() {
        return fork.isPresent() ? "fork" : "entries";
    }
}
