package io.fourthlog.trail.command;

import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.log.VerifierKey;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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

    @Override
    public Integer call() throws UsageException {
        final Document document = Document.load(Objects.requireNonNull(file), hmac.load());
        final Selection range = selection.selection(null);
        final List<VerifierKey> given = keys.given();
        final OpenedTrail opened = source.open(terminal);
        final ProofText.Proof proof = prove(document, range, given, opened);
        if (bundle != null && proof.found()) {
            write(bundle, proof.bundle());
        }
        if (output.isTable()) {
            new ProofText(terminal).proof(proof, bundle);
        } else {
            output.write(ProofText.machine(proof), terminal);
        }
        final int code = opened.report(terminal);
        return proof.found() && proof.findings().isEmpty() ? code : ExitCode.FINDING;
    }

    private ProofText.Proof prove(Document document, Selection range, List<VerifierKey> given, OpenedTrail opened)
            throws UsageException {
        final List<X509Certificate> authorities = timestampCa.trusted();
        final Timestamps timestamps = opened.timestamps(authorities);
        final List<String> findings = opened.findings(given, timestamps, terminal);
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
        return new ProofText.Proof(document, result, evidence, verdict, findings);
    }

    private static void write(Path to, EvidenceBundle evidence) throws UsageException {
        try {
            Files.write(to, evidence.bytes());
        } catch (IOException e) {
            throw new UsageException("cannot write the bundle: " + e, e);
        }
    }
}
