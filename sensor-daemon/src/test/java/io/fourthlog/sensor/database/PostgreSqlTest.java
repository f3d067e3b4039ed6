package io.fourthlog.sensor.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.streams.GapCause;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgreSqlTest {
    private static final byte[] READY = message('Z', "I");
    private static final byte[] LOGIN = startup("user\0alice\0database\0crm\0\0");

    private static byte[] text(final String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] message(final char type, final String body) {
        final byte[] bytes = text(body);
        return ByteBuffer.allocate(5 + bytes.length)
                .put((byte) type)
                .putInt(4 + bytes.length)
                .put(bytes)
                .array();
    }

    private static byte[] startup(final String body) {
        final byte[] bytes = text(body);
        return ByteBuffer.allocate(8 + bytes.length)
                .putInt(8 + bytes.length)
                .putInt(3 << 16)
                .put(bytes)
                .array();
    }

    private static byte[] query(final String sql) {
        return message('Q', sql + "\0");
    }

    private static byte[] columns(final String... names) {
        final StringBuilder body = new StringBuilder("\0").append((char) names.length);
        for (final String name : names) {
            body.append(name).append("\0").append("\0".repeat(18));
        }
        return message('T', body.toString());
    }

    private static byte[] row(final String... values) {
        final StringBuilder body = new StringBuilder("\0").append((char) values.length);
        for (final String value : values) {
            body.append("\0\0")
                    .append((char) (value.length() >> 8))
                    .append((char) (value.length() & 0xff))
                    .append(value);
        }
        return message('D', body.toString());
    }

    private static byte[] complete(final String tag) {
        return message('C', tag + "\0");
    }

    private static Told loggedIn() {
        return new Told(PostgreSql::begun)
                .sent(LOGIN)
                .received(message('R', "\0\0\0\0"))
                .received(READY);
    }

    @Test
    void psycopg() {
        final Told told = new Told(PostgreSql::begun).play("postgres-psycopg").close();
        assertThat(told.logins).containsExactly("postgres@crm");
        assertThat(told.gaps).isEmpty();
        assertThat(told.heads())
                .containsExactly(
                        "read [customers] 0",
                        "read [customers] 1",
                        "read [customers] 1",
                        "read [customers] 1",
                        "read [customers] 1",
                        "read [customers] 1",
                        "read [customers] 1",
                        "write [sales.orders] 1",
                        "read [nonexisting] failed 42P01",
                        "read [customers, sales.orders] 7",
                        "read [customers, sales.orders] 37",
                        "read [customers] 19",
                        "write [sales.orders] 3");
        assertThat(told.wholes().get(1))
                .isEqualTo("read [customers] 1 [select name, email from customers where id=$1, \0\1,"
                        + " name=Alice 1, email=alice1@example.com]");
    }

    @Test
    void statementsThatAreAskedTogether() {
        final Told told = new Told(PostgreSql::begun).play("postgres-pipeline").close();
        assertThat(told.gaps).isEmpty();
        assertThat(told.heads()).containsExactly("read [customers] 1", "write [sales.orders] 9", "read [customers] 4");
    }

    @Test
    void asyncpg() {
        final Told told = new Told(PostgreSql::begun).play("postgres-asyncpg").close();
        assertThat(told.gaps).isEmpty();
        assertThat(told.heads())
                .containsExactly(
                        "read [customers] 3",
                        "write [sales.orders] 1",
                        "write [sales.orders] 1",
                        "write [sales.orders] 1",
                        "write [sales.orders] 1",
                        "write [sales.orders] 1",
                        "read [customers] 100"); // of a portal that is executed three times
    }

    @Test
    void node() {
        final Told told = new Told(PostgreSql::begun).play("postgres-node").close();
        assertThat(told.gaps).isEmpty();
        assertThat(told.heads())
                .containsExactly(
                        "read [customers] 5",
                        "write [sales.orders] 4",
                        "write [sales.orders] 4",
                        "read [] 1",
                        "write [sales.orders] -1");
        assertThat(told.wholes().get(0)).contains("email=alice3@example.com");
        assertThat(told.wholes().get(2)).isEqualTo("write [sales.orders] 4 [4]"); // its text was told before
    }

    @Test
    void tlsIsReadElsewhere() {
        final byte[] request = {0, 0, 0, 8, 4, (byte) 0xd2, 22, 47};
        final Told tls = new Told(PostgreSql::begun).sent(request).received(text("S"));
        assertThat(tls.encrypted).isTrue();
        assertThat(tls.decoder.isOver()).isTrue();
        final Told plain =
                new Told(PostgreSql::begun).sent(request).received(text("N")).sent(LOGIN);
        assertThat(plain.logins).containsExactly("alice@crm");
        assertThat(plain.encrypted).isFalse();
    }

    @Test
    void aFailedStatementTakesThoseBehindItAlong() {
        final Told told = loggedIn()
                .sent(query("select * from a; delete from b; select * from c"))
                .received(columns("x"))
                .received(row("1"))
                .received(complete("SELECT 1"))
                .received(message('E', "SERROR\0C42501\0Mpermission denied for alice@example.com\0\0"))
                .received(READY)
                .sent(query("select * from d"))
                .received(complete("SELECT 0"))
                .received(READY);
        assertThat(told.heads())
                .containsExactly("read [a] 1", "write [b] failed 42501", "read [c] failed 42501", "read [d] 0");
        assertThat(told.wholes()).noneMatch(each -> each.contains("permission"));
    }

    @Test
    void aStatementThatIsRefusedWhenItIsPreparedIsOneThatFailed() {
        final byte[] refusal = message('E', "SERROR\0C42P01\0Mrelation does not exist\0\0");
        final Told told = loggedIn()
                .sent(message('P', "s\0select * from a where name='x'\0\0\0"))
                .sent(message('D', "Ss\0"))
                .sent(message('H', ""))
                .received(refusal)
                .sent(message('S', ""))
                .received(READY)
                .sent(message('P', "\0delete from b\0\0\0"))
                .sent(message('B', "\0\0\0\0\0\0\0\0"))
                .sent(message('E', "\0\0\0\0\0"))
                .sent(message('S', ""))
                .received(refusal)
                .received(READY)
                .sent(message('P', "t\0select * from c\0\0\0"))
                .sent(message('S', ""))
                .received(message('1', ""))
                .received(READY)
                .close();
        assertThat(told.wholes())
                .containsExactly(
                        "read [a] failed 42P01 [select * from a where name='x']",
                        "write [b] failed 42P01 [delete from b]");
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void cursorsAndPreparedStatementsOfSqlAreWhatTheyWereMadeOf() {
        final Told told = loggedIn();
        for (final String sql : List.of(
                "declare c cursor for select * from secrets",
                "fetch 10 from c",
                "prepare p as delete from users where id=$1",
                "execute p(3)",
                "close c",
                "fetch 10 from c")) {
            told.sent(query(sql)).received(complete("X 1")).received(READY);
        }
        assertThat(told.heads()).containsExactly("read [secrets] 1", "write [users] 1", "read_write [] 1");
    }

    @Test
    void bytesThatAreLostInsideOfAValueCostNoMore() {
        final byte[] row = row("x".repeat(600), "secret");
        final Told told = loggedIn()
                .sent(query("select * from a"))
                .received(columns("x", "y"))
                .received(Arrays.copyOf(row, 100))
                .lose(false, 300)
                .received(Arrays.copyOfRange(row, 400, row.length))
                .received(complete("SELECT 1"))
                .received(READY)
                .sent(query("select * from b"))
                .received(complete("SELECT 0"))
                .received(READY);
        assertThat(told.heads()).containsExactly("read [a] cut STREAM", "read [b] 0");
    }

    @Test
    void afterALossItGoesOnWithTheNextRequest() {
        final Told told = loggedIn()
                .sent(query("select * from a"))
                .lose(false, 5000)
                .received(complete("SELECT 9"))
                .received(READY)
                .sent(query("select * from b"))
                .received(complete("SELECT 2"))
                .received(READY);
        assertThat(told.heads()).containsExactly("read [a] cut STREAM", "read [b] 2");
    }

    @Test
    void afterALossNothingIsKnownOfAClientThatDoesNotWait() {
        final Told told = loggedIn()
                .sent(query("select * from a"))
                .sent(query("select * from b"))
                .received(complete("SELECT 1"))
                .lose(false, 50)
                .sent(query("select * from c"))
                .received(complete("SELECT 2"));
        assertThat(told.heads()).containsExactly("read [a] 1", "read [b] cut STREAM");
        assertThat(told.decoder.isOver()).isTrue();
        assertThat(told.gaps).containsExactly(GapCause.STREAM);
    }

    @Test
    void aConnectionThatBeganBeforeIsReadFromItsNextRequestOn() {
        final byte[] request = query("select * from a");
        assertThat(PostgreSql.isRequest(request, 0, request.length)).isTrue();
        assertThat(PostgreSql.isRequest(request, 0, request.length - 1)).isFalse();
        final Told told = new Told(PostgreSql::inTheMiddle)
                .received(complete("SELECT 7"))
                .sent(request)
                .received(complete("SELECT 2"))
                .received(READY)
                .sent(message('B', "\0before\0\0\0\0\0\0\0"))
                .sent(message('E', "\0\0\0\0\0"))
                .sent(message('S', ""))
                .received(message('2', ""))
                .received(complete("UPDATE 5"))
                .received(READY);
        assertThat(told.heads())
                .containsExactly("read [a] 2", "read_write [] 5"); // what was prepared before is not known
    }

    @Test
    void aTextBelongsToTheFirstThatTouchesData() {
        final Told told =
                loggedIn().sent(query("begin; insert into a values ('x')")).received(complete("BEGIN"));
        told.received(complete("INSERT 0 1")).received(READY);
        assertThat(told.wholes()).containsExactly("write [a] 1 [begin; insert into a values ('x')]");
    }

    @Test
    void statementsBehindManyOthersAreOneThatCanDoAnything() {
        final Told told = loggedIn().sent(query("set a.b=1;".repeat(256) + "select 1; select * from secrets"));
        for (int i = 0; i < 256; i++) {
            told.received(complete("SET"));
        }
        told.received(columns("x"))
                .received(row("1"))
                .received(complete("SELECT 1"))
                .received(columns("name"))
                .received(row("Ada"))
                .received(complete("SELECT 1"))
                .received(READY)
                .sent(query("select * from a"))
                .received(complete("SELECT 3"))
                .received(READY)
                .close();
        assertThat(told.heads()).containsExactly("read_write [] 2", "read [a] 3");
        assertThat(told.all.getFirst().statement.known()).isFalse();
        assertThat(told.all.getFirst().values).endsWith("x=1", "name=Ada");
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void aFunctionThatIsCalledByItsNumberCanDoAnything() {
        final Told told = loggedIn()
                .sent(message('F', "\0\0\3\u00bb\0\1\0\1\0\2\0\0\0\4\0\0\0\7\0\0\0\3Ada\0\1")) // lowrite
                .received(message('V', "\0\0\0\4\0\0\0\3"))
                .received(READY)
                .sent(message('F', "\0\0\3\u00ba\0\0\0\0\0\1"))
                .received(message('E', "SERROR\0C42501\0\0"))
                .received(READY)
                .close();
        assertThat(told.wholes())
                .containsExactly("read_write [] -1 [\0\0\0\7, Ada, \0\0\0\3]", "read_write [] failed 42501 []");
        assertThat(told.all.getFirst().statement.known()).isFalse();
    }

    @Test
    void bytesThatAreLostOfAFunctionsCallAreOfIt() {
        final byte[] call = message('F', "\0\0\3\u00bb\0\1\0\1\0\1\0\0\0\5Grace\0\1");
        final Told told = loggedIn()
                .sent(Arrays.copyOf(call, 8))
                .lose(true, 10)
                .sent(Arrays.copyOfRange(call, 18, call.length))
                .received(message('V', "\377\377\377\377"))
                .received(READY)
                .close();
        assertThat(told.wholes()).containsExactly("read_write [] cut STREAM []");
    }

    @Test
    void replicationIsNotRead() {
        final Told told =
                loggedIn().sent(query("START_REPLICATION SLOT s LOGICAL 0/0")).received(message('W', "\0\0\0"));
        assertThat(told.decoder.isOver()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "0000002900030000 75, YES",
        "0000002900030000, UNDECIDED",
        "00000016 0003 0001 00000002 0004, NO", // Kafka's Metadata, version 1
        "00000008 04d2162f, YES",
        "00000008 04d21630, YES",
        "00000010 04d2162e, NO",
        "0000002900020000, NO",
        "00000029, UNDECIDED",
        "01000029, NO",
        "00002710 00030002 75, YES",
        "00002711 00030000, NO",
        "160301, NO"
    })
    void itsBeginningIsKnown(final String hex, final Begins begins) {
        final byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThat(PostgreSql.begins(bytes, 0, bytes.length)).isEqualTo(begins);
    }
}
