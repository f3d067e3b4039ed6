package io.fourthlog.trail.command;

import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.SignatureType;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.proof.EvidenceFolder;
import io.fourthlog.trail.reading.Subjects;
import io.fourthlog.trail.reading.Trail;
import io.fourthlog.trail.reading.TrailLog;
import io.fourthlog.trail.remote.Mirror;
import io.fourthlog.trail.timestamp.Timestamps;
import io.fourthlog.trail.verify.LogVerdict;
import io.fourthlog.trail.verify.TrailVerifier;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A trail that can be read, by the commands that do.
 *
 * @param contradictions what was found while the copy caught up with the collector
 * @param copied whether it is a copy, of which everything was checked on the way
 */
record OpenedTrail(Trail trail, List<Mirror.Contradicted> contradictions, boolean copied) {

    OpenedTrail {
        contradictions = List.copyOf(contradictions);
    }

    /**
     * Recomputes every log, and shows how far it is.
     *
     * @param given keys that are trusted, and not those beside the logs; may be none
     * @param timestamps of the trail
     */
    List<LogVerdict> verify(List<VerifierKey> given, Timestamps timestamps, Terminal terminal) throws UsageException {
        final TrailVerifier verifier = new TrailVerifier(trail, given, timestamps, subjects(given));
        final List<LogVerdict> verdicts = new ArrayList<>();
        for (final TrailLog log : trail.logs()) {
            final long size = TrailVerifier.statedSize(log);
            verdicts.add(verifier.verify(log, done -> terminal.progress("verifying " + log.name(), done, size)));
            terminal.clearProgress();
        }
        return verdicts;
    }

    /**
     * What does not hold of the trail, and not of one log.
     *
     * @param verdicts of all its logs
     */
    List<Finding> unattached(List<VerifierKey> given, Timestamps timestamps, List<LogVerdict> verdicts)
            throws UsageException {
        final Subjects subjects = subjects(given);
        final List<Finding> unattached = new ArrayList<>(timestamps.findings());
        unattached.addAll(subjects.erasures().findings());
        unattached.addAll(new TrailVerifier(trail, given, timestamps, subjects).absent(verdicts));
        return unattached;
    }

    /** All that does not hold, in a line each: for commands whose answers are worth less then. */
    List<String> findings(List<VerifierKey> given, Timestamps timestamps, Terminal terminal) throws UsageException {
        final List<LogVerdict> verdicts = verify(given, timestamps, terminal);
        final List<String> findings = new ArrayList<>();
        for (final LogVerdict verdict : verdicts) {
            verdict.findings().forEach(finding -> findings.add(verdict.name() + ": " + verdict.describe(finding)));
        }
        unattached(given, timestamps, verdicts)
                .forEach(finding -> findings.add(finding.file() + ": " + finding.message()));
        contradictions.forEach(
                found -> findings.add(found.log() + ": " + found.finding().message()));
        return findings;
    }

    /** What opens sealed events; records of erasures count if a witness has signed them that is trusted. */
    Subjects subjects(List<VerifierKey> given) throws UsageException {
        final List<VerifierKey> witnesses = given.stream()
                .filter(key -> key.type() == SignatureType.COSIGNATURE)
                .toList();
        try {
            return witnesses.isEmpty() ? trail.subjects() : trail.subjects().with(trail.erasures(witnesses));
        } catch (IOException e) {
            throw new UsageException("cannot read the erasures of " + trail.directory() + ": " + e, e);
        }
    }

    /**
     * Checks the timestamps.
     *
     * @param trusted authorities; may be none
     */
    Timestamps timestamps(List<X509Certificate> trusted) throws UsageException {
        try {
            return Timestamps.read(trail.timestamps(), trusted);
        } catch (IOException e) {
            throw new UsageException("cannot read the timestamps of " + trail.directory() + ": " + e, e);
        }
    }

    /** Files that say what a log was caught in, each of which proves it or not by itself. */
    List<Path> evidence(String log) throws UsageException {
        try {
            final Optional<LogName> name = LogName.parse(log);
            return name.isEmpty()
                    ? List.of()
                    : new EvidenceFolder(new TrailFolder(trail.directory()).evidence(name.get())).files();
        } catch (IOException e) {
            throw new UsageException("cannot read the evidence in " + trail.directory() + ": " + e, e);
        }
    }

    /** Complains about what was found; the exit code. */
    int report(Terminal terminal) {
        for (final Mirror.Contradicted found : contradictions) {
            terminal.complain("FOUND in " + found.log() + ": "
                    + found.finding().file() + ": " + found.finding().message() + "; the copy is as it was before"
                    + found.evidence()
                            .map(file -> "; " + file + " proves it to others")
                            .orElse(""));
        }
        return contradictions.isEmpty() ? ExitCode.HOLDS : ExitCode.FINDING;
    }
}
