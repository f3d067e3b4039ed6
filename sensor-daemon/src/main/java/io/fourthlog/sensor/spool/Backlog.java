package io.fourthlog.sensor.spool;

import io.fourthlog.actionlog.log.LogWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What waits in memory for the disk, of all logs of a sensor together, however many there are. */
final class Backlog {

    private static final int EVENTS = 65_536;
    static final int BYTES = 32 << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final List<LogWriter> logs = new CopyOnWriteArrayList<>();

    /** Guards what spools know of their part. */
    ReentrantLock lock() {
        return lock;
    }

    /** Signalled when there may be room again. */
    Condition room() {
        return room;
    }

    void add(LogWriter log) {
        logs.add(log);
    }

    boolean isFull() {
        int events = 0;
        long bytes = 0;
        for (final LogWriter log : logs) {
            events += log.pending();
            bytes += log.pendingBytes();
        }
        return events >= EVENTS || bytes >= BYTES;
    }
}
