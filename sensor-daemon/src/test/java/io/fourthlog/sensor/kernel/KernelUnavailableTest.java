package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.testing.Command;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the sensor says when something that it needs is not there: in JVMs of their own, from which it was taken. Needs root. */
final class KernelUnavailableTest {
    /** Opens the kernel side and prints why it cannot. */
    static final class Opening {
        private Opening() {}

        static void main(final String[] cgroups) {
            final KernelOptions defaults = KernelOptions.defaults();
            final Path hierarchy = cgroups.length > 0 ? Path.of(cgroups[0]) : defaults.cgroups();
            try (Kernel kernel = Kernel.open(new KernelOptions(1 << 20, defaults.proc(), hierarchy))) {
                System.out.println("opened " + kernel.features());
            } catch (final KernelUnavailableException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @BeforeAll
    static void root() {
        assumeTrue(System.getProperty("user.name").equals("root"), "taking something away needs root");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "exec JAVA => opened",
                "exec setpriv --bounding-set -all,+bpf,+perfmon,+net_admin,+sys_ptrace JAVA => block=true",
                "exec setpriv --bounding-set -all,+bpf,+perfmon,+sys_ptrace JAVA => block=false",
                "exec setpriv --bounding-set -sys_admin,-bpf JAVA => it needs the capabilities BPF and PERFMON",
                "exec setpriv --bounding-set -sys_admin,-perfmon JAVA => it needs the capabilities BPF and PERFMON",
                "mount -t tmpfs none /sys/kernel/btf && exec JAVA => it needs CONFIG_DEBUG_INFO_BTF, and /sys/kernel/btf/vmlinux must be readable",
                "exec JAVA /nowhere => there is no cgroup v2 hierarchy at /nowhere: mount it",
                "mount --bind /dev/null $(ldconfig -p | awk '/libbpf.so.1 / { print $NF; exit }') && exec JAVA  => install the package libbpf1"
            })
    void whatIsMissingIsNamedWithWhatToDo(final String script, final String said)
            throws IOException, InterruptedException {
        final String java = Path.of(System.getProperty("java.home"), "bin", "java")
                + " -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp "
                + System.getProperty("java.class.path")
                + " " + Opening.class.getName().replace("$", "\\$");
        final String printed =
                Command.run(Path.of("."), "unshare", "--mount", "sh", "-c", script.replace("JAVA", java));
        assertThat(printed).contains(said);
    }
}
