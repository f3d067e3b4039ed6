package io.fourthlog.sensor.workload;

import com.google.re2j.Pattern;
import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.action.WorkloadDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is followed on a machine without Kubernetes: cgroups, units of systemd, and programs by their command lines.
 *
 * <pre>
 *  proc://HOST/cgroup/PATH       a cgroup, from the root of the hierarchy
 *  proc://HOST/unit/NAME         a unit, whenever it runs
 *  proc://HOST/command/PATTERN   processes whose command line matches, with what they start
 * </pre>
 */
public final class LocalWorkloads implements WorkloadDirectory, CgroupWatch.Watched {

    private static final Logger LOG = LoggerFactory.getLogger(LocalWorkloads.class);

    private static final long COMMAND = Long.MIN_VALUE; // stands for cgroup ids, which are positive

    /**
     * A cgroup that may come and go.
     *
     * @param kind in the workload's id, as what follows
     * @param name in messages as well
     * @param path absolute; {@code null} for a unit
     */
    private record Target(
            String kind, String name, @Nullable Path path) {}

    private record Command(Pattern pattern, long id) {}

    private final String host;
    private final Path root;
    private final Cgroups cgroups;
    private final CgroupTracker tracker;
    private final List<Target> targets = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
    private final Map<Long, Workload> byCgroup = new ConcurrentHashMap<>();
    private final Map<Target, Long> tracked = new HashMap<>(); // guarded by this

    /**
     * @param host this machine's name
     * @param root of the cgroup v2 hierarchy
     */
    public LocalWorkloads(String host, Path root, CgroupTracker tracker) {
        this.host = host;
        this.root = root;
        this.cgroups = new Cgroups(root);
        this.tracker = tracker;
    }

    /** Follows a cgroup by its directory, now or when it is made; absolute, or from the root of the hierarchy. */
    public void cgroup(Path directory) {
        final Path path = root.resolve(directory);
        final String name = path.startsWith(root) ? root.relativize(path).toString() : path.toString();
        targets.add(new Target("cgroup", name, path));
    }

    /** Follows a unit of systemd, now and whenever it starts: {@code NAME.service}, or {@code NAME} for one. */
    public void unit(String name) {
        final String unit = name.contains(".") ? name : name + ".service";
        targets.add(new Target("unit", unit, null));
    }

    /**
     * Follows processes by their command lines.
     *
     * @param pattern RE2, found anywhere in the words with a space between
     * @throws com.google.re2j.PatternSyntaxException if it is none
     */
    public void command(String pattern) {
        final long id = COMMAND + commands.size();
        commands.add(new Command(Pattern.compile(pattern), id));
        byCgroup.put(id, workload("command", pattern, ""));
    }

    /** What stands for the cgroup of a process with this command line; 0 if it is not followed. */
    public long idOf(String commandLine) {
        return commands.stream()
                .filter(command -> command.pattern().matcher(commandLine).find())
                .mapToLong(Command::id)
                .findFirst()
                .orElse(0);
    }

    /** Whether commands are followed. */
    public boolean hasCommands() {
        return !commands.isEmpty();
    }

    private Workload workload(String kind, String name, String cgroup) {
        return new Workload("proc://" + host + "/" + kind + "/" + word(name), "", "", "", Map.of(kind, name), cgroup);
    }

    /** Without what would not stand in a URI. */
    private static String word(String name) {
        return name.replaceAll("[^A-Za-z0-9._/@-]+", "-").replaceAll("^-+|-+$", "");
    }

    @Override
    public @Nullable Workload byCgroup(long cgroupId) {
        return byCgroup.get(cgroupId);
    }

    @Override
    public void cgroupMade(long cgroupId, long parentId, String path) {
        final Workload parent = byCgroup.get(parentId);
        if (parent != null) {
            byCgroup.put(cgroupId, parent);
        }
    }

    @Override
    public List<Path> parents() {
        return Stream.concat(
                        targets.stream()
                                .flatMap(target -> Stream.ofNullable(target.path()))
                                .flatMap(path -> Stream.ofNullable(path.getParent()))
                                .filter(Files::isDirectory),
                        targets.stream().allMatch(target -> target.path() != null)
                                ? Stream.empty()
                                : cgroups.slices().stream())
                .distinct()
                .toList();
    }

    @Override
    public synchronized void refresh() {
        targets.forEach(this::refresh);
    }

    private void refresh(Target target) {
        try {
            final Optional<Path> found = target.path() == null ? cgroups.unit(target.name()) : existing(target.path());
            final Long known = tracked.get(target);
            if (found.isEmpty()) {
                forget(target, known);
                return;
            }
            final long id = (Long) Files.getAttribute(found.get(), "unix:ino");
            if (known == null || known != id) {
                forget(target, known);
                final Workload workload =
                        workload(target.kind(), target.name(), found.get().toString());
                byCgroup.put(id, workload); // before the first record can come
                cgroups.tree(found.get()).forEach(below -> byCgroup.put(below.id(), workload));
                tracker.track(found.get());
                tracked.put(target, id);
                cgroups.tree(found.get())
                        .forEach(below -> byCgroup.put(below.id(), workload)); // what was made meanwhile
                LOG.info("following {}", workload.workloadId());
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("cannot follow {} yet: {}", target.name(), e.getMessage());
        }
    }

    private static Optional<Path> existing(Path path) {
        return Files.isDirectory(path) ? Optional.of(path) : Optional.empty();
    }

    /** Its cgroups are gone; the last records of its processes may still come, so they stay named. */
    private void forget(Target target, @Nullable Long id) {
        if (id != null) {
            tracked.remove(target);
            tracker.untrack(id);
        }
    }

    /** The targets of which nothing runs now. */
    public synchronized List<String> absent() {
        return targets.stream()
                .filter(target -> !tracked.containsKey(target))
                .map(Target::name)
                .toList();
    }
}
