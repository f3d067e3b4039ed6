package io.fourthlog.trail.command;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.export.OtlpLogs;
import io.fourthlog.trail.reading.TrailStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fourthlog export}: the events of a trail for other systems, in the order in which they came about, as they are read. */
@Command(
        name = "export",
        description = "Writes the events of a trail for other systems, a line after the other.",
        mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {

    /** What a line is. */
    enum Format {
        /** An event as it stands in the log. */
        jsonl,
        /** LogsData of the OpenTelemetry protocol, in JSON. */
        otlp
    }

    private final Terminal terminal;

    @Parameters(arity = "0..1", paramLabel = "TRACE_ID", description = "32 hex digits; all traces if none is given")
    private @Nullable String traceId;

    @Option(
            names = "--format",
            required = true,
            description = "${COMPLETION-CANDIDATES}: events as they are, or log records of the OpenTelemetry protocol")
    private Format format = Format.jsonl;

    @Mixin
    private SelectionOptions selection = new SelectionOptions();

    @Mixin
    private Source source = new Source();

    ExportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws UsageException {
        final Predicate<Event> asked = selection.selection(traceId).matcher();
        final OpenedTrail opened = source.open(terminal);
        final TrailStream.Passed passed = switch (format) {
            case jsonl ->
                read(
                        opened,
                        asked,
                        event -> terminal.line(new String(EventCodec.encode(event), StandardCharsets.UTF_8)));
            case otlp -> {
                try (OtlpLogs logs = new OtlpLogs(terminal::line)) {
                    yield read(opened, asked, logs::write);
                }
            }
        };
        terminal.clearProgress();
        passed.unreadable().forEach(each -> terminal.complain("no event, and left out: " + each));
        passed.sealed().forEach((why, count) -> terminal.complain(Counted.of(count, "event") + " left out: " + why));
        final int code = opened.report(terminal);
        return passed.unreadable().isEmpty() ? code : ExitCode.FINDING;
    }

    private TrailStream.Passed read(OpenedTrail opened, Predicate<Event> asked, Consumer<Event> events)
            throws UsageException {
        return TrailStream.read(
                opened.trail(),
                event -> {
                    if (asked.test(event)) {
                        events.accept(event);
                    }
                },
                (done, of) -> terminal.progress("exporting", done, of));
    }
}
