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
    private static final int HELD = 80;
    private static final int PATH = 88;
    private static final int MOST = 32_768;

    private final List<Long> lost = new ArrayList<>();
    private int goOn; // processes that were let go on
    private final RecordDecoder decoder = new RecordDecoder(
            new IgnoringWatcher() {
                @Override
                public void judged(final KernelProcess process) {
                    goOn++;
                }
            },
            new Flows((_, _, _) -> {}),
            (_, _) -> 0);

    private void open(
            final KernelEventSink sink, final int first, final int files, final String folder, final int held) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(1 << 16);
            final RingRecord record = new RingRecord();
            for (int file = first; file < first + files; file++) {
                final byte[] path = (folder + file).getBytes(StandardCharsets.UTF_8);
                memory.set(ValueLayout.JAVA_INT, 0, OPENED);
                memory.set(ValueLayout.JAVA_LONG, ID, file);
                memory.set(ValueLayout.JAVA_INT, LENGTH, path.length);
                memory.set(ValueLayout.JAVA_INT, HELD, held);
                MemorySegment.copy(path, 0, memory, ValueLayout.JAVA_BYTE, PATH, path.length);
                record.set(memory.address(), PATH + path.length);
                decoder.decode(record, sink);
            }
        }
    }

    private final KernelEventSink sink = new Observed() {
        @Override
        public void closingLost(final long openSequence) {
            lost.add(openSequence);
        }
    };

    @Test
    void ofManyFilesThatStayOpenTheEldestAreForgottenAndThatIsTold() {
        open(sink, 0, MOST + 2, "/data/", 0);
        assertThat(lost).containsExactly(0L, 1L);
    }

    @Test
    void pathsOfFilesThatStayOpenAreBounded() {
        final String folder = "/data/" + "folder/".repeat(400);
        open(sink, 0, 4000, folder, 0);
        assertThat(lost).hasSizeBetween(500, 3000);
        assertThat(lost).isEqualTo(LongStream.range(0, lost.size()).boxed().toList());
        assertThat((4000 - lost.size()) * (long) folder.length()).isLessThanOrEqualTo(8 << 20);
    }

    @Test
    void whoIsHeldGoesOnThoughForgettingAnotherFileFails() {
        final List<RuntimeException> faults = new ArrayList<>();
        final KernelEventSink failing = new Observed() {
            @Override
            public void closingLost(final long openSequence) {
                throw new IllegalStateException("of another file");
            }

            @Override
            public void failed(final KernelProcess process, final RuntimeException bug) {
                faults.add(bug);
            }
        };
        open(failing, 0, MOST, "/data/", 0);
        open(failing, MOST, 1, "/etc/secrets/", 1);
        assertThat(faults).hasSize(1);
        assertThat(goOn).isEqualTo(1);
    }
}
