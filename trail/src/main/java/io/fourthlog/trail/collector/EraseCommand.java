package io.fourthlog.trail.collector;

import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.erasure.Eraser;
import io.fourthlog.trail.erasure.LegalHoldException;
import io.fourthlog.trail.erasure.StoredKey;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fourthlog-trail erase}: destroys the keys of workloads, so that nobody can read their events any more. */
@Command(
        name = "erase",
        description =
                "Destroys the keys that the events of workloads are sealed with, and leaves a signed record. The logs still"
                        + " verify, and say what was erased, when and why. Without --confirm, it only lists. The collector may"
                        + " be running.",
        mixinStandardHelpOptions = true)
final class EraseCommand implements Callable<Integer> {

    private static final int NOTHING = 1;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--dir", required = true, description = "folder of the trail")
    private Path directory = Path.of("");

    @Option(
            names = "--workload",
            required = true,
            paramLabel = "GLOB",
            description = "whose events: a glob over workload ids, such as 'k8s://prod/support/*/helpdesk/*'")
    private String glob = "";

    @Option(
            names = "--reason",
            required = true,
            paramLabel = "TEXT",
            description = "why, for whoever verifies; one line")
    private String reason = "";

    @Option(names = "--confirm", description = "do it; there is no way back")
    private boolean confirm;

    @Override
    public Integer call() throws UsageException, IOException {
        final TrailFolder folder = new TrailFolder(directory);
        if (!Files.exists(folder.witnessKey())) {
            throw new UsageException(directory + " is not the folder of a collector: it has no witness.key");
        }
        final Eraser eraser = new Eraser(folder, Clock.systemUTC());
        final PrintWriter out = spec.commandLine().getOut();
        final Eraser.Plan plan = eraser.plan(glob);
        final Map<String, Integer> events = events(folder, plan.keys(), out);
        list(out, plan, events);
        if (plan.keys().isEmpty()) {
            out.println("No key of such a workload is here: nothing to erase.");
            return NOTHING;
        }
        if (!confirm) {
            out.println("Nothing was destroyed. To destroy these keys for good, add --confirm.");
            return 0;
        }
        try {
            final List<StoredKey> erased = eraser.erase(glob, reason);
            out.println("Destroyed " + erased.size() + (erased.size() == 1 ? " key" : " keys")
                    + "; the signed record is in " + folder.erasures().directory() + ".");
            return 0;
        } catch (LegalHoldException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--reason, --workload: " + e.getMessage(), e);
        }
    }

    private static void list(PrintWriter out, Eraser.Plan plan, Map<String, Integer> events) {
        final Map<String, List<StoredKey>> byWorkload = plan.keys().stream()
                .collect(Collectors.groupingBy(StoredKey::workload, TreeMap::new, Collectors.toList()));
        byWorkload.forEach((workload, keys) -> {
            final int sealed = keys.stream()
                    .mapToInt(key -> events.getOrDefault(key.key().id(), 0))
                    .sum();
            out.println(workload + ": " + sealed + " events, " + keys.size() + " keys from "
                    + keys.getFirst().from() + " to " + keys.getLast().from()
                    + (plan.held().containsKey(workload)
                            ? "; LEGAL HOLD: " + plan.held().get(workload)
                            : ""));
        });
    }

    /** How many events each key opens, as far as it can be told: it is for whoever asks, and nothing goes by it. */
    private static Map<String, Integer> events(TrailFolder folder, List<StoredKey> keys, PrintWriter out)
            throws IOException {
        final Map<String, Integer> events = new HashMap<>();
        keys.forEach(key -> events.put(key.key().id(), 0));
        final Set<String> sensors = keys.stream().map(StoredKey::sensor).collect(Collectors.toSet());
        for (final LogName log : folder.names()) {
            final Path logFolder = folder.log(log);
            if (!sensors.contains(log.sensor()) || !Files.exists(logFolder.resolve("checkpoint"))) {
                continue; // another sensor's, or no event has come yet
            }
            final AtomicLong unread = new AtomicLong();
            try {
                LogReader.open(logFolder).forEachEvent(0, (leaf, entry) -> {
                    try {
                        if (SealedEvent.looksSealed(entry)) {
                            events.computeIfPresent(SealedEvent.parse(entry).subjectKey(), (id, count) -> count + 1);
                        }
                    } catch (EventFormatException e) {
                        unread.incrementAndGet();
                    }
                });
            } catch (IOException e) {
                out.println(log + " cannot be read to its end, and not all of its events are counted: fourthlog verify "
                        + folder.directory() + " says why.");
            }
            if (unread.get() > 0) {
                out.println(unread + (unread.get() == 1 ? " entry of " : " entries of ") + log
                        + " could not be counted: sealed, and not as events are.");
            }
        }
        return events;
    }
}
