package io.fourthlog.trail.command;

import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.proof.BundleVerdict;
import io.fourthlog.trail.proof.BundleVerifier;
import io.fourthlog.trail.proof.Equivocation;
import io.fourthlog.trail.proof.Evidence;
import io.fourthlog.trail.proof.EvidenceBundle;
import io.fourthlog.trail.timestamp.Timestamps;
import io.fourthlog.trail.verify.LogVerdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code fourthlog verify}: whether the trail is whole, and as it was signed for. */
@Command(
        name = "verify",
        description =
                "Recomputes every hash of every log, or of a file of evidence, checks the signatures, and names what"
                        + " does not hold.",
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR|BUNDLE",
            description =
                    "folder of the trail, the same as --trail; or an evidence bundle of fourthlog prove; or evidence against a"
                            + " log, of a trail's folder evidence")
    private @Nullable Path named;

    @Mixin
    private KeyOptions keys = new KeyOptions();

    @Mixin
    private TimestampOptions timestampCa = new TimestampOptions();

    @Mixin
    private DocumentOptions document = new DocumentOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private Source source = new Source();

    VerifyCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws UsageException {
        final List<VerifierKey> given = keys.given();
        if (named != null && Files.isRegularFile(named)) {
            return evidence(named, given);
        }
        if (document.named()) {
            throw new UsageException(
                    "--document goes with an evidence bundle: fourthlog prove FILE looks for it in a trail");
        }
        final OpenedTrail opened = source.open(named, terminal);
        if (opened.trail().logs().isEmpty() && opened.contradictions().isEmpty()) {
            throw new UsageException(opened.trail().directory() + " holds no log yet: there is nothing to verify");
        }
        final Timestamps timestamps = opened.timestamps(timestampCa.trusted());
        final List<LogVerdict> verdicts = opened.verify(given, timestamps, terminal);
        final List<Finding> unattached = opened.unattached(given, timestamps, verdicts);
        final boolean holds = unattached.isEmpty()
                && verdicts.stream().allMatch(verdict -> verdict.report().holds());
        if (output.isTable()) {
            new VerdictText(terminal).trail(opened, verdicts, unattached);
        } else {
            output.write(VerdictText.machine(holds, opened, verdicts, unattached), terminal);
        }
        final int code = opened.report(terminal);
        return holds ? code : ExitCode.FINDING;
    }

    private int evidence(Path file, List<VerifierKey> given) throws UsageException {
        return switch (Evidence.read(file)) {
            case EvidenceBundle bundle -> bundle(file, bundle, given);
            case Equivocation caught -> equivocation(file, caught, given);
        };
    }

    private int bundle(Path file, EvidenceBundle bundle, List<VerifierKey> given) throws UsageException {
        final BundleVerdict verdict = BundleVerifier.verify(bundle, given, timestampCa.trusted(), document.load());
        if (output.isTable()) {
            new BundleText(terminal).bundle(file, verdict);
        } else {
            output.write(BundleText.machine(verdict), terminal);
        }
        return verdict.holds() ? ExitCode.HOLDS : ExitCode.FINDING;
    }

    private int equivocation(Path file, Equivocation caught, List<VerifierKey> given) throws UsageException {
        if (document.named()) {
            throw new UsageException("--document goes with an evidence bundle of fourthlog prove, and " + file
                    + " is evidence against a log");
        }
        final Equivocation.Verdict verdict = caught.verify(given);
        if (output.isTable()) {
            new EquivocationText(terminal).equivocation(file, caught, verdict);
        } else {
            output.write(EquivocationText.machine(caught, verdict), terminal);
        }
        return verdict.proven() ? ExitCode.HOLDS : ExitCode.FINDING;
    }
}
