package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.util.List;

/** Somebody else's witness that a mirror asks to cosign what it takes, before it is published. */
@FunctionalInterface
public interface OtherWitness {

    /**
     * Asks for cosignatures.
     *
     * @param checkpoint with the log's signature alone
     * @param proofs of the tree of this checkpoint
     * @return its signatures of the checkpoint; none when it could not be had, which keeps nothing from being published
     */
    List<NoteSignature> cosign(Checkpoint checkpoint, Proofs proofs);

    /** Shows that a tree continues smaller ones. */
    @FunctionalInterface
    interface Proofs {

        /** The proof that the tree of {@code size} leaves is a prefix. */
        ConsistencyProof from(long size) throws IOException;
    }
}
