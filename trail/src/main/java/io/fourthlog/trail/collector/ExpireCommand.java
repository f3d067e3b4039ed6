package io.fourthlog.trail.collector;

import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.collector.ExpiryPlan.Due;
import io.fourthlog.trail.collector.ExpiryPlan.Kept;
import io.fourthlog.trail.collector.ExpiryPlan.Nothing;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.reading.Trail;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fourthlog-trail expire}: what a collector's folder would drop, and on demand drops, by this machine's clock. */
@Command(
        name = "expire",
        description = "Says what has expired in a collector's folder, or drops it while the collector is stopped.",
        mixinStandardHelpOptions = true)
final class ExpireCommand implements Callable<Integer> {

    @Option(names = "--dir", required = true, description = "folder of the trail")
    private Path directory = Path.of("");

    @Option(names = "--retention", required = true, description = "file with what the tiers ask for, as serve takes it")
    private Path file = Path.of("");

    @ArgGroup(multiplicity = "1")
    private Mode mode = new Mode();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** One of the two. */
    private static final class Mode {

        @Option(names = "--dry-run", description = "only say what would be dropped")
        private boolean dryRun;

        @Option(names = "--now", description = "drop it, if no collector runs on the folder")
        private boolean now;
    }

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = "with --dry-run: as it would be at this time, 2027-01-31T00:00:00Z")
    private @Nullable Instant at;

    @Override
    public Integer call() throws UsageException {
        if (at != null && !mode.dryRun) {
            throw new UsageException("--at goes with --dry-run: nothing is dropped by another time than it is");
        }
        final Retention retention;
        try {
            retention = Retention.read(file);
        } catch (IOException e) {
            throw new UsageException("cannot read what the tiers ask for in " + file + ": " + e.getMessage(), e);
        }
        try {
            if (mode.dryRun) {
                plan(retention);
            } else if (mode.now) {
                expire(retention);
            }
            return 0;
        } catch (IOException | RefusedException e) {
            throw new UsageException("cannot go on in " + directory + ": " + e.getMessage(), e);
        }
    }

    private void plan(Retention retention) throws UsageException, IOException {
        final Trail trail = Trail.open(directory);
        final TrailFolder folder = new TrailFolder(directory);
        final Instant now = at == null ? Clock.systemUTC().instant() : at;
        for (final LogName name : folder.names()) {
            final ExpiryPlan plan = ExpiryPlan.of(
                    name,
                    folder.log(name),
                    trail.witness()
                            .orElseThrow(() -> new UsageException(
                                    directory + " is not a collector's folder: it has no witness.vkey")),
                    retention,
                    now);
            say(name, plan, "would be dropped");
        }
    }

    private void expire(Retention retention) throws UsageException, IOException, RefusedException {
        final Clock clock = Clock.systemUTC();
        try (Mirrors mirrors = Mirrors.open(directory, "fourthlog-trail", List.of(), clock)) {
            for (final LogName name : mirrors.states().keySet()) {
                final ExpiryPlan left =
                        Expiry.drop(mirrors, name, retention, clock.instant(), (due, _) -> say(name, due, "dropped"));
                say(name, left, "dropped");
            }
        }
    }

    private void say(LogName name, ExpiryPlan plan, String done) {
        final PrintWriter out = spec.commandLine().getOut();
        out.println(name + ": "
                + switch (plan) {
                    case Nothing nothing -> "nothing has expired";
                    case Kept(ExpiryPlan.Reason reason) -> "nothing expires: " + reason.label();
                    case Due(long first, long end, var why) ->
                        (end - first) + " leaves " + done + ", of events from " + why.from() + " to " + why.until()
                                + ", kept for " + why.keptDays() + " days (" + why.decidedBy() + ")";
                });
        out.flush();
    }
}
