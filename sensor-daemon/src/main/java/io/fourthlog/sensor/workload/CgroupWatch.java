package io.fourthlog.sensor.workload;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has cgroups looked at again when one is made (inotify on the directories that hold them), so that a pod is followed before its
 * first container starts. Looks again every few seconds as well, for what inotify did not tell.
 */
public final class CgroupWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CgroupWatch.class);
    private static final int RESCAN_SECONDS = 5;

    /** Cgroups that come and go. */
    public interface Watched {
        /** Directories in which they are made. */
        List<Path> parents();

        /** Looks at all of them again. */
        void refresh();
    }

    private final Watched workloads;
    private final WatchService inotify;

    public CgroupWatch(Watched workloads) throws IOException {
        this.workloads = workloads;
        this.inotify = FileSystems.getDefault().newWatchService();
        Thread.ofPlatform().daemon().name("cgroup-watch").start(this::run);
    }

    private void run() {
        try {
            while (true) {
                register();
                workloads.refresh();
                final WatchKey key = inotify.poll(RESCAN_SECONDS, TimeUnit.SECONDS);
                if (key != null) {
                    key.pollEvents();
                    key.reset();
                }
            }
        } catch (ClosedWatchServiceException e) {
            LOG.debug("closed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void register() {
        try {
            for (final Path directory : workloads.parents()) {
                watch(directory);
            }
        } catch (IOException e) {
            LOG.warn("cannot watch where cgroups are made, looking every {} s only: {}", RESCAN_SECONDS, e.toString());
        }
    }

    private void watch(Path directory) throws IOException {
        try {
            directory.register(inotify, StandardWatchEventKinds.ENTRY_CREATE); // a second time changes nothing
        } catch (NoSuchFileException e) {
            LOG.debug("gone before it was watched: {}", directory);
        }
    }

    @Override
    public void close() throws IOException {
        inotify.close();
    }
}
