package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Records of the ring in any order, with any content: one that cannot be is a fault of that one, and costs no other. */
final class RecordFuzzTest {
    private static final int SIZE = 4 << 10;
    private static final int KIND = 0;
    private static final int LENGTH = 68; // of a piece
    private static final int PATH_LENGTH = 72;

    @FuzzTest
    void records(final FuzzedDataProvider data) {
        final List<RuntimeException> faults = new ArrayList<>();
        final Observed sink = new Observed() {
            @Override
            public void failed(final KernelProcess process, final RuntimeException bug) {
                faults.add(bug);
            }
        };
        final RecordDecoder decoder =
                new RecordDecoder(new IgnoringWatcher(), new Flows((_, _, _) -> {}), (_, _) -> data.consumeLong(0, 1));
        final RingRecord record = new RingRecord();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(SIZE);
            for (int count = 0; count < 200 && data.remainingBytes() > 0; count++) {
                memory.fill((byte) 0);
                final byte[] bytes = data.consumeBytes(data.consumeInt(80, 300));
                MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
                memory.set(ValueLayout.JAVA_INT, KIND, data.consumeInt(1, 27));
                memory.set(ValueLayout.JAVA_INT, LENGTH, data.consumeInt(0, SIZE));
                memory.set(ValueLayout.JAVA_INT, PATH_LENGTH, data.consumeInt(0, SIZE));
                record.set(memory.address(), data.consumeInt(88, SIZE));
                decoder.decode(record, sink);
            }
            decoder.release(Long.MAX_VALUE, sink);
            decoder.end(sink);
        }
        assertThat(faults)
                .allSatisfy(bug ->
                        assertThat(bug).isInstanceOfAny(IndexOutOfBoundsException.class, IllegalStateException.class));
    }
}
