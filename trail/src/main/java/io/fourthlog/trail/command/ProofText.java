package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.fingerprint.Winnowing;
import io.fourthlog.trail.incident.Document;
import io.fourthlog.trail.proof.BundleVerdict;
import io.fourthlog.trail.proof.DocumentSearch;
import io.fourthlog.trail.proof.EvidenceBundle;
import io.fourthlog.trail.trace.Essentials;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What {@code prove} says of a document. */
final class ProofText {

    /** All that came of a search. */
    record Proof(
            Document document,
            DocumentSearch.Result result,
            EvidenceBundle bundle,
            BundleVerdict verdict,
            List<String> findings) {

        boolean found() {
            return !verdict.events().isEmpty();
        }
    }

    private final Terminal terminal;

    ProofText(Terminal terminal) {
        this.terminal = terminal;
    }

    /** @param bundle where the evidence was to be written, if it was */
    void proof(Proof proof, @Nullable Path bundle) {
        final DocumentSearch.Result result = proof.result();
        terminal.line(terminal.styled(
                        Style.BOLD, Essentials.printable(proof.document().name())) + "  SHA-256 "
                + proof.document().sha256());
        for (final DocumentSearch.Searched log : result.logs()) {
            terminal.line("  searched  " + Essentials.printable(log.log()) + ": " + log.events() + " of its "
                    + Counted.of(log.size(), "event")
                    + log.from()
                            .map(from -> ", from " + from + " to " + log.to().orElse(from))
                            .orElse(""));
        }
        terminal.line("  compared  " + Counted.of(result.parts(), "text part") + " of "
                + Counted.of(result.invocations(), "invocation"));
        terminal.line("  excerpts  " + resolution(proof));
        new BundleText(terminal).events(proof.verdict());
        if (result.blind() > result.gaps().size()) {
            terminal.line("  and " + (result.blind() - result.gaps().size()) + " more gaps");
        }
        new TreeMap<>(result.notCompared())
                .forEach((why, count) -> terminal.line(terminal.styled(
                        Style.WARNING, "  not known " + Essentials.printable(why) + " (" + count + "×)")));
        for (final String finding : proof.findings()) {
            terminal.line(terminal.styled(Style.ALARM, "  FOUND     ") + Essentials.printable(finding));
        }
        terminal.line("");
        terminal.line("  result    " + outcome(proof));
        if (bundle != null) {
            terminal.line("  bundle    "
                    + (proof.found() ? bundle.toString() : "none was written: there is nothing to prove"));
        }
    }

    private static String resolution(Proof proof) {
        if (!proof.document().recognisesExcerpts()) {
            return "were not looked for: that takes the installation's key, --hmac";
        }
        final int longest = (int) Math.min(Integer.MAX_VALUE / 2, proof.result().longest());
        return "noticed for certain from " + Winnowing.guarantee(0) + " bytes on (k = " + Winnowing.GRAM + ", w = "
                + Winnowing.window(0) + "; white space counts as one byte)"
                + (Winnowing.window(longest) > Winnowing.window(0)
                        ? ", and from " + Winnowing.guarantee(longest) + " in the longest part ("
                                + Essentials.bytes(longest) + ", w = " + Winnowing.window(longest) + ")"
                        : "");
    }

    private String outcome(Proof proof) {
        final DocumentSearch.Result result = proof.result();
        final String worth =
                proof.findings().isEmpty() ? "" : terminal.styled(Style.ALARM, "; but THE TRAIL DOES NOT HOLD");
        if (proof.found()) {
            return terminal.styled(Style.GOOD, "found in " + Counted.of(result.sighted(), "invocation"))
                    + (result.sighted() > result.sightings().size()
                            ? ", of which the first " + result.sightings().size() + " are shown"
                            : "")
                    + worth;
        }
        return "nothing in this range matches, and "
                + (result.complete()
                        ? "the sensors saw all of it"
                        : terminal.styled(
                                Style.WARNING,
                                Counted.of(result.blind(), "gap") + " and "
                                        + Counted.of(result.notCompared().size(), "other reason")
                                        + " above may hide it"))
                + worth;
    }

    /** For programs. */
    static ObjectNode machine(Proof proof) {
        final DocumentSearch.Result result = proof.result();
        final ObjectNode machine = BundleText.machine(proof.verdict());
        machine.put("holds", proof.findings().isEmpty());
        final ArrayNode findings = machine.putArray("findings");
        proof.findings().forEach(findings::add);
        machine.put("found", proof.found())
                .put("sha256", proof.document().sha256())
                .put("sighted", result.sighted())
                .put("complete", result.complete())
                .put("invocations", result.invocations())
                .put("parts", result.parts())
                .put("gaps_in_range", result.blind());
        new TreeMap<>(result.notCompared())
                .forEach((why, count) -> machine.withObject("not_compared").put(why, count));
        final int longest = (int) Math.min(Integer.MAX_VALUE / 2, result.longest());
        machine.putObject("excerpts")
                .put("recognised", proof.document().recognisesExcerpts())
                .put("k", Winnowing.GRAM)
                .put("w", Winnowing.window(0))
                .put("guaranteed_bytes", Winnowing.guarantee(0))
                .put("guaranteed_bytes_in_longest_part", Winnowing.guarantee(longest));
        final ArrayNode searched = machine.putArray("searched");
        for (final DocumentSearch.Searched log : result.logs()) {
            searched.addObject()
                    .put("log", log.log())
                    .put("size", log.size())
                    .put("events", log.events())
                    .put("from", log.from().map(Object::toString).orElse(null))
                    .put("to", log.to().map(Object::toString).orElse(null));
        }
        return machine;
    }
}
