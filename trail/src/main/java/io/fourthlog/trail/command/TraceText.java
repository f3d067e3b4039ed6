package io.fourthlog.trail.command;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.trail.reading.Found;
import io.fourthlog.trail.reading.LoggedEvent;
import io.fourthlog.trail.trace.Essentials;
import io.fourthlog.trail.trace.TraceTree;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Writes traces for people: a line for each event, with the time since the first on the left and the causes as a tree. */
final class TraceText {

    private static final int MAX_INDENT = 16; // levels; deeper ones stay in that column, and the arrow says so
    private static final int LABEL = 8; // columns
    private static final int MAX_UNREADABLE = 5;

    private final Terminal terminal;
    private final boolean everything;

    /**
     * @param everything also what policy allowed without a rule, which is a line for most events
     */
    TraceText(Terminal terminal, boolean everything) {
        this.terminal = terminal;
        this.everything = everything;
    }

    void write(Found found) {
        if (found.traces().isEmpty()) {
            terminal.line("No trace fits.");
        }
        if (found.more() > 0) {
            terminal.line(terminal.styled(
                    Style.DIM,
                    Counted.of(found.more(), "earlier trace is", "earlier traces are")
                            + " not shown: --limit 0 shows all"));
            terminal.line("");
        }
        boolean first = true;
        for (final Map.Entry<String, List<LoggedEvent>> trace : found.traces().entrySet()) {
            if (!first) {
                terminal.line("");
            }
            first = false;
            trace(trace.getKey(), trace.getValue());
        }
        found.gaps().forEach(this::gap);
        found.expired()
                .forEach(gone -> terminal.line(
                        terminal.styled(Style.DIM, "not there any more: " + Essentials.printable(gone.text()))));
        found.sealed()
                .forEach((why, count) -> terminal.line(
                        terminal.styled(Style.WARNING, Counted.of(count, "event") + " " + Essentials.printable(why))));
        found.unreadable().stream()
                .limit(MAX_UNREADABLE)
                .forEach(leaf ->
                        terminal.line(terminal.styled(Style.ALARM, "not an event: " + Essentials.printable(leaf))));
        if (found.unreadable().size() > MAX_UNREADABLE) {
            terminal.line(terminal.styled(
                    Style.ALARM, "and " + (found.unreadable().size() - MAX_UNREADABLE) + " more that are no events"));
        }
    }

    private void trace(String traceId, List<LoggedEvent> events) {
        final Instant start = events.getFirst().ts();
        final Duration length = Duration.between(start, events.getLast().ts());
        terminal.line(terminal.styled(Style.BOLD, "trace " + traceId) + "  " + start.truncatedTo(ChronoUnit.MILLIS)
                + "  " + seconds(length) + "  " + Counted.of(events.size(), "event"));
        final String workloads = events.stream()
                .map(event -> event.event().header().workloadId())
                .distinct()
                .collect(Collectors.joining(", "));
        terminal.line(terminal.styled(Style.DIM, Essentials.printable(workloads)));
        final List<Boolean> lastAbove =
                new ArrayList<>(); // whether the ancestor of each level is the last of its siblings
        for (final TraceTree.Node node : TraceTree.of(everything ? events : withoutAllowed(events))) {
            line(node, lastAbove, start);
        }
    }

    private static List<LoggedEvent> withoutAllowed(List<LoggedEvent> events) {
        final Set<UUID> causes = events.stream()
                .map(event -> event.event().header().triggeringEventId())
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
        return events.stream()
                .filter(event -> !Essentials.allowsWithoutRule(event.event())
                        || causes.contains(event.event().header().eventId()))
                .toList();
    }

    private void line(TraceTree.Node node, List<Boolean> lastAbove, Instant start) {
        while (lastAbove.size() > node.depth()) {
            lastAbove.removeLast();
        }
        final StringBuilder tree = new StringBuilder();
        for (int level = 1; level < Math.min(node.depth(), MAX_INDENT); level++) {
            tree.append(lastAbove.get(level) ? "   " : "│  ");
        }
        if (node.depth() >= MAX_INDENT) {
            tree.append("⤷  ");
        } else if (node.depth() > 0) {
            tree.append(node.last() ? "└─ " : "├─ ");
        }
        lastAbove.add(node.last());
        final Event event = node.logged().event();
        final String label = Essentials.label(event);
        final String text = Essentials.of(event);
        final boolean denied = Essentials.denies(event);
        terminal.line(terminal.styled(
                        Style.DIM,
                        String.format(
                                "%9s  ",
                                "+"
                                        + seconds(Duration.between(
                                                start, node.logged().ts()))))
                + terminal.styled(Style.DIM, tree.toString())
                + terminal.styled(denied ? Style.ALARM : style(label), label + " ".repeat(LABEL - label.length()))
                + "  " + (denied ? terminal.styled(Style.ALARM, text) : text)
                + (node.oddity() == null
                        ? ""
                        : terminal.styled(Style.WARNING, "  [" + node.oddity().text() + "]")));
    }

    private static Style style(String label) {
        return switch (label) {
            case "model" -> Style.MODEL;
            case "tool" -> Style.TOOL;
            case "data" -> Style.DATA;
            case "identity" -> Style.IDENTITY;
            case "gap", "error" -> Style.WARNING;
            default -> Style.DIM;
        };
    }

    private void gap(LoggedEvent gap) {
        terminal.line(terminal.styled(
                Style.WARNING,
                "not seen meanwhile: " + Essentials.of(gap.event()) + ", "
                        + Essentials.printable(gap.event().header().workloadId()) + " at "
                        + gap.ts().truncatedTo(ChronoUnit.MILLIS)));
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.3f s", duration.toNanos() / 1e9);
    }
}
