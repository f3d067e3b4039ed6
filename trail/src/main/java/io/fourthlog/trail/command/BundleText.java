package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.trail.proof.BundleVerdict;
import io.fourthlog.trail.timestamp.Timestamps;
import io.fourthlog.trail.timestamp.Token;
import io.fourthlog.trail.trace.Essentials;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What an evidence bundle proves, in words and for programs. */
final class BundleText {

    private static final JsonMapper JSON = new JsonMapper();

    private final Terminal terminal;

    BundleText(Terminal terminal) {
        this.terminal = terminal;
    }

    /** All that a bundle in a file proves. */
    void bundle(Path file, BundleVerdict verdict) {
        terminal.line(terminal.styled(Style.BOLD, "Evidence bundle ") + Essentials.printable(file.toString()));
        events(verdict);
        for (final String finding : verdict.findings()) {
            field(terminal.styled(Style.ALARM, "FOUND"), Essentials.printable(finding));
        }
        terminal.line("");
        field(
                "result",
                verdict.holds() ? terminal.styled(Style.GOOD, "holds") : terminal.styled(Style.ALARM, "DOES NOT HOLD"));
        if (!verdict.pinned()) {
            terminal.line(
                    terminal.styled(
                            Style.DIM,
                            "Keys: as they stand in the bundle. This shows that it is whole, not whose it is. Pin them with --key."));
        }
    }

    /** Each event with its proof, and what was not seen. */
    void events(BundleVerdict verdict) {
        final Map<String, BundleVerdict.ProvenLog> logs = verdict.logs().stream()
                .collect(Collectors.toMap(log -> log.checkpoint().origin(), Function.identity()));
        for (final BundleVerdict.Proven proven : verdict.events()) {
            final Event event = proven.event();
            terminal.line("");
            terminal.line(event.header().ts() + "  " + terminal.styled(Style.BOLD, Essentials.label(event)) + "  "
                    + Essentials.of(event));
            for (final BundleVerdict.ProvenMatch match : proven.matches()) {
                field(match.role().text(), Essentials.printable(match.part()) + ": " + words(match));
            }
            field(
                    "event",
                    event.header().eventId() + ", leaf " + proven.index() + " of "
                            + Essentials.printable(proven.log()));
            field("trace", event.header().traceId());
            field("workload", Essentials.printable(event.header().workloadId()));
            final BundleVerdict.ProvenLog log = logs.get(proven.log());
            if (log != null) {
                field("proof", proof(proven, log));
                field(
                        "existed",
                        log.firstOver(proven.index())
                                .map(stamp -> existed(stamp.token()))
                                .orElse("no timestamp says since when"));
            }
        }
        for (final BundleVerdict.Proven gap : verdict.gaps()) {
            final Event event = gap.event();
            field(
                    terminal.styled(Style.WARNING, "not seen"),
                    event.header().ts() + "  " + Essentials.of(event) + "  leaf " + gap.index() + " of "
                            + Essentials.printable(gap.log()));
        }
    }

    /** Since when, and says who. */
    private static String existed(Token.Stated token) {
        return "at " + token.at() + ", says " + Essentials.printable(token.authority())
                + (token.trusted() ? "" : ", whom nobody vouches for: --timestamp-ca");
    }

    /** What a stamp says of a log. */
    static String existed(Timestamps.Stamp stamp) {
        return Counted.of(stamp.size(), "event") + " existed " + existed(stamp.token());
    }

    private static String proof(BundleVerdict.Proven proven, BundleVerdict.ProvenLog log) {
        return Counted.of(proven.hashes(), "hash", "hashes") + " to root "
                + log.checkpoint().rootHash() + " of size "
                + log.checkpoint().size() + ", signed by "
                + log.signers().stream()
                        .map(key -> Essentials.printable(key.name()) + " (" + key.type() + ")")
                        .collect(Collectors.joining(", "))
                + log.cosigned().map(at -> ", cosigned at " + at).orElse(", cosigned by no witness");
    }

    private static String words(BundleVerdict.ProvenMatch match) {
        return switch (match.likeness()) {
            case "exact" -> "is the document, byte for byte";
            case "normalized" -> "is the document but for white space";
            default ->
                "has text in common with the document"
                        + (match.proven() ? "" : ", says the bundle; --document and --hmac check that");
        };
    }

    private void field(String name, String value) {
        terminal.field("workload".length(), name, value);
    }

    /** For programs. */
    static ObjectNode machine(BundleVerdict verdict) {
        final ObjectNode result =
                JSON.createObjectNode().put("holds", verdict.holds()).put("keys_pinned", verdict.pinned());
        verdict.findings().forEach(result.putArray("findings")::add);
        final ArrayNode logs = result.putArray("logs");
        for (final BundleVerdict.ProvenLog log : verdict.logs()) {
            final ObjectNode each = logs.addObject()
                    .put("log", log.checkpoint().origin())
                    .put("size", log.checkpoint().size())
                    .put("root", log.checkpoint().rootHash().hex())
                    .put("cosigned_at", log.cosigned().map(Instant::toString).orElse(null));
            log.stamps().forEach(stamp -> machine(each.withArray("timestamps"), stamp.size(), stamp.token()));
            log.signers().forEach(key -> each.withArray("signers").add(key.toString()));
        }
        final ArrayNode events = result.putArray("events");
        for (final BundleVerdict.Proven proven : verdict.events()) {
            final ArrayNode matches = leaf(events, proven).putArray("matches");
            for (final BundleVerdict.ProvenMatch match : proven.matches()) {
                matches.addObject()
                        .put("field", match.field())
                        .put("part", match.part())
                        .put("role", match.role().text())
                        .put("likeness", match.likeness())
                        .put("proven", match.proven());
            }
        }
        final ArrayNode gaps = result.putArray("gaps");
        verdict.gaps().forEach(gap -> leaf(gaps, gap));
        return result;
    }

    /** A stamp for programs. */
    static void machine(ArrayNode stamps, Timestamps.Stamp stamp) {
        machine(stamps, stamp.size(), stamp.token());
    }

    private static void machine(ArrayNode stamps, long size, Token.Stated token) {
        stamps.addObject()
                .put("size", size)
                .put("at", token.at().toString())
                .put("authority", token.authority())
                .put("trusted", token.trusted());
    }

    private static ObjectNode leaf(ArrayNode leaves, BundleVerdict.Proven proven) {
        return leaves.addObject()
                .put("event_id", proven.event().header().eventId().toString())
                .put("trace_id", proven.event().header().traceId())
                .put("ts", proven.event().header().ts().toString())
                .put("workload_id", proven.event().header().workloadId())
                .put("log", proven.log())
                .put("leaf", proven.index())
                .put("proof_hashes", proven.hashes());
    }
}
