package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is remembered of the ring's records, with records as {@code records.h} draws them. */
final class RecordDecoderTest {
    private static final int OPENED = 6;
    private static final int ID = 40;
    private static final int LENGTH = 72;
    private static final int PATH = 88;

    private final List<Long> lost = new ArrayList<>();
    private final RecordDecoder decoder = new RecordDecoder(ProcessWatcher.NONE, _ -> 0);
    private final KernelEventSink sink = new Observed() {
        @Override
        public void closingLost(final long openSequence) {
            lost.add(openSequence);
        }
    };

    private void open(final int files, final String folder) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(1 << 16);
            final RingRecord record = new RingRecord();
            for (int file = 0; file < files; file++) {
                final byte[] path = (folder + file).getBytes(StandardCharsets.UTF_8);
                memory.set(ValueLayout.JAVA_INT, 0, OPENED);
                memory.set(ValueLayout.JAVA_LONG, ID, file);
                memory.set(ValueLayout.JAVA_INT, LENGTH, path.length);
                MemorySegment.copy(path, 0, memory, ValueLayout.JAVA_BYTE, PATH, path.length);
                record.set(memory.address(), PATH + path.length);
                decoder.decode(record, sink);
            }
        }
    }

    @Test
    void ofManyFilesThatStayOpenTheEldestAreForgottenAndThatIsTold() {
        open(32_770, "/data/");
        assertThat(lost).containsExactly(0L, 1L);
    }

    @Test
    void pathsOfFilesThatStayOpenAreBounded() {
        final String folder = "/data/" + "folder/".repeat(400);
        open(4000, folder);
        assertThat(lost).hasSizeBetween(500, 3000);
        assertThat(lost).isEqualTo(LongStream.range(0, lost.size()).boxed().toList());
        assertThat((4000 - lost.size()) * (long) folder.length()).isLessThanOrEqualTo(8 << 20);
    }
}
