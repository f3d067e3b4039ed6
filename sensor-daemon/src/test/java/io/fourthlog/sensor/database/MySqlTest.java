package io.fourthlog.sensor.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.streams.GapCause;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MySqlTest {
    private static final int FLAGS = 1 << 9 | 1 << 15 | 1 << 24; // PROTOCOL_41, SECURE_CONNECTION, DEPRECATE_EOF
    private static final String OK = "00 00 00 02 00 00 00";

    private static byte[] hex(final String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }

    private static byte[] text(final String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] packet(final int sequence, final byte[]... parts) {
        final byte[] body = DatabaseDecoderTest.concat(parts);
        return DatabaseDecoderTest.concat(
                new byte[] {(byte) body.length, (byte) (body.length >> 8), (byte) (body.length >> 16), (byte) sequence},
                body);
    }

    private static byte[] query(final String sql) {
        return packet(0, new byte[] {3}, text(sql));
    }

    private static byte[] login(final int sequence, final int flags, final String user) {
        final byte[] head = ByteBuffer.allocate(32)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(flags)
                .putInt(1 << 24)
                .put((byte) 45)
                .array();
        return packet(sequence, head, text(user + "\0"), new byte[] {3, 1, 2, 3}, text("shop\0"));
    }

    private static Told loggedIn(final int flags) {
        return new Told(MySql::begun).sent(login(2, flags | 8, "agent")).received(packet(3, hex(OK)));
    }

    private static byte[] column(final int sequence, final String name, final int type) {
        return packet(
                sequence,
                hex("03646566 00 00 00"),
                new byte[] {(byte) name.length()},
                text(name),
                hex("00 0c 2d00 00010000"),
                new byte[] {(byte) type},
                hex("0000 00 0000"));
    }

    @Test
    void whatPyMySqlDoes() {
        final Told told = new Told(MySql::begun).play("mysql-pymysql").close();
        assertThat(told.logins).containsExactly("agent@shop", "agent@mysql");
        assertThat(told.heads())
                .containsExactly(
                        "write [customers] 0",
                        "write [customers] 0",
                        "write [customers] 2",
                        "read [customers] 2",
                        "read [nothing_here] failed 1146",
                        "read [customers] 1",
                        "write [customers] 1",
                        "read [customers] 1",
                        "write [customers] 2",
                        "read [user] 1");
        assertThat(told.all.get(3).values).contains("id=1", "name=Ada Lovelace", "mail=ada@example.com");
        assertThat(told.all.get(8).values)
                .last()
                .isEqualTo("3,Grace Hopper,grace@example.com,z\n4,Edsger,ed@example.com,w\n");
        assertThat(told.gaps).isEmpty();
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void whatConnectorPythonPrepares() {
        final Told told = new Told(MySql::begun).play("mysql-connector").close();
        assertThat(told.logins).containsExactly("agent@shop", "agent@mysql");
        assertThat(told.heads())
                .containsExactly(
                        "read [customers] 2",
                        "read [customers] 1",
                        "write [customers] 1",
                        "read [] 1",
                        "read [user] 1");
        assertThat(told.all.get(1).values).contains("%G%", "name=Alan Turing").hasSize(5);
        assertThat(told.all.get(2).values).contains("a note of some length");
    }

    @Test
    void aStatementThatIsRefusedWhenItIsPreparedIsOneThatFailed() {
        final Told told = loggedIn(FLAGS)
                .sent(packet(0, new byte[] {0x16}, text("select * from a where x='y'")))
                .received(packet(1, hex("ff 7a04"), text("#42S02no such table")))
                .close();
        assertThat(told.wholes()).containsExactly("read [a] failed 1146 [select * from a where x='y']");
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void whatMysql2DoesCompressedAndNot() {
        final Told plain = new Told(MySql::begun).play("mysql-mysql2").close();
        final Told compressed = new Told(MySql::begun).play("mysql-compressed").close();
        assertThat(plain.heads())
                .containsExactly(
                        "read [customers] 2",
                        "read [customers] 1",
                        "read [customers] 1",
                        "write [customers] 1",
                        "write [customers] 1",
                        "read [customers] 2",
                        "write [customers] failed 1062");
        assertThat(compressed.wholes()).isEqualTo(plain.wholes());
        assertThat(plain.all.getFirst().values)
                .contains("name=Alan Turing", "mail=alan@example.com")
                .anyMatch(value -> value.startsWith("f=") && value.length() == 10)
                .anyMatch(value -> value.startsWith("d=\u00e4\u0007"));
    }

    @Test
    void beginningsAreTold() {
        final List<Transcript.Chunk> chunks = Transcript.load("mysql-pymysql.capture");
        final byte[] greeting = chunks.get(0).bytes();
        final byte[] client = chunks.get(1).bytes();
        assertThat(MySql.greets(greeting, 0, greeting.length)).isEqualTo(Begins.YES);
        assertThat(MySql.begins(client, 0, client.length)).isEqualTo(Begins.YES);
        for (int i = 0; i < 8; i++) {
            assertThat(MySql.greets(greeting, 0, i)).isEqualTo(Begins.UNDECIDED);
        }
        for (int i = 0; i < 36; i++) {
            assertThat(MySql.begins(client, 0, i)).isEqualTo(Begins.UNDECIDED);
        }
        for (final String other : OTHERS) {
            final byte[] bytes = Arrays.copyOf(text(other), 48);
            assertThat(MySql.greets(bytes, 0, bytes.length)).as(other).isEqualTo(Begins.NO);
            assertThat(MySql.begins(bytes, 0, bytes.length)).as(other).isEqualTo(Begins.NO);
            assertThat(MySql.isRequest(bytes, 0, bytes.length)).as(other).isFalse();
        }
    }

    static final List<String> OTHERS = List.of(
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003",
            "SSH-2.0-OpenSSH_9.2\r\n",
            "220 mail ESMTP\r\n",
            "EHLO me\r\n",
            "\0\0\0$\0\u0012\0\u0003\0\0\0\u0001\0\u0007console",
            "\0\0\0\u0008\u0004\u00d2\u0016/",
            "\0\0\u0012\u0004\0\0\0\0\0\0\u0003\0\0\0d",
            "* OK IMAP4rev1 ready\r\n");

    @Test
    void whatFollowsARequestForTlsIsReadElsewhere() {
        final byte[] request = Arrays.copyOf(login(1, FLAGS | 1 << 11, ""), 36);
        request[0] = 32;
        final Told told = new Told(MySql::begun)
                .received(Transcript.load("mysql-pymysql.capture").getFirst().bytes())
                .sent(request)
                .sent(text("\u0016\u0003\u0001"));
        assertThat(told.encrypted).isTrue();
        assertThat(told.decoder.isOver()).isTrue();
        assertThat(told.gaps).isEmpty();
    }

    @Test
    void insideTlsItBeginsWithTheLogin() {
        final Told told =
                loggedIn(FLAGS).sent(query("delete from shop.a")).received(packet(1, hex("00 05 00 02 00 00 00")));
        assertThat(told.logins).containsExactly("agent@shop");
        assertThat(told.heads()).containsExactly("write [a] 5");
        assertThat(told.sent(packet(0, new byte[] {1})).close().gaps).isEmpty();
    }

    @Test
    void whoIsRefusedDoesNothing() {
        final Told told = new Told(MySql::begun)
                .sent(login(2, FLAGS | 8, "agent"))
                .received(packet(3, hex("ff 15 04"), text("#28000no")));
        assertThat(told.decoder.isOver()).isTrue();
        assertThat(told.gaps).isEmpty();
    }

    @Test
    void resultsOfAProcedureAreOne() {
        final byte[] result = DatabaseDecoderTest.concat(
                packet(1, hex("01")),
                column(2, "x", 253),
                packet(3, text("\u0001a")),
                packet(4, text("\u0001b")),
                packet(5, hex("fe 00 00 0a 00 00 00")));
        final Told told = loggedIn(FLAGS)
                .sent(query("call p(); select * from t"))
                .received(result)
                .received(result)
                .received(packet(6, hex(OK)));
        assertThat(told.heads()).containsExactly("read_write [t] 4");
        assertThat(told.all.getFirst().values).contains("x=a", "x=b");
    }

    @Test
    void aTextBelongsToTheFirstThatTouchesData() {
        final Told told = loggedIn(FLAGS)
                .sent(query("begin; select 'a secret' from t"))
                .received(packet(1, hex("00 00 00 0a 00 00 00")))
                .received(packet(2, hex(OK)));
        assertThat(told.wholes()).containsExactly("read [t] 0 [begin; select 'a secret' from t]");
    }

    @Test
    void whatIsBehindManyTablesOrStatementsIsNotKnown() {
        final String sixteen =
                IntStream.range(0, 16).mapToObj(i -> "shop.t" + i).collect(Collectors.joining(", "));
        final Told told = loggedIn(FLAGS)
                .sent(query("select * from " + sixteen + ", secrets"))
                .received(packet(1, hex(OK)))
                .sent(query("select * from a" + ";select 1".repeat(256)))
                .received(packet(1, hex(OK)));
        assertThat(told.heads().getFirst()).startsWith("read [t0, ").endsWith(", t15] 0");
        assertThat(told.heads().getLast()).startsWith("read_write [a] ");
        assertThat(told.all).hasSize(2).noneMatch(each -> each.statement.known());
    }

    @Test
    void useGoesToAnotherDatabase() {
        final Told told = loggedIn(FLAGS)
                .sent(query("use other"))
                .received(packet(1, hex(OK)))
                .sent(query("select * from other.a, shop.b"))
                .received(packet(1, hex(OK)));
        assertThat(told.logins).containsExactly("agent@shop", "agent@other");
        assertThat(told.heads()).containsExactly("read [a, shop.b] 0");
    }

    @Test
    void attributesOfAQueryAreItsValues() {
        final Told told = loggedIn(FLAGS | 1 << 27)
                .sent(packet(0, hex("03 01 01 00 01 fe00 03"), text("who"), text("\u0003Ada"), text("select * from a")))
                .received(packet(1, hex(OK)))
                .sent(packet(0, hex("03 00 01"), text("select * from b")))
                .received(packet(1, hex(OK)));
        assertThat(told.heads()).containsExactly("read [a] 0", "read [b] 0");
        assertThat(told.all.getFirst().values)
                .anyMatch(value -> value.contains("Ada"))
                .contains("select * from a");
    }

    @Test
    void longDataBelongsToTheNextExecution() {
        final Told told = loggedIn(FLAGS)
                .sent(packet(0, new byte[] {0x16}, text("insert into a values (?)")))
                .received(packet(1, hex("00 07000000 0000 0100 00 0000")))
                .received(column(2, "?", 253))
                .sent(packet(0, hex("18 07000000 0000"), text("first ")))
                .sent(packet(0, hex("18 07000000 0000"), text("second")))
                .sent(packet(0, hex("17 07000000 00 01000000 00 01 fc00")))
                .received(packet(1, hex("00 01 00 02 00 00 00")))
                .sent(packet(0, hex("19 07000000")))
                .close();
        assertThat(told.heads()).containsExactly("write [a] 1");
        assertThat(told.all.getFirst().values).containsExactly("insert into a values (?)", "first ", "second");
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void aStatementThatIsClosedWhileItRunsIsForgotten() {
        final Told told = loggedIn(FLAGS)
                .sent(packet(0, new byte[] {0x16}, text("select x from a")))
                .received(packet(1, hex("00 01000000 0100 0000 00 0000")))
                .received(column(2, "x", 253))
                .sent(packet(0, hex("17 01000000 00 01000000")))
                .sent(packet(0, hex("19 01000000")))
                .received(packet(1, hex("01")))
                .received(column(2, "x", 253))
                .received(packet(3, hex("00 00 01"), text("p")))
                .received(packet(4, hex("fe 00 00 02 00 00 00")))
                .close();
        assertThat(told.wholes()).containsExactly("read [a] 1 [select x from a, x=p]");
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void aCursorsRowsAreReadWhenTheyAreFetched() {
        final Told told = loggedIn(FLAGS)
                .sent(packet(0, new byte[] {0x16}, text("select x from a")))
                .received(packet(1, hex("00 01000000 0100 0000 00 0000")))
                .received(column(2, "x", 253))
                .sent(packet(0, hex("17 01000000 01 01000000")))
                .received(packet(1, hex("01")))
                .received(column(2, "x", 253))
                .received(packet(3, hex("fe 00 00 42 00 00 00")))
                .sent(packet(0, hex("1c 01000000 02000000")))
                .received(packet(1, hex("00 00 01"), text("p")))
                .received(packet(2, hex("00 00 01"), text("q")))
                .received(packet(3, hex("fe 00 00 82 00 00 00")));
        assertThat(told.heads()).containsExactly("read [a] -1", "read [a] 2");
        assertThat(told.all.get(1).values).containsExactly("x=p", "x=q");
    }

    @Test
    void aCursorOfTheStatementPreparedLastIsKnown() { // by MariaDB's number for it
        final Told told = loggedIn(FLAGS)
                .sent(packet(0, new byte[] {0x16}, text("select x from a")))
                .received(packet(1, hex("00 01000000 0100 0000 00 0000")))
                .received(column(2, "x", 253))
                .sent(packet(0, hex("17 ffffffff 01 01000000")))
                .received(packet(1, hex("01")))
                .received(column(2, "x", 253))
                .received(packet(3, hex("fe 00 00 42 00 00 00")))
                .sent(packet(0, hex("1c ffffffff 02000000")))
                .received(packet(1, hex("00 00 01"), text("p")))
                .received(packet(2, hex("fe 00 00 82 00 00 00")));
        assertThat(told.wholes()).containsExactly("read [a] -1 [select x from a]", "read [a] 1 [x=p]");
    }

    /** MariaDB's Connector/J has done so since its version 3. */
    @Test
    void aStatementThatIsExecutedBeforeItIsAnsweredIsTheOnePreparedLast() {
        final Told told = loggedIn(FLAGS)
                .sent(packet(0, new byte[] {0x16}, text("select x from a where y=?")))
                .sent(packet(0, hex("17 ffffffff 00 01000000 00 01 fd00 01 70")))
                .received(packet(1, hex("00 01000000 0100 0100 00 0000")))
                .received(column(2, "?", 253))
                .received(column(3, "x", 253))
                .received(packet(1, hex("01")))
                .received(column(2, "x", 253))
                .received(packet(3, hex("fe 00 00 02 00 00 00")))
                .sent(packet(0, new byte[] {0x16}, text("insert into b values (?)")))
                .sent(packet(0, hex("fa ffffffff 8000 fd00 00 01 71")))
                .received(packet(1, hex("00 02000000 0000 0100 00 0000")))
                .received(column(2, "?", 253))
                .received(packet(1, hex("00 05 00 02 00 00 00")));
        assertThat(told.heads()).containsExactly("read [a] 0", "write [b] 5");
        assertThat(told.all.get(1).values).first().isEqualTo("insert into b values (?)");
        assertThat(told.close().gaps).isEmpty();
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void columnsThatMariaDbSentWhenAStatementWasPreparedAreThoseOfItsRows() {
        final Told told = loggedIn(FLAGS)
                .sent(packet(0, new byte[] {0x16}, text("select id, mail from a where id<?")))
                .received(packet(1, hex("00 01000000 0200 0100 00 0000")))
                .received(column(2, "?", 3))
                .received(column(3, "id", 3))
                .received(column(4, "mail", 253))
                .sent(packet(0, hex("17 01000000 00 01000000 00 01 0300 03000000")))
                .received(packet(1, hex("02 00"))) // and no columns
                .received(packet(2, hex("00 00 01000000 01 70")))
                .received(packet(3, hex("fe 00 00 02 00 00 00")));
        assertThat(told.heads()).containsExactly("read [a] 1");
        assertThat(told.all.getFirst().values).contains("mail=p");
        assertThat(told.close().budget.used()).isZero();
    }

    @Test
    void rowsOfColumnsThatAreNotKnownAreAGap() {
        final Told told = loggedIn(FLAGS)
                .sent(query("select id, mail from a"))
                .received(packet(1, hex("02 00")))
                .received(packet(2, hex("01 31 01 70")))
                .received(packet(3, hex("fe 00 00 02 00 00 00")));
        assertThat(told.heads()).containsExactly("read [a] cut STREAM");
    }

    @Test
    void aResultWithoutRowsHasNone() {
        final Told told = loggedIn(FLAGS)
                .sent(query("select x from a"))
                .received(packet(1, hex("01")))
                .received(column(2, "x", 253))
                .received(packet(3, hex("fe 00 00 02 00 00 00")));
        assertThat(told.heads()).containsExactly("read [a] 0");
    }

    @Test
    void columnsThatFollowAFetchAreGivenBack() {
        final Told told = loggedIn(FLAGS)
                .sent(packet(0, hex("1c 01000000 02000000")))
                .received(packet(1, hex("fe 00 00 08 00 00 00")))
                .received(packet(2, hex("01")))
                .received(column(3, "x", 253))
                .close();
        assertThat(told.all).hasSize(1);
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void aCompressedPacketOutOfWhichLessComesThanItSaysIsTold() {
        final Told told = loggedIn(FLAGS | 1 << 5).sent(hex("00 00 00 00 05 00 00"));
        assertThat(told.gaps).containsExactly(GapCause.ENCODING);
        assertThat(told.decoder.isOver()).isTrue();
    }

    @Test
    void aLongTextIsToldAsItComes() {
        final byte[] sql = Arrays.copyOf(text("\u0003insert into a values ('"), 3 << 20);
        Arrays.fill(sql, 23, sql.length, (byte) 'x');
        final Told told = loggedIn(FLAGS);
        final byte[] whole = packet(0, sql);
        for (int at = 0; at < whole.length; at += 8000) {
            told.sent(Arrays.copyOfRange(whole, at, Math.min(whole.length, at + 8000)));
            assertThat(told.budget.used()).isLessThan(200 << 10);
        }
        told.received(packet(1, hex("00 01 00 02 00 00 00")));
        assertThat(told.heads()).containsExactly("write [a] 1");
        assertThat(told.all.getFirst().values).hasSize(1).allMatch(value -> value.length() == sql.length - 1);
    }

    @Test
    void aCommentDoesNotPushATableOutOfSight() {
        final Told told = loggedIn(FLAGS)
                .sent(query("select /*" + "x".repeat(200_000) + "*/ * from secrets"))
                .received(packet(1, hex(OK)));
        assertThat(told.heads()).containsExactly("read [secrets] 0");
    }

    @Test
    void aValueOfSeveralPacketsIsOne() {
        final byte[] first = new byte[0xffffff];
        Arrays.fill(first, (byte) 'v');
        final int size = first.length - 4 + 3;
        first[0] = (byte) 0xfd;
        first[1] = (byte) size;
        first[2] = (byte) (size >> 8);
        first[3] = (byte) (size >> 16);
        final Told told = loggedIn(FLAGS)
                .sent(query("select x from a"))
                .received(packet(1, hex("01")))
                .received(column(2, "x", 253));
        told.decoder.received(new byte[] {-1, -1, -1, 3}, 0, 4);
        told.decoder.received(first, 0, first.length);
        told.received(packet(4, text("012"))).received(packet(5, hex("fe 00 00 02 00 00 00")));
        assertThat(told.heads()).containsExactly("read [a] 1");
        assertThat(told.all.getFirst().values)
                .last()
                .asString()
                .hasSize(2 + size)
                .endsWith("v012");
    }

    @Test
    void theNextCommandIsFoundAfterALoss() {
        final Told told = loggedIn(FLAGS)
                .sent(query("select * from a"))
                .lose(false, 100)
                .received(packet(7, text("\u0003row")))
                .sent(query("delete from b"))
                .received(packet(1, hex("00 02 00 02 00 00 00")))
                .close();
        assertThat(told.heads()).containsExactly("read [a] cut STREAM", "write [b] 2");
    }

    @Test
    void aCaptureThatBeginsInTheMiddleFindsTheNextCommand() {
        final byte[] call = query("update a set b = 1");
        assertThat(MySql.isRequest(call, 0, call.length)).isTrue();
        final Told told = new Told(MySql::inTheMiddle).sent(call).received(packet(1, hex("00 02 00 02 00 00 00")));
        assertThat(told.heads()).containsExactly("write [a] 2");
    }

    @Test
    void replicationIsGivenUp() {
        final Told told = loggedIn(FLAGS).sent(packet(0, hex("12 04000000 0000 01000000")));
        assertThat(told.decoder.isOver()).isTrue();
        assertThat(told.gaps).containsExactly(GapCause.PROTOCOL);
    }
}
