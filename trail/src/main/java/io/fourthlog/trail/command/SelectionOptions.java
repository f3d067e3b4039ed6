package io.fourthlog.trail.command;

import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.reading.Selection;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which traces, or which events. */
final class SelectionOptions {

    private static final Pattern TRACE_ID = Pattern.compile("[0-9a-f]{32}");
    private static final Pattern AGO = Pattern.compile("([0-9]{1,6})([smhd])");

    @Option(
            names = "--workload",
            paramLabel = "GLOB",
            description = "what a workload like this took part in: '*/helpdesk/*'")
    private @Nullable String workload;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "not before: 2026-01-31, 2026-01-31T12:00:00Z, or how long ago: 90m, 12h, 90d")
    private @Nullable String since;

    @Option(names = "--until", paramLabel = "TIME", description = "before; as --since")
    private @Nullable String until;

    Selection selection(@Nullable String traceId) throws UsageException {
        if (traceId != null && !TRACE_ID.matcher(traceId).matches()) {
            throw new UsageException("a trace id has 32 lower-case hex digits, not " + traceId
                    + ": without one, the last traces are shown");
        }
        return new Selection(
                Optional.ofNullable(traceId),
                Optional.ofNullable(workload),
                time("--since", since),
                time("--until", until));
    }

    private static Optional<Instant> time(String option, @Nullable String text) throws UsageException {
        if (text == null) {
            return Optional.empty();
        }
        final Matcher ago = AGO.matcher(text);
        try {
            if (ago.matches()) {
                final long amount = Long.parseLong(ago.group(1));
                final Duration back = switch (ago.group(2)) {
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    case "h" -> Duration.ofHours(amount);
                    default -> Duration.ofDays(amount);
                };
                return Optional.of(Clock.systemUTC().instant().minus(back));
            }
            return Optional.of(
                    text.length() == "2026-01-31".length()
                            ? LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC)
                            : Instant.parse(text));
        } catch (DateTimeException e) {
            throw new UsageException(
                    option + " " + text + ": write 2026-01-31, 2026-01-31T12:00:00Z, or how long ago, 90m, 12h, 90d",
                    e);
        }
    }
}
