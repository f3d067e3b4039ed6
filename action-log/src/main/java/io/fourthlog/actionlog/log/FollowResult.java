package io.fourthlog.actionlog.log;

import java.util.Optional;

/** What {@link FollowedLog} says about a log that someone else publishes. */
public sealed interface FollowResult {

    /**
     * The copy is as far as the log, and all of it holds.
     *
     * @param checkpoint the log's
     * @param added how many entries are new in the copy
     */
    record Current(Checkpoint checkpoint, long added) implements FollowResult {}

    /**
     * What is published does not hold, or not with what was seen before. The copy is as it was.
     *
     * @param finding what, and where
     * @param contradiction what shows others that the log signed two trees of one size, if that is what it is
     */
    record Contradicted(Finding finding, Optional<Contradiction> contradiction) implements FollowResult {

        Contradicted(Finding finding) {
            this(finding, Optional.empty());
        }
    }
}
