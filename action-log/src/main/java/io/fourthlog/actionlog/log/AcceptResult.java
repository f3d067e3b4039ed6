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

    /** The log was rewritten or rolled back: the mirror goes on to hold what it holds. */
    record Conflict(Contradiction contradiction) implements AcceptResult {}

    /** The offer is not one: wrongly signed, of another log, or not well formed. */
    record Refused(String message) implements AcceptResult {}
}
