package io.fourthlog.sensor.spool;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits in memory for the disk, of all logs of a sensor together, however many there are: each {@link Spool} adds what it takes and
 * takes off what it has committed.
 */
final class Backlog {

    private static final int EVENTS = 65_536;
    static final int BYTES = 32 << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private int events; // guarded by lock, as all below
    private long bytes;

    /** Guards what spools know of their part. */
    ReentrantLock lock() {
        return lock;
    }

    /** Signalled when there may be room again. */
    Condition room() {
        return room;
    }

    boolean isFull() {
        return events >= EVENTS || bytes >= BYTES;
    }

    void add(int size) {
        events++;
        bytes += size;
    }

    void remove(int size) {
        events--;
        bytes -= size;
    }
}
