package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.incident.Answer;
import io.fourthlog.trail.incident.Document;
import io.fourthlog.trail.incident.Incident;
import io.fourthlog.trail.reading.Found;
import io.fourthlog.trail.reading.Selection;
import io.fourthlog.trail.reading.TrailScan;
import io.fourthlog.trail.trace.Essentials;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fourthlog ninety-day-test}: what an incident asks, and how sure the answers are. */
@Command(
        name = "ninety-day-test",
        description =
                "Answers the five questions of an incident for some traces: what triggered it, which tools, which data,"
                        + " did a document leave, and as whom; each with how sure it is.",
        mixinStandardHelpOptions = true)
final class NinetyDayTestCommand implements Callable<Integer> {

    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_SHOWN = 40; // facts of an answer

    private final Terminal terminal;

    @Parameters(
            arity = "0..1",
            paramLabel = "TRACE_ID",
            description = "32 hex digits; all traces that fit if none is given")
    private @Nullable String traceId;

    @Option(names = "--model-call", paramLabel = "EVENT_ID", description = "ask about this model call only")
    private @Nullable UUID modelCall;

    @Mixin
    private DocumentOptions document = new DocumentOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private SelectionOptions selection = new SelectionOptions();

    @Mixin
    private Source source = new Source();

    NinetyDayTestCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws UsageException {
        final Optional<Document> sought = document.load();
        final Selection asked = selection.selection(traceId);
        final OpenedTrail opened = source.open(terminal);
        final List<String> findings = findings(opened);
        final Found found = new TrailScan(opened.trail()).find(asked, 0);
        final Incident incident = new Incident(found);
        final List<Answer> answers = List.of(
                incident.trigger(),
                incident.tools(),
                incident.resources(),
                incident.leak(sought, Optional.ofNullable(modelCall)),
                incident.identity());
        if (output.isTable()) {
            table(found, findings, answers);
        } else {
            output.write(machine(found, findings, answers), terminal);
        }
        final int code = opened.report(terminal);
        return findings.isEmpty() ? code : ExitCode.FINDING;
    }

    /** An answer from a trail that does not hold is worth less, so it is verified first. */
    private List<String> findings(OpenedTrail opened) throws UsageException {
        return opened.findings(List.of(), opened.timestamps(List.of()), terminal);
    }

    private void table(Found found, List<String> findings, List<Answer> answers) {
        final int events = found.traces().values().stream().mapToInt(List::size).sum();
        terminal.line(terminal.styled(Style.BOLD, "Ninety-day test") + "  "
                + Counted.of(found.traces().size(), "trace") + ", " + Counted.of(events, "event") + "; the trail "
                + (findings.isEmpty()
                        ? terminal.styled(Style.GOOD, "holds")
                        : terminal.styled(Style.ALARM, "DOES NOT HOLD: " + Essentials.printable(findings.getFirst()))));
        int number = 0;
        for (final Answer answer : answers) {
            number++;
            terminal.line("");
            terminal.line(terminal.styled(Style.BOLD, number + ". " + answer.question()) + "  "
                    + terminal.styled(
                            style(answer.certainty()), "[" + answer.certainty().text() + "]"));
            if (answer.facts().isEmpty()) {
                terminal.line("   none was seen");
            }
            answer.facts().stream()
                    .limit(MAX_SHOWN)
                    .forEach(fact -> terminal.line("   " + Essentials.printable(fact.text())));
            if (answer.facts().size() > MAX_SHOWN) {
                terminal.line("   and " + (answer.facts().size() - MAX_SHOWN) + " more: --output json has all");
            }
            answer.caveats()
                    .forEach(caveat -> terminal.line(
                            terminal.styled(Style.WARNING, "   not known: " + Essentials.printable(caveat))));
        }
    }

    private static Style style(Answer.Certainty certainty) {
        return switch (certainty) {
            case COMPLETE -> Style.GOOD;
            case GAPS -> Style.WARNING;
            case UNKNOWN -> Style.ALARM;
        };
    }

    private static ObjectNode machine(Found found, List<String> findings, List<Answer> answers) {
        final ObjectNode result = JSON.createObjectNode().put("holds", findings.isEmpty());
        findings.forEach(result.putArray("findings")::add);
        found.traces().keySet().forEach(result.putArray("traces")::add);
        final ArrayNode all = result.putArray("answers");
        for (final Answer answer : answers) {
            final ObjectNode each = all.addObject()
                    .put("question", answer.question())
                    .put("certainty", answer.certainty().name().toLowerCase(Locale.ROOT));
            final ArrayNode facts = each.putArray("facts");
            answer.facts().forEach(fact -> facts.add(JSON.valueToTree(fact.fields())));
            answer.caveats().forEach(each.putArray("caveats")::add);
        }
        return result;
    }
}
