package io.fourthlog.sensor.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.database.SqlStatement.Dialect;

/**
 * Every decoder of a database's protocol on bytes that nobody would send: nothing is thrown, no more is held than allowed, and
 * nothing is held at the end. Known inputs run in every build, new ones are looked for with {@code -Pfuzz}.
 */
class DatabaseFuzzTest {
    private static final long MOST = 4 << 20; // bytes that one connection may hold of such short ones

    private static void play(final Told told, final FuzzedDataProvider data) {
        while (data.remainingBytes() > 0) {
            final boolean sent = data.consumeBoolean();
            if (data.consumeInt(0, 9) == 0) {
                told.lose(sent, data.consumeInt(1, 600));
            } else {
                told.pass(new Chunk(sent, data.consumeBytes(data.consumeInt(0, 600))));
            }
            assertThat(told.budget.used()).isLessThan(MOST);
        }
        told.close();
        assertThat(told.budget.used()).isZero();
        assertThat(told.all).allSatisfy(each -> assertThat(each.end).isNotNull());
    }

    /** The first chunks of a recorded connection, up to where it is known who is connected. */
    private static Told connected(final Told told, final String transcript, final int chunks) {
        return told.play(Transcript.load(transcript + ".capture").subList(0, chunks));
    }

    @FuzzTest
    void postgreSql(final FuzzedDataProvider data) {
        play(new Told(PostgreSql::begun), data);
    }

    @FuzzTest
    void postgreSqlConnected(final FuzzedDataProvider data) {
        play(connected(new Told(PostgreSql::begun), "postgres-psycopg", 4), data);
    }

    @FuzzTest
    void postgreSqlInTheMiddle(final FuzzedDataProvider data) {
        play(new Told(PostgreSql::inTheMiddle), data);
    }

    @FuzzTest
    void mySql(final FuzzedDataProvider data) {
        play(new Told(MySql::begun), data);
    }

    @FuzzTest
    void mySqlConnected(final FuzzedDataProvider data) {
        play(connected(new Told(MySql::begun), "mysql-connector", 4), data);
    }

    @FuzzTest
    void mySqlCompressed(final FuzzedDataProvider data) {
        play(connected(new Told(MySql::begun), "mysql-compressed", 4), data);
    }

    @FuzzTest
    void mySqlInTheMiddle(final FuzzedDataProvider data) {
        play(new Told(MySql::inTheMiddle), data);
    }

    @FuzzTest
    void redis(final FuzzedDataProvider data) {
        play(new Told(Redis::begun), data);
    }

    @FuzzTest
    void redisInTheMiddle(final FuzzedDataProvider data) {
        play(new Told(Redis::inTheMiddle), data);
    }

    @FuzzTest
    void mongoDb(final FuzzedDataProvider data) {
        play(new Told(MongoDb::new), data);
    }

    @FuzzTest
    void sql(final byte[] sql) {
        for (final Dialect dialect : Dialect.values()) {
            SqlStatement.statements(sql, 0, sql.length, dialect);
        }
    }

    @FuzzTest
    void beginnings(final byte[] bytes) {
        for (final Database database : Database.values()) {
            database.client(bytes, 0, bytes.length);
            database.server(bytes, 0, bytes.length);
            database.isRequest(bytes, 0, bytes.length);
        }
    }
}
