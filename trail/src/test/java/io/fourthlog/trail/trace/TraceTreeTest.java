package io.fourthlog.trail.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.reading.LoggedEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class TraceTreeTest {

    /** Event {@code n}, triggered by event {@code trigger}, or by none. */
    private static LoggedEvent event(int n, @Nullable Integer trigger) {
        final DataAccess event = new DataAccess(
                Scene.header(n, Scene.HELPDESK_TRACE, Scene.HELPDESK, trigger == null ? null : Scene.id(trigger), n)
                        .withUnknown("row_count", "a file has no rows"),
                "file:///" + n,
                "read",
                null,
                1L,
                List.of());
        return new LoggedEvent(Scene.SENSOR, n, EventCodec.encode(event), event);
    }

    /** Each event as its number, indented by its depth, with what is odd. */
    private static String draw(LoggedEvent... events) {
        final StringBuilder text = new StringBuilder();
        for (final TraceTree.Node node : TraceTree.of(Arrays.asList(events))) {
            text.append(" ".repeat(node.depth())).append(node.logged().leaf());
            if (node.oddity() != null) {
                text.append(' ').append(node.oddity());
            }
            text.append('\n');
        }
        return text.toString();
    }

    @Test
    void eventsStandBelowTheirTriggerWhateverOrderTheyCameIn() {
        final List<LoggedEvent> events = new ArrayList<>(
                List.of(event(1, null), event(2, 1), event(3, 1), event(4, 2), event(5, 4), event(6, null)));
        for (int seed = 0; seed < 20; seed++) {
            Collections.shuffle(events, new Random(seed));
            assertThat(draw(events.toArray(LoggedEvent[]::new))).isEqualTo("""
                    1
                     2
                      4
                       5
                     3
                    6
                    """);
        }
    }

    @Test
    void anEventWhoseTriggerIsMissingIsARootAndSaysSo() {
        assertThat(draw(event(1, null), event(3, 99), event(4, 3))).isEqualTo("""
                1
                3 TRIGGER_MISSING
                 4
                """);
    }

    @Test
    void circlesAreCutWhereTheyAreEnteredAndNothingIsLost() {
        assertThat(draw(event(1, null), event(2, 4), event(3, 2), event(4, 3), event(5, 4), event(6, 6)))
                .isEqualTo("""
                1
                2 CIRCLE
                 3
                  4
                   5
                6 CIRCLE
                """);
    }

    @Test
    void ofTwoEventsWithOneIdBothAreShown() {
        assertThat(draw(event(1, null), event(2, 1), event(2, 1), event(3, 2))).isEqualTo("""
                1
                 2
                  3
                 2 SAME_ID
                """);
    }

    @Test
    void aChainOfAnyLengthIsATree() {
        final LoggedEvent[] chain = IntStream.rangeClosed(1, 100_000)
                .mapToObj(n -> event(n, n == 1 ? null : n - 1))
                .toArray(LoggedEvent[]::new);

        assertThat(TraceTree.of(Arrays.asList(chain)))
                .hasSize(100_000)
                .last()
                .extracting(TraceTree.Node::depth)
                .isEqualTo(99_999);
    }
}
