package io.fourthlog.sensor.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.PatternSyntaxException;
import io.fourthlog.sensor.action.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalWorkloadsTest {

    @TempDir
    private Path root = Path.of("");

    private final List<Long> tracked = new ArrayList<>();
    private LocalWorkloads workloads = new LocalWorkloads("", Path.of(""), new Tracker());

    @BeforeEach
    void open() {
        workloads = new LocalWorkloads("host", root, new Tracker());
    }

    @Test
    void aUnitIsFollowedWheneverItRuns() throws IOException {
        workloads.unit("agent");
        workloads.refresh();
        assertThat(workloads.absent()).containsExactly("agent.service");

        final Path unit = Files.createDirectories(root.resolve("system.slice/agent.service"));
        final Path worker = Files.createDirectory(unit.resolve("worker"));
        workloads.refresh();
        assertThat(tracked).containsExactly(inode(unit));
        assertThat(workloads.parents()).contains(root.resolve("system.slice"));
        assertThat(name(worker)).isEqualTo("proc://host/unit/agent.service");

        Files.delete(worker);
        Files.delete(unit);
        workloads.refresh();
        assertThat(tracked).isEmpty();
        Files.createDirectories(root.resolve("system.slice/other"));
        final Path again = Files.createDirectories(root.resolve("system.slice/agent.service"));
        workloads.refresh();
        assertThat(tracked).containsExactly(inode(again));
    }

    @Test
    void aCgroupIsNamedByItsPathAndSoAreThoseMadeBelowIt() throws IOException {
        final Path cgroup = Files.createDirectories(root.resolve("agents/one"));
        workloads.cgroup(Path.of("agents"));
        workloads.refresh();
        assertThat(name(cgroup)).isEqualTo("proc://host/cgroup/agents");
        workloads.cgroupMade(1234, inode(cgroup), "/agents/one/two");
        assertThat(Objects.requireNonNull(workloads.byCgroup(1234)).podCgroupPath())
                .isEqualTo(root.resolve("agents").toString());
    }

    @Test
    void aCommandIsToldByItsWholeLine() {
        workloads.command("python3? .*agent\\.py");
        workloads.command("^claude");
        assertThat(workloads.idOf("/usr/bin/python3 -u agent.py --fast")).isEqualTo(Long.MIN_VALUE);
        assertThat(workloads.idOf("claude -p hello")).isEqualTo(Long.MIN_VALUE + 1);
        assertThat(workloads.idOf("vi agent.py")).isZero();
        assertThat(Objects.requireNonNull(workloads.byCgroup(Long.MIN_VALUE)).workloadId())
                .isEqualTo("proc://host/command/python3-.-agent-.py");
        assertThatThrownBy(() -> workloads.command("(")).isInstanceOf(PatternSyntaxException.class);
    }

    private String name(final Path cgroup) throws IOException {
        final Workload workload = workloads.byCgroup(inode(cgroup));
        return Objects.requireNonNull(workload).workloadId();
    }

    private static long inode(final Path path) throws IOException {
        return (Long) Files.getAttribute(path, "unix:ino");
    }

    private final class Tracker implements CgroupTracker {
        @Override
        public long track(final Path cgroup) throws IOException {
            tracked.add(inode(cgroup));
            return inode(cgroup);
        }

        @Override
        public void untrack(final long cgroupId) {
            tracked.remove(cgroupId);
        }
    }
}
