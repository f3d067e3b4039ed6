package io.fourthlog.sensor.kernel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What one thread has to do for several owners. Next is what the owner has waiting for whom the least time was spent, so that nobody waits
 * for longer than one thing takes that another has asked for, however much that is. An owner's own come in order, urgent ones first.
 *
 * <p>Start-time fair queueing: who asks again after a while begins with what was spent for the owner that has the least of those who wait.
 */
final class FairQueue<T> {
    private final int most;
    private final int mostOfOne;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition added = lock.newCondition();
    private final Map<Long, Owner<T>> owners = new HashMap<>(); // those for whom something waits, or is being done
    private @Nullable Owner<T> current;
    private long began; // System.nanoTime
    private int size;

    private static final class Owner<T> {
        private final long id;
        private final Deque<T> waiting = new ArrayDeque<>();
        private long spent; // nanoseconds

        private Owner(final long id, final long spent) {
            this.id = id;
            this.spent = spent;
        }
    }

    /**
     * @param most that waits
     * @param mostOfOne owner
     */
    FairQueue(final int most, final int mostOfOne) {
        this.most = most;
        this.mostOfOne = mostOfOne;
    }

    /** False where there is no room. */
    boolean offer(final long id, final T job, final boolean urgent) {
        lock.lock();
        try {
            final Owner<T> owner = owners.get(id);
            if (size >= most || (owner != null && owner.waiting.size() >= mostOfOne)) {
                return false;
            }
            add(owner == null ? owner(id) : owner, job, urgent);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private Owner<T> owner(final long id) {
        final long least =
                owners.values().stream().mapToLong(owner -> owner.spent).min().orElse(0);
        return owners.computeIfAbsent(id, each -> new Owner<>(each, least));
    }

    private void add(final Owner<T> owner, final T job, final boolean urgent) {
        if (urgent) {
            owner.waiting.addFirst(job);
        } else {
            owner.waiting.addLast(job);
        }
        size++;
        added.signal();
    }

    /** Puts a job behind all that waits for each owner, or is being done now; what counts them down when they are done. */
    CountDownLatch behindAll(final Function<CountDownLatch, T> job) {
        lock.lock();
        try {
            final CountDownLatch latch = new CountDownLatch(owners.size());
            owners.values().forEach(owner -> add(owner, job.apply(latch), false));
            return latch;
        } finally {
            lock.unlock();
        }
    }

    /** Takes out all that is so. */
    List<T> take(final Predicate<T> which) {
        lock.lock();
        try {
            final List<T> taken = new ArrayList<>();
            for (final Owner<T> owner : owners.values()) {
                owner.waiting.stream().filter(which).forEach(taken::add);
                owner.waiting.removeIf(which);
            }
            size -= taken.size();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    boolean isEmpty() {
        lock.lock();
        try {
            return size == 0;
        } finally {
            lock.unlock();
        }
    }

    /** What is to be done next, which ends what was done before; {@code null} if there is nothing for so long. */
    @Nullable
    T poll(final long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            done();
            long left = nanos;
            while (size == 0) {
                if (left <= 0) {
                    return null;
                }
                left = added.awaitNanos(left);
            }
            Owner<T> next = null;
            for (final Owner<T> owner : owners.values()) {
                if (!owner.waiting.isEmpty() && (next == null || owner.spent < next.spent)) {
                    next = owner;
                }
            }
            if (next == null) {
                throw new IllegalStateException("nothing waits, and " + size + " should");
            }
            size--;
            current = next;
            began = System.nanoTime();
            return next.waiting.removeFirst();
        } finally {
            lock.unlock();
        }
    }

    private void done() {
        final Owner<T> owner = current;
        if (owner != null) {
            current = null;
            owner.spent += System.nanoTime() - began;
            if (owner.waiting.isEmpty()) {
                owners.remove(owner.id);
            }
        }
    }
}
