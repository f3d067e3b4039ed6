package io.fourthlog.sensor.kernel;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the cgroup v2 hierarchy, alone or beside v1 (the "hybrid" layout). */
final class CgroupMount {
    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    private CgroupMount() {}

    static Path find() {
        final Path unified = ROOT.resolve("unified");
        return Files.exists(unified.resolve("cgroup.procs")) ? unified : ROOT;
    }
}
