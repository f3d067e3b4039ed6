package io.fourthlog.sensor.kernel;

import java.util.List;

/**
 * What this kernel lets the sensor do.
 *
 * @param release of the kernel, as uname(2) says it
 * @param terminate whether a process can be ended from inside its next TLS write (bpf_send_signal)
 * @param block whether connections can be refused per cgroup (NET_ADMIN and cgroup programs)
 */
public record KernelFeatures(String release, boolean terminate, boolean block) {
    /** Short names of the kinds of enforcement that work here, for a status: {@code [block, terminate]}. */
    public List<String> enforcement() {
        return block
                ? (terminate ? List.of("block", "terminate") : List.of("block"))
                : terminate ? List.of("terminate") : List.of();
    }
}
