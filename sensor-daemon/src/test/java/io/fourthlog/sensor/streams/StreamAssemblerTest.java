package io.fourthlog.sensor.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StreamAssemblerTest {
    private final StringBuilder seen = new StringBuilder();
    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final StreamAssembler stream = new StreamAssembler(budget, 8, new StreamAssembler.Sink() {
        @Override
        public void data(final byte[] bytes, final int offset, final int length, final boolean chunkStart) {
            seen.append(new String(bytes, offset, length, StandardCharsets.US_ASCII));
        }

        @Override
        public void gap(final long bytes) {
            seen.append('<').append(bytes).append('>');
        }
    });

    private void accept(final long position, final String text) {
        stream.accept(position, text.getBytes(StandardCharsets.US_ASCII), 0, text.length());
    }

    @Test
    void chunksThatOvertakeEachOtherAreOrdered() {
        accept(0, "ab");
        accept(4, "ef");
        accept(2, "cd");
        assertThat(seen).hasToString("abcdef");
        assertThat(budget.used()).isZero();
    }

    @Test
    void whatDoesNotComeIsAGapOfItsLength() {
        accept(0, "ab");
        accept(5, "fg");
        accept(9, "jk");
        stream.flush();
        assertThat(seen).hasToString("ab<3>fg<2>jk");
        assertThat(budget.used()).isZero();
    }

    @Test
    void whatWasHandedOverIsNotHandedOverAgain() {
        accept(0, "abcd");
        accept(2, "cdef");
        accept(0, "ab");
        assertThat(seen).hasToString("abcdef");
    }

    @Test
    void tooMuchWaitingGivesUpOnWhatIsMissing() {
        accept(10, "aaaa");
        accept(14, "bbbb");
        accept(18, "cccc");
        assertThat(seen).hasToString("<10>aaaabbbbcccc");
    }

    @Test
    void aFullBudgetShedsWithAGap() {
        try (ContentBuffer other = new ContentBuffer(budget, 1 << 20)) {
            assertThat(other.ensure(1 << 20)).isTrue();
            accept(3, "ab");
        }
        assertThat(seen).hasToString("<3>ab");
    }

    @Test
    void contentIsZeroedAndNotPrinted() {
        final ContentBuffer buffer = new ContentBuffer(budget, 1024);
        buffer.append("secret".getBytes(StandardCharsets.US_ASCII), 0, 6);
        final byte[] held = buffer.array();
        assertThat(buffer).hasToString("ContentBuffer[6 bytes]");
        buffer.close();
        assertThat(held).containsOnly(0);
        assertThat(budget.used()).isZero();
    }
}
