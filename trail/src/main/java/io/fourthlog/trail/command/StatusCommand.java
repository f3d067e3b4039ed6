package io.fourthlog.trail.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.remote.RemoteTrail;
import io.fourthlog.trail.trace.Essentials;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code fourthlog status}: whether the collector is up, and how far each log is. */
@Command(
        name = "status",
        description = "Asks the collector what logs it has, how far they are, and when they were last pushed.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    private static final JsonMapper JSON = new JsonMapper();

    private final Terminal terminal;
    private final Clock clock = Clock.systemUTC();

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private Source source = new Source();

    StatusCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws UsageException {
        try (RemoteTrail remote = source.remote()) {
            final RemoteTrail.Listing listing = remote.list();
            if (output.isTable()) {
                table(remote, listing);
            } else {
                output.write(machine(remote, listing), terminal);
            }
            return listing.logs().stream().anyMatch(log -> log.conflicts() > 0) ? ExitCode.FINDING : ExitCode.HOLDS;
        }
    }

    private void table(RemoteTrail remote, RemoteTrail.Listing listing) {
        terminal.line("collector  " + remote.server() + " is up");
        terminal.line("witness    " + Essentials.printable(listing.witness()));
        final int width = listing.logs().stream()
                .mapToInt(log -> log.name().name().length())
                .max()
                .orElse(0);
        final String row = "%-" + Math.max(width, 3) + "s  %12s  %12s  %-20s  %s";
        terminal.line(
                terminal.styled(Style.BOLD, String.format(row, "LOG", "EVENTS", "EXPIRED", "LAST PUSH", "CONFLICTS")));
        for (final RemoteTrail.Listing.Entry log : listing.logs()) {
            final String line = String.format(
                    row,
                    log.name(),
                    log.size(),
                    log.expired(),
                    log.lastPush().map(this::ago).orElse("not since its start"),
                    log.conflicts());
            terminal.line(log.conflicts() > 0 ? terminal.styled(Style.ALARM, line) : line);
        }
    }

    private String ago(Instant then) {
        final Duration since = Duration.between(then, clock.instant());
        if (since.toMinutes() < 1) {
            return Math.max(0, since.toSeconds()) + " s ago";
        }
        return since.toHours() < 1 ? since.toMinutes() + " min ago" : since.toHours() + " h ago";
    }

    private static ObjectNode machine(RemoteTrail remote, RemoteTrail.Listing listing) {
        final ObjectNode result = JSON.createObjectNode()
                .put("server", remote.server().toString())
                .put("witness", listing.witness());
        final ArrayNode logs = result.putArray("logs");
        for (final RemoteTrail.Listing.Entry log : listing.logs()) {
            logs.addObject()
                    .put("name", log.name().name())
                    .put("size", log.size())
                    .put("expired", log.expired())
                    .put("last_push", log.lastPush().map(Instant::toString).orElse(null))
                    .put("conflicts", log.conflicts());
        }
        return result;
    }
}
