package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.Hash;
import io.fourthlog.actionlog.log.Tombstone;
import io.fourthlog.actionlog.log.VerificationReport;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.remote.Mirror;
import io.fourthlog.trail.timestamp.Timestamps;
import io.fourthlog.trail.trace.Essentials;
import io.fourthlog.trail.verify.LogVerdict;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What {@code verify} says of a trail. */
final class VerdictText {

    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_SHOWN = 20; // findings of a log
    private static final int MAX_TOMBSTONES = 5; // of a log, the last ones

    private final Terminal terminal;

    VerdictText(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * Of each log, and what the keys are worth.
     *
     * @param unattached findings of the trail, and not of one log
     */
    void trail(OpenedTrail opened, List<LogVerdict> verdicts, List<Finding> unattached) throws UsageException {
        for (final LogVerdict verdict : verdicts) {
            verdict(verdict, opened.evidence(verdict.name()));
        }
        unattached.forEach(this::broken);
        trust(verdicts, opened);
    }

    private void broken(Finding finding) {
        terminal.line(terminal.styled(Style.ALARM, "FOUND  ") + "  "
                + Essentials.printable(finding.file() + ": " + finding.message()));
    }

    /** @param evidence files that say what the log was caught in: what it goes on to hold does hold all the same */
    private void verdict(LogVerdict verdict, List<Path> evidence) {
        final VerificationReport report = verdict.report();
        terminal.line(terminal.styled(Style.BOLD, Essentials.printable(verdict.name())));
        final Hash root = report.rootHash();
        field("size", Counted.of(report.size(), "event") + (root == null ? "" : ", root " + root));
        field(
                "signed",
                report.signers().stream()
                        .filter(key -> key.name().equals(report.origin()))
                        .map(key -> "by " + Essentials.printable(key.toString()))
                        .findFirst()
                        .orElse("by no key that is trusted"));
        field(
                "witness",
                verdict.cosigned()
                        .map(at -> "cosigned at " + at + " by " + witnesses(report))
                        .orElse("none that is known"));
        for (final Tombstone tombstone : report.expired()
                .subList(
                        Math.max(0, report.expired().size() - MAX_TOMBSTONES),
                        report.expired().size())) {
            field("expired", Essentials.printable(tombstone.describe()));
        }
        if (report.expired().size() > MAX_TOMBSTONES) {
            field(
                    "",
                    "and " + (report.expired().size() - MAX_TOMBSTONES)
                            + " tombstones of before: --output json has all");
        }
        stamps(verdict.stamps());
        sealed(verdict);
        field("blind", blind(verdict.blindSpots()));
        if (!evidence.isEmpty()) {
            field(
                    terminal.styled(Style.ALARM, "caught "),
                    Counted.of(evidence.size(), "time") + " in another history than this one: fourthlog verify "
                            + Essentials.printable(evidence.getFirst().toString()));
        }
        if (!report.beyond().isEmpty()) {
            field("beyond", report.beyond().size() + " files that no checkpoint speaks of yet");
        }
        for (final Finding finding : report.findings()
                .subList(0, Math.min(MAX_SHOWN, report.findings().size()))) {
            field(terminal.styled(Style.ALARM, "FOUND  "), Essentials.printable(verdict.describe(finding)));
        }
        if (report.findings().size() > MAX_SHOWN) {
            field("", "and " + (report.findings().size() - MAX_SHOWN) + " more: --output json has all");
        }
        field(
                "result",
                report.holds() ? terminal.styled(Style.GOOD, "holds") : terminal.styled(Style.ALARM, "DOES NOT HOLD"));
    }

    private static String witnesses(VerificationReport report) {
        return report.signers().stream()
                .filter(key -> key.type().isCosignature())
                .map(key -> Essentials.printable(key.name()))
                .distinct()
                .collect(Collectors.joining(", "));
    }

    private void stamps(List<Timestamps.Stamp> stamps) {
        if (stamps.isEmpty()) {
            return;
        }
        field("stamped", "its first " + BundleText.existed(stamps.getFirst()));
        if (stamps.size() > 1) {
            field(
                    "",
                    "its first " + BundleText.existed(stamps.getLast()) + "; " + Counted.of(stamps.size(), "timestamp")
                            + " in all");
        }
    }

    private void sealed(LogVerdict verdict) {
        if (verdict.opened() > 0) {
            field("sealed", Counted.of(verdict.opened(), "event") + " opened, each what its commitment says");
        }
        new TreeMap<>(verdict.closed())
                .forEach((why, count) -> field("", Counted.of(count, "event") + " " + Essentials.printable(why)));
    }

    private static String blind(Map<String, Integer> spots) {
        return spots.isEmpty()
                ? "no blind spots recorded"
                : new TreeMap<>(spots)
                        .entrySet().stream()
                                .map(spot -> Essentials.printable(spot.getKey()) + " ×" + spot.getValue())
                                .collect(Collectors.joining(", "));
    }

    private void field(String name, String value) {
        terminal.field("witness".length(), name, value);
    }

    /** What the verdict is worth depends on where the keys are from. */
    private void trust(List<LogVerdict> verdicts, OpenedTrail opened) {
        if (verdicts.stream().allMatch(LogVerdict::pinned)) {
            return;
        }
        terminal.line("");
        terminal.line(terminal.styled(
                Style.DIM,
                opened.copied()
                        ? "Keys: as this copy first saw them from the collector. Compare them once with those of the installation,"
                                + " or pin them with --key."
                        : "Keys: as they stand beside the logs. This shows that each log is whole, not whose it is: whoever can"
                                + " replace the folder can replace the keys. Pin them with --key."));
    }

    /** For programs. */
    static ObjectNode machine(boolean holds, OpenedTrail opened, List<LogVerdict> verdicts, List<Finding> unattached)
            throws UsageException {
        final ObjectNode result = JSON.createObjectNode();
        result.put("holds", holds && opened.contradictions().isEmpty());
        final ArrayNode logs = result.putArray("logs");
        for (final LogVerdict verdict : verdicts) {
            final VerificationReport report = verdict.report();
            final Hash root = report.rootHash();
            final ObjectNode log = logs.addObject()
                    .put("log", verdict.name())
                    .put("holds", report.holds())
                    .put("size", report.size())
                    .put("root", root == null ? null : root.hex())
                    .put("keys_pinned", verdict.pinned())
                    .put(
                            "cosigned_at",
                            verdict.cosigned().map(Instant::toString).orElse(null));
            report.signers().forEach(key -> log.withArray("signers").add(key.toString()));
            log.put("opened", verdict.opened());
            new TreeMap<>(verdict.closed())
                    .forEach((why, count) -> log.withObject("sealed").put(why, count));
            verdict.stamps().forEach(stamp -> BundleText.machine(log.withArray("timestamps"), stamp));
            new TreeMap<>(verdict.blindSpots())
                    .forEach((kind, count) -> log.withObject("blind_spots").put(kind, count));
            opened.evidence(verdict.name())
                    .forEach(file -> log.withArray("evidence").add(file.toString()));
            report.expired().forEach(tombstone -> tombstone(log.withArray("expired"), tombstone));
            report.findings()
                    .forEach(finding -> finding(log.withArray("findings"), finding, eventId(verdict, finding)));
        }
        unattached.forEach(found -> finding(result.withArray("findings"), found, null));
        for (final Mirror.Contradicted found : opened.contradictions()) {
            finding(result.withArray("contradictions"), found.finding(), null)
                    .put("log", found.log())
                    .put("evidence", found.evidence().map(Path::toString).orElse(null));
        }
        return result;
    }

    private static void tombstone(ArrayNode expired, Tombstone tombstone) {
        final Tombstone.Why why = tombstone.why();
        expired.addObject()
                .put("first", tombstone.first())
                .put("last", tombstone.end() - 1)
                .put("class", why.retentionClass())
                .put("kept_days", why.keptDays())
                .put("decided_by", why.decidedBy())
                .put("from", why.from().toString())
                .put("until", why.until().toString())
                .put("since", why.expired().toString());
    }

    private static @Nullable UUID eventId(LogVerdict verdict, Finding finding) {
        final Long leaf = finding.leafIndex();
        return leaf == null ? null : verdict.eventIds().get(leaf);
    }

    private static ObjectNode finding(ArrayNode findings, Finding finding, @Nullable UUID event) {
        return findings.addObject()
                .put("kind", finding.kind().name().toLowerCase(Locale.ROOT))
                .put("leaf", finding.leafIndex())
                .put("event_id", event == null ? null : event.toString())
                .put("file", finding.file())
                .put("message", finding.message());
    }
}
