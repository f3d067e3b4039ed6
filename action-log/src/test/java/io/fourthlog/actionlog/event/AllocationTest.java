package io.fourthlog.actionlog.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Encoding an event into a buffer that is kept leaves nothing for the garbage collector. */
final class AllocationTest {

    private static final int ROUNDS = 200;

    @Test
    void encodingAllocatesNothingOnceTheBufferIsLargeEnough() {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final CanonicalBuffer buffer = new CanonicalBuffer();
        final List<Event> events = new ArrayList<>();
        final Random random = new Random(8785);
        while (events.size() < 50) {
            final Event event = Events.event(random);
            if (event.header().extensions().isEmpty()) { // no sensor writes fields that it does not know
                events.add(event);
            }
        }
        long least = Long.MAX_VALUE; // the compiler may work on this thread's behalf, but not in every round
        for (int round = 0; round < ROUNDS; round++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < events.size(); i++) {
                buffer.clear();
                EventCodec.encode(events.get(i), buffer);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).as("bytes for %d events", events.size()).isZero();
    }
}
