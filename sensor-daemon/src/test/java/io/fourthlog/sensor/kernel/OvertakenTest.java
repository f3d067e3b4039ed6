package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which records wait for the write that they follow from, and for how long. */
final class OvertakenTest {
    private static final long POD = 7;
    private static final long OTHER = 8;
    private static final long END = 50;
    private static final long NOW = 1_000_000_000L;
    private static final long LATE = NOW + 200_000_001L;

    private final Overtaken overtaken = new Overtaken();
    private final List<Integer> told = new ArrayList<>();

    private void keep(final int number, final int size) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(size, Long.BYTES);
            memory.set(ValueLayout.JAVA_INT, 0, number);
            final RingRecord record = new RingRecord();
            record.set(memory.address(), size);
            assertThat(overtaken.keep(POD, record)).isTrue();
            assertThat(overtaken.keep(OTHER, record)).isFalse();
        }
    }

    private List<Integer> release(final long nowNs) {
        told.clear();
        overtaken.release(nowNs, record -> told.add(record.integer(0)));
        return told;
    }

    @Test
    void whatFollowsIsToldBehindTheWrite() {
        overtaken.overtaken(POD, END, 300, NOW);
        keep(1, 64);
        overtaken.overtaken(POD, END, 290, NOW + 1);
        overtaken.came(END + 1, 1000);
        overtaken.came(END, 200);
        assertThat(overtaken.readNs(END + 1)).isEqualTo(Overtaken.NOBODY);
        assertThat(overtaken.readNs(END)).isEqualTo(NOW);
        assertThat(release(NOW)).isEmpty();
        keep(2, 32 << 10);
        overtaken.came(END, 300);
        assertThat(release(NOW)).containsExactly(1, 2);
        assertThat(overtaken.isEmpty()).isTrue();
    }

    @Test
    void aWriteThatCameBeforeIsNotWaitedFor() {
        overtaken.came(END, 300);
        overtaken.came(END, 200); // of an earlier piece that another processor told later
        overtaken.overtaken(POD, END, 300, NOW);
        assertThat(overtaken.isEmpty()).isTrue();
        overtaken.overtaken(POD, END, 301, NOW);
        assertThat(overtaken.isEmpty()).isFalse();
    }

    @Test
    void allEndsOfACgroupAreWaitedFor() {
        overtaken.overtaken(POD, END, 10, NOW);
        overtaken.overtaken(POD, END + 1, 20, NOW + 50_000_000);
        keep(1, 64);
        overtaken.came(END, 10);
        assertThat(release(NOW)).isEmpty();
        overtaken.came(END + 1, 20);
        assertThat(release(NOW)).containsExactly(1);
    }

    @Test
    void whatDoesNotComeIsGivenUpAndNotWaitedForAgainAndAgain() {
        for (final int round : new int[] {1, 2, 3}) {
            overtaken.overtaken(POD, END, 100L * round, NOW);
            overtaken.overtaken(POD, END, 100L * round + 1, LATE - 1); // puts nothing off
            keep(round, 64);
            assertThat(release(LATE - 1)).isEmpty();
            assertThat(release(LATE)).containsExactly(round);
        }
        overtaken.overtaken(POD, END, 400, NOW);
        assertThat(overtaken.isEmpty()).isTrue();
        overtaken.overtaken(POD, END + 1, 1, NOW);
        assertThat(overtaken.isEmpty()).isFalse();
    }

    @Test
    void whatIsKeptIsBounded() {
        overtaken.overtaken(POD, END, 1, NOW);
        final int records = (4 << 20) / (32 << 10) + 1;
        IntStream.range(0, records).forEach(number -> keep(number, 32 << 10));
        assertThat(release(NOW)).hasSize(records);
    }

    @Test
    void atTheEndAllIsTold() {
        overtaken.overtaken(POD, END, 1, NOW);
        keep(1, 64);
        overtaken.end(record -> told.add(record.integer(0)));
        assertThat(told).containsExactly(1);
        assertThat(overtaken.isEmpty()).isTrue();
    }
}
