package io.fourthlog.sensor.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Answers of Redis say nothing of what they answer: whether they are ever taken for those of another command. */
class RedisLossTest {
    private static byte[] get(final int key) {
        final String name = "k" + key;
        return ("*2\r\n$3\r\nGET\r\n$" + name.length() + "\r\n" + name + "\r\n").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] value(final int key) {
        final String value = "v" + key;
        return ("$" + value.length() + "\r\n" + value + "\r\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Each value that came back is one of those that were asked for, in their order. */
    private static void check(final Told told) {
        for (final Told.One one : told.all) {
            if (!one.isCut()) {
                final long asked =
                        one.values.stream().filter(each -> each.startsWith("k")).count();
                assertThat(one.values.stream()
                                .filter(each -> each.startsWith("v"))
                                .map(each -> "k" + each.substring(1)))
                        .as("%s", one.whole())
                        .containsExactlyElementsOf(one.values.stream()
                                .filter(each -> each.startsWith("k"))
                                .toList())
                        .hasSize((int) asked);
            }
        }
        assertThat(told.budget.used()).isZero();
    }

    @Property(tries = 2000)
    void ofAClientThatAwaitsItsAnswers(
            @ForAll final long seed,
            @ForAll @IntRange(min = 1, max = 5) final int most,
            @ForAll @IntRange(max = 20) final int percent) {
        final Random random = new Random(seed);
        final Told told = new Told(Redis::begun);
        int key = 0;
        for (int i = 0; i < 60; i++) {
            final int batch = 1 + random.nextInt(most);
            for (int n = 0; n < batch; n++) {
                pass(told, true, get(key + n), random, percent);
            }
            for (int n = 0; n < batch; n++) {
                pass(told, false, value(key + n), random, percent);
            }
            key += batch;
        }
        check(told.close());
    }

    @Property(tries = 2000)
    void ofAClientThatDoesNotAwaitThem(@ForAll final long seed, @ForAll @IntRange(max = 20) final int percent) {
        final Random random = new Random(seed);
        final Told told = new Told(Redis::begun);
        final ArrayDeque<Integer> waiting = new ArrayDeque<>();
        for (int key = 0; key < 150 || !waiting.isEmpty(); ) {
            if (key < 150 && (waiting.isEmpty() || (waiting.size() < 6 && random.nextBoolean()))) {
                waiting.add(key);
                pass(told, true, get(key++), random, percent);
            } else {
                pass(told, false, value(waiting.remove()), random, percent);
            }
        }
        check(told.close());
    }

    private static void pass(
            final Told told, final boolean sent, final byte[] bytes, final Random random, final int percent) {
        if (random.nextInt(100) < percent) {
            told.lose(sent, bytes.length);
        } else if (sent) {
            told.sent(bytes);
        } else {
            told.received(bytes);
        }
    }

    @Test
    void mostIsReadAgainAfterALoss() {
        final Told told = new Told(Redis::begun);
        for (int key = 0; key < 100; key++) {
            if (key == 50) {
                told.sent(get(key)).lose(false, 8);
            } else {
                told.sent(get(key)).received(value(key));
            }
        }
        assertThat(told.all.stream().filter(each -> !each.isCut())).hasSizeGreaterThan(90);
    }
}
