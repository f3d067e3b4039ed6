package io.fourthlog.actionlog.log;

/** What a mirror says about a checkpoint and the entries that lead to it. */
public sealed interface AcceptResult {

    /**
     * The mirror has it, durably, and has cosigned it.
     *
     * @param checkpoint the log's checkpoint with the cosignature
     * @param cosignature the cosignature alone, to be handed back to the log
     */
    record Accepted(Checkpoint checkpoint, NoteSignature cosignature) implements AcceptResult {}

    /**
     * Nothing is wrong, but the entries do not begin where the mirror ends.
     *
     * @param size where it ends: send from this index
     */
    record Stale(long size) implements AcceptResult {}

    /**
     * The offered checkpoint is rightly signed and does not continue what the mirror holds: the log was rewritten or
     * rolled back.
     *
     * @param kind what makes it a conflict
     * @param held the note that the mirror holds and goes on to hold
     * @param offered the note that contradicts it
     * @param message for people
     */
    record Conflict(Kind kind, Note held, Note offered, String message) implements AcceptResult {

        /** What makes a conflict. */
        public enum Kind {
            /** The log signed another tree for leaves that the mirror has: the two notes alone prove it. */
            FORK,
            /** The entries do not lead from the held tree to the offered one. */
            ENTRIES
        }
    }

    /** The offer is not one: wrongly signed, of another log, or not well formed. */
    record Refused(String message) implements AcceptResult {}
}
