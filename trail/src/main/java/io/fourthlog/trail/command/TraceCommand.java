package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.reading.Found;
import io.fourthlog.trail.reading.LoggedEvent;
import io.fourthlog.trail.reading.Selection;
import io.fourthlog.trail.reading.TrailScan;
import io.fourthlog.trail.trace.TraceTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fourthlog trace}: what agents did, as trees of causes. */
@Command(
        name = "trace",
        description = "Shows traces as trees: each event below the one that led to it.",
        mixinStandardHelpOptions = true)
final class TraceCommand implements Callable<Integer> {

    private static final JsonMapper JSON = new JsonMapper();

    private final Terminal terminal;

    @Parameters(arity = "0..1", paramLabel = "TRACE_ID", description = "32 hex digits; all traces if none is given")
    private @Nullable String traceId;

    @Option(names = "--last", description = "only the last one")
    private boolean last;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "at most so many, the last ones; 0 for all (${DEFAULT-VALUE})")
    private int limit;

    @Option(names = "--all", description = "in tables, also decisions that allowed without a rule")
    private boolean all;

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private SelectionOptions selection = new SelectionOptions();

    @Mixin
    private Source source = new Source();

    TraceCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws UsageException {
        if (limit < 0) {
            throw new UsageException("--limit " + limit + ": a number from 0 on");
        }
        final Selection asked = selection.selection(traceId);
        final OpenedTrail opened = source.open(terminal);
        final Found found = new TrailScan(opened.trail()).find(asked, last ? 1 : limit);
        if (output.isTable()) {
            new TraceText(terminal, all).write(found);
        } else {
            output.write(machine(found), terminal);
        }
        final int code = opened.report(terminal);
        if (traceId != null && found.traces().isEmpty()) {
            throw new UsageException(
                    "there is no trace " + traceId + " in " + opened.trail().directory()
                            + (found.expired().isEmpty()
                                    ? ""
                                    : "; it may have expired: "
                                            + found.expired().getFirst().text()));
        }
        return code;
    }

    private static ObjectNode machine(Found found) {
        final ObjectNode result = JSON.createObjectNode();
        final ArrayNode traces = result.putArray("traces");
        for (final Map.Entry<String, List<LoggedEvent>> trace : found.traces().entrySet()) {
            final ArrayNode events =
                    traces.addObject().put("trace_id", trace.getKey()).putArray("events");
            for (final TraceTree.Node node : TraceTree.of(trace.getValue())) {
                final ObjectNode event = event(events, node.logged());
                event.put("depth", node.depth());
                if (node.oddity() != null) {
                    event.put("oddity", node.oddity().name().toLowerCase(Locale.ROOT));
                }
            }
        }
        result.put("more_traces", found.more());
        final ArrayNode gaps = result.putArray("gaps");
        found.gaps().forEach(gap -> event(gaps, gap));
        found.unreadable().forEach(result.putArray("unreadable")::add);
        found.expired().forEach(gone -> result.withArray("expired").add(gone.text()));
        found.sealed().forEach((why, count) -> result.withObject("sealed").put(why, count));
        return result;
    }

    private static ObjectNode event(ArrayNode events, LoggedEvent logged) {
        final ObjectNode event = events.addObject().put("log", logged.log()).put("leaf", logged.leaf());
        try {
            event.set("event", JSON.readTree(logged.json()));
        } catch (IOException e) {
            throw new IllegalStateException(
                    "an event was decoded from it: " + new String(logged.json(), StandardCharsets.UTF_8), e);
        }
        return event;
    }
}
