package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SseParserTest {
    private final List<String> events = new ArrayList<>();
    private final SseParser parser = parser(events);

    private static SseParser parser(final List<String> events) {
        return new SseParser(new MemoryBudget(1 << 20), new Limits(1024, 1024, 64, 16, 16), new SseParser.Sink() {
            @Override
            public void event(final byte[] data, final int from, final int length) {
                events.add(new String(data, from, length, StandardCharsets.UTF_8));
            }

            @Override
            public void oversized() {
                events.add("oversized");
            }
        });
    }

    private static void feed(final SseParser to, final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        to.parse(bytes, 0, bytes.length);
    }

    @Test
    void everyLineEndIsOne() {
        feed(parser, "data: a\n\ndata: b\r\rdata: c\r\n\r\ndata:d\r\n\n");
        assertThat(events).containsExactly("a", "b", "c", "d");
    }

    @Test
    void linesOfDataAreJoinedAndOtherFieldsIgnored() {
        feed(parser, "\ufeff: comment\nevent: delta\nid: 1\ndata: one\ndata:  two\ndata\ndatum: no\n\n\n: nothing\n\n");
        assertThat(events).containsExactly("one\n two\n");
    }

    @Test
    void anUnfinishedEventIsNone() {
        feed(parser, "data: a\n");
        assertThat(events).isEmpty();
    }

    @Test
    void anOversizedEventIsSkippedAndTheNextIsRead() {
        feed(parser, "data: " + "x".repeat(100) + "\n\ndata: next\n\n");
        assertThat(events).containsExactly("oversized", "next");
    }

    @Test
    void afterAGapTheRestOfTheEventIsSkipped() {
        feed(parser, "data: whole\n\ndata: be");
        parser.gap();
        feed(parser, "ginning\ndata: of another\n\ndata: next\n\n");
        assertThat(events).containsExactly("whole", "next");
    }

    @Property
    void everyCutGivesTheSame(@ForAll @IntRange(min = 1, max = 20) final int size) {
        final String text =
                "\ufeffdata: a\r\ndata: ü\r\n\r\n: c\r\rdata:b\n\ndata: " + "y".repeat(90) + "\n\ndata: z\r\n\r\n";
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        final List<String> cut = new ArrayList<>();
        final SseParser to = parser(cut);
        for (int from = 0; from < bytes.length; from += size) {
            to.parse(bytes, from, Math.min(size, bytes.length - from));
        }
        assertThat(cut).containsExactly("a\nü", "b", "oversized", "z");
    }
}
