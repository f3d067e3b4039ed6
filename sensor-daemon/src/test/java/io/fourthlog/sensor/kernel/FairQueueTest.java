package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FairQueueTest {
    private static final long GREEDY = 1;
    private static final long MODEST = 2;

    private final FairQueue<Object> queue = new FairQueue<>(8, 4);

    private @Nullable Object next() throws InterruptedException {
        return queue.poll(0);
    }

    /** Does what takes some time. */
    private @Nullable Object work() throws InterruptedException {
        final @Nullable Object job = next();
        final long began = System.nanoTime();
        while (System.nanoTime() - began < 1_000_000) {
            Thread.onSpinWait();
        }
        return job;
    }

    @Test
    void whoAsksForLittleWaitsForOneThingOfWhoAsksForMuch() throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            queue.offer(GREEDY, "greedy " + i, false);
        }
        assertThat(work()).isEqualTo("greedy 0");
        assertThat(work()).isEqualTo("greedy 1");
        queue.offer(MODEST, "modest 0", false);
        queue.offer(MODEST, "modest 1", false);
        assertThat(next()).isEqualTo("modest 0");
        assertThat(next()).isEqualTo("modest 1");
        assertThat(next()).isEqualTo("greedy 2");
    }

    @Test
    void anOwnersJobsComeInOrderUrgentOnesFirst() throws InterruptedException {
        queue.offer(MODEST, "first", false);
        queue.offer(MODEST, "second", false);
        queue.offer(MODEST, "urgent", true);
        assertThat(next()).isEqualTo("urgent");
        assertThat(next()).isEqualTo("first");
        assertThat(next()).isEqualTo("second");
        assertThat(next()).isNull();
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void whoAsksForMuchLeavesRoomToOthers() {
        for (int i = 0; i < 4; i++) {
            assertThat(queue.offer(GREEDY, i, false)).isTrue();
        }
        assertThat(queue.offer(GREEDY, 4, false)).isFalse();
        for (int i = 0; i < 4; i++) {
            assertThat(queue.offer(MODEST, i, false)).isTrue();
        }
        assertThat(queue.offer(3, 0, false)).isFalse();
    }

    @Test
    void whatIsBehindAllIsBehindWhatIsBeingDone() throws InterruptedException {
        assertThat(queue.behindAll(latch -> latch).getCount()).isZero();
        queue.offer(GREEDY, "being done", false);
        assertThat(next()).isEqualTo("being done");
        queue.offer(MODEST, "waits", false);
        final CountDownLatch latch = queue.behindAll(each -> each);
        assertThat(latch.getCount()).isEqualTo(2);
        queue.offer(MODEST, "later", false);
        for (@Nullable Object job = next(); job != "later"; job = next()) {
            if (job instanceof CountDownLatch reached) {
                reached.countDown();
            }
        }
        assertThat(latch.getCount()).isLessThanOrEqualTo(1);
    }
}
