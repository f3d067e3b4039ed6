package io.fourthlog.actionlog.log;

import org.jspecify.annotations.Nullable;

/**
 * One thing that does not hold in a log.
 *
 * @param kind what sort of thing
 * @param leafIndex the leaf that it is about, if it is about one
 * @param file the file that is wrong, by its path in the log's directory
 * @param message for people
 */
public record Finding(Kind kind, @Nullable Long leafIndex, String file, String message) {

    /** What can be wrong with a log. */
    public enum Kind {
        /** A file that the checkpoint needs is not there. */
        MISSING,
        /** A file is not what its name says it is. */
        MALFORMED,
        /** An entry is not the one that was signed for. */
        ENTRY_ALTERED,
        /** A hash in a tile is not the one that was signed for. */
        TILE_ALTERED,
        /** Neither the entries nor the tiles lead to the root of the checkpoint. */
        ROOT_MISMATCH,
        /** The log's signature is missing or wrong. */
        SIGNATURE,
        /** The signature of a trusted witness is missing or wrong. */
        COSIGNATURE,
        /** {@code log.json} does not fit the checkpoint. */
        IDENTITY,
        /** An entry is no event in canonical form. */
        EVENT,
        /** The log is not a continuation of what was seen of it before. */
        HISTORY,
        /** What says that leaves expired is not signed by who may say so, or contradicts the log. */
        TOMBSTONE,
        /** Leaves expired that were to be kept for longer. */
        EXPIRED_EARLY,
        /** A leaf that expired is still there. */
        LINGERING,
        /** A timestamp does not hold, or is of another tree. */
        TIMESTAMP,
        /** An entry is sealed, and its key is neither there nor recorded as destroyed; or does not open it. */
        SEALED,
        /** A file that no log has. */
        UNEXPECTED,
        /** There is more of this than the report holds. */
        TRUNCATED
    }
}
