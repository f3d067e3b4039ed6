package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.policy.author.PolicyTests;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.trace.Essentials;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code fourthlog policy test}: whether policies decide what their tests say. */
@Command(
        name = "test",
        description = "Runs the tests of policies: which event, after which others, is to be decided how.",
        mixinStandardHelpOptions = true)
final class PolicyTestCommand implements Callable<Integer> {

    private static final JsonMapper JSON = new JsonMapper();

    private final Terminal terminal;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE|DIR",
            description = "tests (NAME.test.yaml), policies with tests beside them, or folders of them")
    private List<Path> named = List.of();

    @Mixin
    private OutputOption output = new OutputOption();

    PolicyTestCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws UsageException {
        final Map<Path, PolicyTests.Report> reports = new LinkedHashMap<>();
        for (final Path file : PolicyFiles.tests(named)) {
            try {
                reports.put(file, PolicyTests.run(file));
            } catch (IOException e) {
                throw new UsageException("cannot read " + file + " and its policies: " + e, e);
            }
        }
        if (output.isTable()) {
            table(reports);
        } else {
            output.write(machine(reports), terminal);
        }
        reports.forEach(
                (file, report) -> report.errors().forEach(error -> terminal.complain(PolicyFiles.fault(file, error))));
        if (reports.values().stream().anyMatch(report -> !report.errors().isEmpty())) {
            return ExitCode.USAGE;
        }
        return reports.values().stream().allMatch(PolicyTests.Report::passed) ? ExitCode.HOLDS : ExitCode.FINDING;
    }

    private void table(Map<Path, PolicyTests.Report> reports) {
        reports.forEach(this::file);
        final List<PolicyTests.Outcome> outcomes = reports.values().stream()
                .flatMap(report -> report.outcomes().stream())
                .toList();
        final long passed =
                outcomes.stream().filter(PolicyTests.Outcome::passed).count();
        terminal.line(Counted.of(reports.size(), "file") + ", " + Counted.of(outcomes.size(), "test") + ": "
                + (passed == outcomes.size()
                        ? terminal.styled(Style.GOOD, "all pass")
                        : terminal.styled(Style.ALARM, (outcomes.size() - passed) + " FAIL")));
    }

    private void file(Path file, PolicyTests.Report report) {
        if (!report.errors().isEmpty()) {
            terminal.line(terminal.styled(Style.ALARM, "NOT RUN") + "  " + file);
            return;
        }
        terminal.line(
                (report.passed() ? terminal.styled(Style.GOOD, "pass   ") : terminal.styled(Style.ALARM, "FAIL   "))
                        + "  " + file + "  " + Counted.of(report.outcomes().size(), "test"));
        for (final PolicyTests.Outcome outcome : report.outcomes()) {
            if (!outcome.passed()) {
                terminal.line("         " + Essentials.printable(outcome.name()));
                outcome.failures().forEach(failure -> terminal.line("           " + Essentials.printable(failure)));
            }
        }
    }

    private static ObjectNode machine(Map<Path, PolicyTests.Report> reports) {
        final ObjectNode result =
                JSON.createObjectNode().put("holds", reports.values().stream().allMatch(PolicyTests.Report::passed));
        final ArrayNode files = result.putArray("files");
        reports.forEach((path, report) -> {
            final ObjectNode file = files.addObject().put("file", path.toString());
            final ArrayNode tests = file.putArray("tests");
            for (final PolicyTests.Outcome outcome : report.outcomes()) {
                final ArrayNode failures = tests.addObject()
                        .put("name", outcome.name())
                        .put("passed", outcome.passed())
                        .putArray("failures");
                outcome.failures().forEach(failures::add);
            }
            final ArrayNode errors = file.putArray("errors");
            report.errors().forEach(error -> errors.add(PolicyFiles.fault(path, error)));
        });
        return result;
    }
}
