package io.fourthlog.sensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells which files are written to: inotify(7). */
final class Inotify implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Inotify.class);

    private static final int NOT_WATCHED = -1;
    private static final int IN_MODIFY = 2;
    private static final int IN_ONESHOT = 1 << 31;
    private static final int EVENT =
            16; // bytes: wd, mask, cookie, and the length of a name, which only files in a folder have
    private static final int MOST = 64; // that are read at once

    private final int descriptor;

    Inotify() {
        descriptor = LibC.inotify();
        if (descriptor < 0) {
            LOG.warn("whether files with probes are written to cannot be told: inotify is not to be had");
        }
    }

    /** Readable when something was written to; negative if that cannot be told. */
    int descriptor() {
        return descriptor;
    }

    /** Watches a file until it is written to. */
    int watch(final String file) {
        try {
            return descriptor < 0 ? NOT_WATCHED : LibC.inotifyWatch(descriptor, file, IN_MODIFY | IN_ONESHOT);
        } catch (final LibC.Errno e) {
            LOG.warn("whether a file with probes is written to cannot be told: {}", e.getMessage());
            return NOT_WATCHED;
        }
    }

    void forget(final int watch) {
        if (watch != NOT_WATCHED) {
            LibC.inotifyForget(descriptor, watch);
        }
    }

    /** The watches whose files were written to. */
    Set<Integer> fired() {
        final Set<Integer> fired = new HashSet<>();
        if (descriptor < 0) {
            return fired;
        }
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment events = arena.allocate(MOST * EVENT, Long.BYTES);
            for (int read = LibC.read(descriptor, events); read > 0; read = LibC.read(descriptor, events)) {
                for (int at = 0; at + EVENT <= read; at += EVENT) {
                    if ((events.get(ValueLayout.JAVA_INT, at + Integer.BYTES) & IN_MODIFY) != 0) {
                        fired.add(events.get(ValueLayout.JAVA_INT, at));
                    }
                }
            }
        }
        return fired;
    }

    @Override
    public void close() {
        if (descriptor >= 0) {
            LibC.close(descriptor);
        }
    }
}
