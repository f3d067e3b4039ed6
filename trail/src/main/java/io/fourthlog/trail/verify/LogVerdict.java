package io.fourthlog.trail.verify;

import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.VerificationReport;
import io.fourthlog.trail.timestamp.Timestamps;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What is known of a log after it was verified.
 *
 * @param name as its folder has it
 * @param pinned whether the log's key was given by whoever asked, and not read from beside the log
 * @param cosigned when the witness cosigned the checkpoint
 * @param blindSpots how often each class of {@code sensor.gap.*} is in it
 * @param opened how many sealed events were opened, each as its commitment says
 * @param closed why others stay closed, and how many
 * @param stamps trees of the log that a timestamping authority stamped, the smallest first
 * @param eventIds the event that each leaf with a finding says it is
 */
public record LogVerdict(
        String name,
        VerificationReport report,
        boolean pinned,
        Optional<Instant> cosigned,
        Map<String, Integer> blindSpots,
        int opened,
        Map<String, Integer> closed,
        List<Timestamps.Stamp> stamps,
        Map<Long, UUID> eventIds) {

    public LogVerdict {
        blindSpots = Map.copyOf(blindSpots);
        closed = Map.copyOf(closed);
        stamps = List.copyOf(stamps);
        eventIds = Map.copyOf(eventIds);
    }

    /** A finding with its event, in one line for people. */
    public String describe(Finding finding) {
        final Long leaf = finding.leafIndex();
        final StringBuilder text = new StringBuilder(finding.file());
        if (leaf != null) {
            text.append(finding.file().isEmpty() ? "leaf " : ", leaf ").append(leaf);
            final UUID id = eventIds.get(leaf);
            if (id != null) {
                text.append(", event ").append(id);
            }
        }
        return text.append(text.isEmpty() ? "" : ": ").append(finding.message()).toString();
    }

    /** Findings as they were made. */
    public List<Finding> findings() {
        return report.findings();
    }
}
