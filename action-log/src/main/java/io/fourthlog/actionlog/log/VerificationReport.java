package io.fourthlog.actionlog.log;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link LogVerifier} found.
 *
 * @param origin the log's name, if the checkpoint could be read
 * @param size how many leaves the checkpoint speaks of; 0 when it could not be read
 * @param rootHash the root that it states
 * @param signers the trusted keys whose signatures hold
 * @param findings what does not hold; empty when everything does
 * @param expired what is left of leaves that are gone, by who may say so
 * @param beyond files of leaves that no checkpoint speaks of yet: a commit under way, or one that a crash cut off
 */
public record VerificationReport(
        @Nullable String origin,
        long size,
        @Nullable Hash rootHash,
        List<VerifierKey> signers,
        List<Finding> findings,
        List<Tombstone> expired,
        List<String> beyond) {

    public VerificationReport {
        signers = List.copyOf(signers);
        findings = List.copyOf(findings);
        expired = List.copyOf(expired);
        beyond = List.copyOf(beyond);
    }

    /** The same with more that does not hold. */
    public VerificationReport and(List<Finding> more) {
        final List<Finding> all = new ArrayList<>(findings);
        all.addAll(more);
        return new VerificationReport(origin, size, rootHash, signers, all, expired, beyond);
    }

    /** Whether every leaf is the one that was signed for or has rightly expired, and every file is as it was written. */
    public boolean holds() {
        return findings.isEmpty();
    }
}
