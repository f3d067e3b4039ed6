package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.kernel.Observed.Datagrams;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When flows of datagrams end, with what the kernel has counted as {@code maps.h} draws it. */
final class FlowsTest {
    private static final long BEGIN = Duration.ofHours(1).toNanos();
    private static final int UDP = 17;

    /** What went through a flow, and when the last did. */
    private record Count(long sent, long received, long lastNs) {}

    private final Map<Integer, Count> counted = new HashMap<>(); // by port
    private final Observed seen = new Observed();
    private final Flows flows = new Flows((key, flow, last) -> {
        assertThat(key.get(ValueLayout.JAVA_SHORT, 14)).isEqualTo((short) UDP);
        assertThat(key.asSlice(16).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(mapped("10.0.0.9"));
        final int port = Short.toUnsignedInt(key.get(ValueLayout.JAVA_SHORT, 12));
        final Count count = last ? counted.remove(port) : counted.get(port);
        if (count != null) {
            flow.set(ValueLayout.JAVA_LONG, 0, count.sent());
            flow.set(ValueLayout.JAVA_LONG, 8, count.received());
            flow.set(ValueLayout.JAVA_LONG, 16, count.lastNs());
        }
    });

    private static byte[] mapped(final String address) {
        final byte[] mapped = new byte[16];
        mapped[10] = mapped[11] = (byte) 0xff;
        try {
            System.arraycopy(InetAddress.getByName(address).getAddress(), 0, mapped, 12, 4);
        } catch (final UnknownHostException e) {
            throw new AssertionError("an address is no name", e);
        }
        return mapped;
    }

    private static KernelProcess process(final int tgid) {
        final KernelProcess process = new KernelProcess();
        process.set(tgid, 1, tgid * 1000L, 7, BEGIN);
        return process;
    }

    private void begin(final int tgid, final int port) {
        counted.put(port, new Count(100, 0, BEGIN));
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(88, Long.BYTES);
            MemorySegment.copy(mapped("10.0.0.9"), 0, memory, ValueLayout.JAVA_BYTE, 40, 16);
            memory.set(ValueLayout.JAVA_INT, 80, port);
            memory.set(ValueLayout.JAVA_INT, 84, UDP);
            final RingRecord record = new RingRecord();
            record.set(memory.address(), (int) memory.byteSize());
            flows.began(process(tgid), record, "10.0.0.9", seen);
        }
    }

    private void look(final Duration after) {
        flows.look(BEGIN + after.toNanos(), seen);
    }

    private List<Integer> ended() {
        return seen.ended.stream().map(Datagrams::port).toList();
    }

    @Test
    void aFlowEndsAMinuteAfterTheLastDatagram() {
        begin(10, 53);
        begin(10, 65_000);
        look(Duration.ofSeconds(59));
        assertThat(seen.ended).isEmpty();
        counted.put(53, new Count(250, 4000, BEGIN + Duration.ofSeconds(59).toNanos()));
        look(Duration.ofSeconds(65));
        assertThat(ended()).containsExactly(65_000);
        assertThat(counted).containsOnlyKeys(53);
        look(Duration.ofSeconds(125));
        assertThat(seen.ended.getLast()).isEqualTo(new Datagrams(UDP, "10.0.0.9", 53, 250, 4000));
        assertThat(counted).isEmpty();
    }

    @Test
    void ofOneThatGoesOnIsToldAfterTenMinutes() {
        begin(10, 443);
        counted.put(
                443, new Count(1 << 20, 1 << 21, BEGIN + Duration.ofSeconds(599).toNanos()));
        look(Duration.ofMinutes(10));
        assertThat(seen.ended).isEmpty();
        look(Duration.ofSeconds(605));
        assertThat(seen.ended).containsExactly(new Datagrams(UDP, "10.0.0.9", 443, 1 << 20, 1 << 21));
    }

    @Test
    void flowsEndWithTheirProcessAndNoOther() {
        begin(10, 1);
        begin(11, 2);
        begin(10, 3);
        flows.exited(process(10), seen);
        assertThat(ended()).containsExactly(1, 3);
        flows.end(seen);
        assertThat(ended()).containsExactly(1, 3, 2);
    }

    @Test
    void ofManyTheEldestIsToldAtOnce() {
        IntStream.rangeClosed(1, 4098).forEach(port -> begin(10, port));
        assertThat(ended()).containsExactly(1, 2);
        assertThat(seen.flows).hasSize(4098);
        flows.end(seen);
        assertThat(seen.ended)
                .hasSize(4098)
                .allSatisfy(each -> assertThat(each.sent()).isEqualTo(100));
    }
}
