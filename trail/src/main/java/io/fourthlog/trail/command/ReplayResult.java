package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import io.fourthlog.policy.author.Replay;
import io.fourthlog.trail.trace.Essentials;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What came of a replay, as it is written.
 *
 * @param namespace whose events were judged; empty for all
 * @param sources of the policies that judged
 * @param unreadable leaves of the trail that are no events
 */
record ReplayResult(
        Optional<String> namespace, Replay.Report report, List<PolicySource> sources, List<String> unreadable) {

    private static final JsonMapper JSON = new JsonMapper();

    ReplayResult {
        sources = List.copyOf(sources);
        unreadable = List.copyOf(unreadable);
    }

    /** A row for each rule, in the order of policies and rules; also for those that never fire. */
    private List<Replay.Row> rows() {
        final List<Replay.Row> rows = new ArrayList<>();
        for (final PolicySource policy : sources) {
            for (final RuleSource rule : policy.rules()) {
                rows.add(report.rows().stream()
                        .filter(row ->
                                row.policyId().equals(policy.id()) && row.rule().equals(rule.name()))
                        .findFirst()
                        .orElse(new Replay.Row(policy.id(), rule.name(), 0, 0, 0, 0, 0, 0, 0, List.of())));
            }
        }
        return rows;
    }

    void table(Terminal terminal) {
        terminal.line(terminal.styled(Style.BOLD, "Replay") + "  "
                + Counted.of(report.events(), "event")
                + namespace.map(name -> " of " + name).orElse("") + ": "
                + (report.denied() == 0
                        ? terminal.styled(Style.GOOD, "none would be denied")
                        : terminal.styled(Style.ALARM, report.denied() + " would be denied") + ", "
                                + report.newlyDenied() + " of them not at the time"));
        terminal.line("");
        final List<Replay.Row> rows = rows();
        final int width = Math.max(
                "RULE".length(),
                rows.stream().mapToInt(row -> name(row).length()).max().orElse(0));
        final String format = "%-" + width + "s  %10s  %10s  %s";
        terminal.line(
                terminal.styled(Style.BOLD, String.format(format, "RULE", "WOULD DENY", "WOULD FLAG", "EXAMPLES")));
        for (final Replay.Row row : rows) {
            final List<String> notes = notes(row);
            final String first = notes.isEmpty() ? "" : notes.getFirst();
            final String line = String.format(format, name(row), row.deny(), row.flag(), first)
                    .stripTrailing();
            terminal.line(row.deny() > 0 ? terminal.styled(Style.ALARM, line) : line);
            notes.stream().skip(1).forEach(note -> terminal.line(String.format(format, "", "", "", note)));
        }
        terminal.line("");
        if (report.againstRecord().isEmpty()) {
            terminal.line("Against the decisions in the trail: none changes");
        } else {
            terminal.line("Against the decisions in the trail:");
            report.againstRecord()
                    .forEach(change -> terminal.line("  " + change.before().wire() + " → "
                            + change.now().wire() + "  " + Counted.of(change.events(), "event")));
        }
        unreadable.forEach(
                leaf -> terminal.line(terminal.styled(Style.WARNING, "not an event: " + Essentials.printable(leaf))));
        terminal.line(terminal.styled(
                Style.DIM,
                "Not in a trail: labels of pods, so that podSelector selects all (--workload narrows), and where tools"
                        + " connected to."));
    }

    private static String name(Replay.Row row) {
        return Essentials.printable(row.policyId() + "/" + row.rule());
    }

    /** What there is to say beside a rule's figures. */
    private static List<String> notes(Replay.Row row) {
        final List<String> notes = new ArrayList<>();
        if (row.overridden() > 0) {
            notes.add("an exception holds for " + row.overridden() + " more");
        }
        if (row.failed() > 0) {
            notes.add("could not be evaluated on " + row.failed() + " of these");
        }
        for (final Replay.Example example : row.examples()) {
            notes.add(Essentials.printable(example.ts().truncatedTo(ChronoUnit.MILLIS) + "  trace " + example.traceId()
                    + "  " + example.message()));
        }
        return notes;
    }

    ObjectNode machine() {
        final ObjectNode result = JSON.createObjectNode()
                .put("namespace", namespace.orElse(null))
                .put("events", report.events())
                .put("denied", report.denied())
                .put("newly_denied", report.newlyDenied());
        final ArrayNode rules = result.putArray("rules");
        for (final Replay.Row row : rows()) {
            final ArrayNode examples = rules.addObject()
                    .put("policy", row.policyId())
                    .put("rule", row.rule())
                    .put("would_deny", row.deny())
                    .put("would_flag", row.flag())
                    .put("would_allow", row.allow())
                    .put("overridden", row.overridden())
                    .put("not_evaluated", row.failed())
                    .putArray("examples");
            for (final Replay.Example example : row.examples()) {
                examples.addObject()
                        .put("event_id", example.eventId().toString())
                        .put("trace_id", example.traceId())
                        .put("ts", example.ts().toString())
                        .put("workload_id", example.workloadId())
                        .put("message", example.message());
            }
        }
        final ArrayNode changes = result.putArray("against_record");
        for (final Replay.Change change : report.againstRecord()) {
            changes.addObject()
                    .put("before", change.before().wire())
                    .put("now", change.now().wire())
                    .put("events", change.events());
        }
        unreadable.forEach(result.putArray("unreadable")::add);
        return result;
    }
}
