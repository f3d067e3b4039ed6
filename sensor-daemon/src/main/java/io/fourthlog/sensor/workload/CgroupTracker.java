package io.fourthlog.sensor.workload;

import java.io.IOException;
import java.nio.file.Path;

/** Follows and forgets cgroups: the kernel side, as this package needs it. */
public interface CgroupTracker {
    /** Follows a cgroup directory with all below it, now and later. */
    long track(Path cgroup) throws IOException;

    /** Stops following one cgroup. */
    void untrack(long cgroupId);
}
