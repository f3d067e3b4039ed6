package io.fourthlog.sensor;

import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.workload.CgroupTracker;
import java.io.IOException;
import java.nio.file.Path;

/** Has the kernel follow cgroups. */
record KernelTracker(Kernel kernel) implements CgroupTracker {

    @Override
    public long track(Path cgroup) throws IOException {
        return kernel.track(cgroup);
    }

    @Override
    public void untrack(long cgroupId) {
        kernel.untrack(cgroupId);
    }
}
