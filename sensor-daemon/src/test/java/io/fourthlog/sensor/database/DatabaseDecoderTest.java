package io.fourthlog.sensor.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What holds of each database's decoder, on what real clients and servers said. */
class DatabaseDecoderTest {
    private static final long MOST = 2 << 20; // bytes that one connection may hold

    @Provide
    Arbitrary<String> recorded() {
        return Arbitraries.of(
                "postgres-psycopg",
                "postgres-pipeline",
                "postgres-asyncpg",
                "postgres-node",
                "mysql-pymysql",
                "mysql-connector",
                "mysql-mysql2",
                "mysql-compressed",
                "redis-py-resp2",
                "redis-py-pubsub-resp2",
                "redis-py-resp3",
                "redis-py-pubsub-resp3",
                "redis-ioredis",
                "mongodb-pymongo",
                "mongodb-node");
    }

    private static BiFunction<MemoryBudget, DatabaseListener, DatabaseDecoder> decoder(final String transcript) {
        return switch (transcript.substring(0, transcript.indexOf('-'))) {
            case "postgres" -> PostgreSql::begun;
            case "mysql" -> MySql::begun;
            case "redis" -> Redis::begun;
            case "mongodb" -> MongoDb::new;
            default -> throw new IllegalArgumentException(transcript);
        };
    }

    private static Told told(final String transcript) {
        return new Told(decoder(transcript));
    }

    @Property(tries = 300)
    void piecesAreReadLikeTheWhole(
            @ForAll("recorded") final String name,
            @ForAll @Size(min = 1, max = 8) final List<@IntRange(min = 1, max = 200) Integer> sizes) {
        final List<Chunk> chunks = Transcript.load(name + ".capture");
        final Told whole = told(name).play(chunks).close();
        final Told pieces = told(name).play(Transcript.cut(chunks, sizes)).close();
        assertThat(pieces.wholes()).isEqualTo(whole.wholes());
        assertThat(pieces.logins).isEqualTo(whole.logins);
        assertThat(pieces.gaps).isEqualTo(whole.gaps);
        assertThat(pieces.budget.used()).isZero();
    }

    @Property(tries = 1500)
    void whatIsLostIsNeverTakenForSomethingElse(
            @ForAll("recorded") final String name,
            @ForAll @Size(min = 1, max = 8) final List<@IntRange(min = 1, max = 400) Integer> sizes,
            @ForAll final long seed,
            @ForAll @IntRange(min = 1, max = 30) final int percent) {
        final List<Chunk> chunks = Transcript.cut(Transcript.load(name + ".capture"), sizes);
        final Set<String> truth = told(name).play(chunks).close().all.stream()
                .map(DatabaseDecoderTest::withoutText)
                .collect(Collectors.toSet());
        final Told told = told(name);
        final Random random = new Random(seed);
        boolean lost = false;
        for (final Chunk chunk : chunks) {
            if (random.nextInt(100) < percent) {
                told.lose(chunk.sent(), chunk.bytes().length);
                lost = true;
            } else {
                told.pass(chunk);
            }
        }
        told.close();
        assertThat(told.all.stream()
                        .filter(each -> !each.isCut() && each.statement.known())
                        .map(DatabaseDecoderTest::withoutText))
                .allSatisfy(each -> assertThat(truth).contains(each));
        if (lost) {
            assertThat(told.gaps.isEmpty()
                            && told.all.stream().noneMatch(each -> each.isCut() || !each.statement.known()))
                    .as("a loss is told")
                    .isFalse();
        }
        assertThat(told.budget.used()).isZero();
    }

    /** The text of what is prepared is told with its first execution that is seen. */
    private static String withoutText(final Told.One one) {
        return one.head()
                + one.values.stream()
                        .filter(value -> !value.contains("?") && !value.contains("$"))
                        .map(value -> value.replaceFirst("^[a-z_]+=", "")) // columns may be among what is lost
                        .toList();
    }

    @Property(tries = 1500)
    void changedConnectionsAreNeverFatal(@ForAll("recorded") final String name, @ForAll final long seed) {
        final Random random = new Random(seed);
        final Told told = told(name);
        for (final Chunk chunk : Transcript.load(name + ".capture")) {
            if (random.nextInt(40) == 0) {
                told.lose(chunk.sent(), random.nextInt(1000));
            } else {
                told.pass(new Chunk(chunk.sent(), changed(chunk.bytes(), random)));
            }
            assertThat(told.budget.used()).isLessThan(MOST);
        }
        assertThat(told.close().budget.used()).isZero();
        assertThat(told.all).allSatisfy(each -> assertThat(each.end).isNotNull());
    }

    private static byte[] changed(final byte[] bytes, final Random random) {
        byte[] now = bytes.clone();
        for (int i = random.nextInt(3); i > 0 && now.length > 0; i--) {
            final int at = random.nextInt(now.length);
            switch (random.nextInt(4)) {
                case 0 -> now[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> now[at] = (byte) random.nextInt(256);
                case 2 ->
                    now = concat(
                            Arrays.copyOf(now, at), Arrays.copyOfRange(now, Math.min(now.length, at + 3), now.length));
                default ->
                    now = concat(Arrays.copyOf(now, at), Arrays.copyOfRange(now, Math.max(0, at - 9), now.length));
            }
        }
        return now;
    }

    @Property(tries = 300)
    void whatMayNotBeHeldIsGivenUp(
            @ForAll("recorded") final String name, @ForAll @IntRange(max = 60_000) final int limit) {
        final MemoryBudget small = new MemoryBudget(limit);
        final Told told = new Told((_, listener) -> decoder(name).apply(small, listener));
        told.play(Transcript.cut(Transcript.load(name + ".capture"), List.of(7, 100)))
                .close();
        assertThat(small.used()).isZero();
        assertThat(told.all).allSatisfy(each -> assertThat(each.end).isNotNull());
    }

    static byte[] concat(final byte[]... all) {
        final ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (final byte[] each : all) {
            whole.writeBytes(each);
        }
        return whole.toByteArray();
    }
}
