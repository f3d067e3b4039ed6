package io.fourthlog.trail.erasure;

import io.fourthlog.actionlog.event.SubjectKey;
import java.time.Instant;

/**
 * A subject's key as the collector keeps it.
 *
 * @param workload whose events it opens
 * @param sensor in whose logs they are
 * @param from when it was made
 * @param legalHold whether nothing that it opens may be erased, as of then
 */
public record StoredKey(SubjectKey key, String workload, String sensor, Instant from, boolean legalHold) {

    public StoredKey {
        if (workload.isEmpty() || !ErasureRecord.isLine(workload)) {
            throw new IllegalArgumentException("a workload's id is a line that is not empty");
        }
    }
}
