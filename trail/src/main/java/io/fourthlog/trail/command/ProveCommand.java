package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.fingerprint.Winnowing;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.incident.Document;
import io.fourthlog.trail.proof.BundleVerdict;
import io.fourthlog.trail.proof.BundleVerifier;
import io.fourthlog.trail.proof.DocumentSearch;
import io.fourthlog.trail.proof.EvidenceBundle;
import io.fourthlog.trail.reading.Selection;
import io.fourthlog.trail.reading.Trail;
import io.fourthlog.trail.timestamp.Timestamps;
import io.fourthlog.trail.timestamp.TokenException;
import io.fourthlog.trail.trace.Essentials;
import io.fourthlog.trail.verify.LogVerdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code fourthlog prove}: which invocation a document is from, with a proof; or that none is known, and how sure that is. What
 * it prints of an event was checked as {@code fourthlog verify} checks the bundle.
 */
@Command(
        name = "prove",
        description =
                "Finds the model and tool invocations that a document came from or went to, and proves each: the event,"
                        + " and that it is in a signed log. Without any, it says how much was compared and what was not seen.",
        exitCodeListHeading = "%nExit codes%n",
        exitCodeList = {"0:found and proven", "1:not found, or the trail does not hold", "2:bad usage or input"},
        mixinStandardHelpOptions = true)
final class ProveCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(paramLabel = "FILE", description = "the document; text is compared as UTF-8")
    private @Nullable Path file;

    @Option(
            names = "--bundle",
            paramLabel = "OUT.json",
            description = "write the evidence here: fourthlog verify OUT.json checks it offline")
    private @Nullable Path bundle;

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private InstallationKeyOption hmac = new InstallationKeyOption();

    @Mixin
    private KeyOptions keys = new KeyOptions();

    @Mixin
    private TimestampOptions timestampCa = new TimestampOptions();

    @Mixin
    private SelectionOptions selection = new SelectionOptions();

    @Mixin
    private Source source = new Source();

    ProveCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** All that came of it. */
    private record Proof(
            Document document,
            DocumentSearch.Result result,
            EvidenceBundle bundle,
            BundleVerdict verdict,
            List<String> findings) {

        boolean found() {
            return !verdict.events().isEmpty();
        }
    }

    @Override
    public Integer call() throws UsageException {
        final Document document = Document.load(Objects.requireNonNull(file), hmac.load());
        final Selection range = selection.selection(null);
        final List<VerifierKey> given = keys.given();
        final Source.Opened opened = source.open(terminal);
        final Proof proof = prove(document, range, given, opened);
        if (bundle != null && proof.found()) {
            write(bundle, proof.bundle());
        }
        if (output.isTable()) {
            table(proof);
        } else {
            output.write(machine(proof), terminal);
        }
        final int code = opened.report(terminal);
        return proof.found() && proof.findings().isEmpty() ? code : ExitCode.FINDING;
    }

    private Proof prove(Document document, Selection range, List<VerifierKey> given, Source.Opened opened)
            throws UsageException {
        final List<String> findings = new ArrayList<>();
        final List<X509Certificate> authorities = timestampCa.trusted();
        final Timestamps timestamps = opened.timestamps(authorities);
        timestamps.findings().forEach(finding -> findings.add(finding.file() + ": " + finding.message()));
        for (final LogVerdict verdict : opened.verify(given, timestamps, terminal)) {
            verdict.findings().forEach(finding -> findings.add(verdict.name() + ": " + verdict.describe(finding)));
        }
        final Trail trail = opened.trail();
        final DocumentSearch.Result result =
                DocumentSearch.search(trail, document, range, (done, of) -> terminal.progress("searching", done, of));
        terminal.clearProgress();
        final List<VerifierKey> known = new ArrayList<>(given);
        trail.witness().ifPresent(known::add);
        trail.lastingWitness().ifPresent(known::add);
        final EvidenceBundle evidence;
        try {
            evidence = EvidenceBundle.of(
                    result,
                    document,
                    range,
                    known,
                    timestamps,
                    trail.subjects(),
                    Clock.systemUTC().instant());
        } catch (IOException | TokenException | EventFormatException e) {
            throw new UsageException(
                    "cannot make the proofs: " + e.getMessage() + "; fourthlog verify " + trail.directory()
                            + " says what is wrong with the trail",
                    e);
        }
        final BundleVerdict verdict = BundleVerifier.verify(evidence, given, authorities, Optional.of(document));
        findings.addAll(verdict.findings());
        return new Proof(document, result, evidence, verdict, findings);
    }

    private static void write(Path to, EvidenceBundle evidence) throws UsageException {
        try {
            Files.write(to, evidence.bytes());
        } catch (IOException e) {
            throw new UsageException("cannot write the bundle: " + e, e);
        }
    }

    private void table(Proof proof) {
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

    private static ObjectNode machine(Proof proof) {
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
