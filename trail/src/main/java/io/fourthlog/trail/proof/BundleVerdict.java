package io.fourthlog.trail.proof;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.timestamp.Token;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is known of an evidence bundle after it was verified.
 *
 * @param logs the logs whose checkpoints hold
 * @param events the events that are in one of them, with what was recognised there
 * @param gaps what was not seen, and is in one of them
 * @param pinned whether every log's key was given by whoever asked, and not read from the bundle
 * @param findings what does not hold, each with its place in the bundle
 */
public record BundleVerdict(
        List<ProvenLog> logs, List<Proven> events, List<Proven> gaps, boolean pinned, List<String> findings) {

    public BundleVerdict {
        logs = List.copyOf(logs);
        events = List.copyOf(events);
        gaps = List.copyOf(gaps);
        findings = List.copyOf(findings);
    }

    /** Whether everything that the bundle says could be checked, and is so, but for excerpts that are {@code CLAIMED}. */
    public boolean holds() {
        return findings.isEmpty();
    }

    /**
     * A checkpoint that holds.
     *
     * @param signers the trusted keys whose signatures hold
     * @param cosigned when the first witness of them says that it signed
     * @param stamps its trees that a timestamping authority stamped, the smallest first
     */
    public record ProvenLog(
            Checkpoint checkpoint, List<VerifierKey> signers, Optional<Instant> cosigned, List<Stamp> stamps) {

        public ProvenLog {
            signers = List.copyOf(signers);
            stamps = List.copyOf(stamps);
        }

        /** The first of the stamps that this leaf is under. */
        public Optional<Stamp> firstOver(long leaf) {
            return stamps.stream().filter(stamp -> stamp.size() > leaf).findFirst();
        }
    }

    /**
     * A tree of a log that was stamped.
     *
     * @param size how many leaves it has
     */
    public record Stamp(long size, Token.Stated token) {}

    /** An event that is in a log. */
    public record Proven(String log, long index, int hashes, Event event, List<ProvenMatch> matches) {

        public Proven {
            matches = List.copyOf(matches);
        }
    }

    /**
     * A place of an event that the document is like.
     *
     * @param part which part of the message
     * @param proven whether that was recomputed; an excerpt is only with the document and the installation's key
     */
    public record ProvenMatch(String field, String part, Sighting.Role role, String likeness, boolean proven) {}
}
