package io.fourthlog.sensor.kernel;

import java.util.List;
import java.util.stream.Stream;

/**
 * What this kernel lets the sensor do.
 *
 * @param release of the kernel, as uname(2) says it
 * @param terminate whether a process can be ended from inside its next TLS write (bpf_send_signal)
 * @param reset whether a connection of another process can be closed (pidfd_getfd)
 * @param block whether connections can be refused per cgroup (NET_ADMIN and cgroup programs)
 */
public record KernelFeatures(String release, boolean terminate, boolean reset, boolean block) {
    /** Short names of the kinds of enforcement that work here, for a status: {@code [block, reset, terminate]}. */
    public List<String> enforcement() {
        return Stream.of(block ? "block" : "", reset ? "reset" : "", terminate ? "terminate" : "")
                .filter(kind -> !kind.isEmpty())
                .toList();
    }
}
