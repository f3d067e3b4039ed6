package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A thread for work that a process's file system has to answer to. One who serves a file system, as with FUSE, can leave whoever reads a
 * file of it waiting for ever. Work for others is done by another thread then, and none for that container until the first one goes on, so
 * that nobody can have more than one wait.
 */
final class PatientThread {
    private static final int MAX_SILENT = 16; // file systems for each of which a thread waits

    /** What the thread does, since when (System.nanoTime). */
    private record Busy(Subject process, long since) {}

    private final String name;
    private final Duration patience;
    private final Runnable work;
    private final Map<Thread, Long> silent =
            new ConcurrentHashMap<>(); // threads that were replaced → whose file system it is
    private volatile @Nullable Thread current;
    private volatile @Nullable Busy busy;

    /**
     * @param patience with a file system
     * @param work what the thread does; it ends soon after {@link #isReplaced}
     */
    PatientThread(final String name, final Duration patience, final Runnable work) {
        this.name = name;
        this.patience = patience;
        this.work = work;
    }

    void start() {
        final Thread next = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
        current = next;
        next.start();
    }

    private void run() {
        try {
            work.run();
        } finally {
            silent.remove(Thread.currentThread());
        }
    }

    /** Whether no thread but this one is there. */
    boolean isAlone() {
        return silent.isEmpty();
    }

    /** Whether another thread does the work of the one that asks. */
    boolean isReplaced() {
        return Thread.currentThread() != current;
    }

    /** Does what a process's file system has to answer to; false, and nothing is done, while one of its container does not answer. */
    boolean ask(final Subject process, final Runnable question) {
        if (waitsFor(process.cgroupId())) {
            return false;
        }
        busy = new Busy(process, System.nanoTime());
        try {
            question.run();
        } finally {
            if (!isReplaced()) {
                busy = null;
            }
        }
        return true;
    }

    /** Whether a file system of this container does not answer. */
    boolean waitsFor(final long cgroupId) {
        return silent.containsValue(cgroupId);
    }

    /** Starts another thread if this one waits for too long. Returns for whom it does, once. */
    Optional<Subject> replaceIfSilent() {
        final Busy now = busy;
        final Thread waits = current;
        if (now == null
                || waits == null
                || System.nanoTime() - now.since() <= patience.toNanos()
                || silent.size() >= MAX_SILENT) {
            return Optional.empty();
        }
        silent.put(waits, now.process().cgroupId());
        busy = null;
        start();
        return Optional.of(now.process());
    }

    /** Interrupts the work, and waits for its end, for so long at most. */
    void stop(final Duration longest) {
        final Thread last = current;
        if (last == null) {
            return;
        }
        last.interrupt();
        try {
            last.join(longest);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
