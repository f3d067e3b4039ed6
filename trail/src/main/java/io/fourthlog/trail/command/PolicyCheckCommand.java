package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.PolicyLint;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.author.PolicyReader;
import io.fourthlog.trail.UsageException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code fourthlog policy check}: what is wrong with policies, and what is right and probably not meant. */
@Command(
        name = "check",
        description =
                "Says what is wrong with policies and where, and which rules never fire, always fire, never decide or"
                        + " may go over their budget.",
        mixinStandardHelpOptions = true)
final class PolicyCheckCommand implements Callable<Integer> {

    private static final JsonMapper JSON = new JsonMapper();
    private static final String ERROR = "error";

    private final Terminal terminal;
    private final Clock clock = Clock.systemUTC();

    @Parameters(arity = "1..*", paramLabel = "FILE|DIR", description = "policies, as kubectl apply takes them")
    private List<Path> named = List.of();

    @Mixin
    private OutputOption output = new OutputOption();

    /** One thing that was found; {@code kind} is an error, or what the linter calls it. */
    private record Found(Path file, String policy, String path, String kind, String message) {}

    PolicyCheckCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws UsageException {
        final List<Path> files = PolicyFiles.policies(named);
        final List<Found> found = new ArrayList<>();
        int policies = 0;
        for (final Path file : files) {
            final PolicyReader.Result read = PolicyReader.read(PolicyFiles.text(file));
            policies += read.policies().size();
            check(file, read, found);
        }
        if (output.isTable()) {
            table(files.size(), policies, found);
        } else {
            output.write(machine(files.size(), policies, found), terminal);
        }
        return found.isEmpty() ? ExitCode.HOLDS : ExitCode.FINDING;
    }

    private void check(Path file, PolicyReader.Result read, List<Found> found) {
        final List<PolicyError> errors = new ArrayList<>(read.errors());
        errors.addAll(PolicyCompiler.compile(read.sources(), clock.instant()).errors());
        errors.forEach(error -> found.add(new Found(file, error.policyId(), error.path(), ERROR, error.message())));
        for (final PolicySource policy : read.sources()) {
            PolicyLint.check(policy, clock.instant())
                    .forEach(finding -> found.add(new Found(
                            file,
                            finding.policyId(),
                            finding.path(),
                            finding.kind().name().toLowerCase(Locale.ROOT),
                            finding.message())));
        }
    }

    private void table(int files, int policies, List<Found> found) {
        for (final Found each : found) {
            terminal.line(terminal.styled(each.kind().equals(ERROR) ? Style.ALARM : Style.WARNING, each.kind()) + "  "
                    + PolicyFiles.fault(each.file(), each.policy(), each.path(), each.message()));
        }
        final long errors =
                found.stream().filter(each -> each.kind().equals(ERROR)).count();
        terminal.line(Counted.of(files, "file") + ", " + Counted.of(policies, "policy", "policies") + ": "
                + (found.isEmpty()
                        ? terminal.styled(Style.GOOD, "nothing found")
                        : Counted.of(errors, "error") + ", " + Counted.of(found.size() - errors, "warning")));
    }

    private static ObjectNode machine(int files, int policies, List<Found> found) {
        final ObjectNode result = JSON.createObjectNode()
                .put("holds", found.isEmpty())
                .put("files", files)
                .put("policies", policies);
        final ArrayNode findings = result.putArray("findings");
        for (final Found each : found) {
            findings.addObject()
                    .put("file", each.file().toString())
                    .put("policy", each.policy())
                    .put("path", each.path())
                    .put("kind", each.kind())
                    .put("message", each.message());
        }
        return result;
    }
}
