package io.fourthlog.sensor.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.streams.GapCause;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RedisTest {
    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String command(final String... words) {
        return "*" + words.length + "\r\n"
                + Arrays.stream(words)
                        .map(word -> "$" + word.length() + "\r\n" + word + "\r\n")
                        .collect(Collectors.joining());
    }

    private static String text(final String text) {
        return "$" + text.length() + "\r\n" + text + "\r\n";
    }

    /** A connection, to which each text is sent, or comes from it if it begins with {@code <}. */
    private static Told said(final String... texts) {
        return say(new Told(Redis::begun), texts);
    }

    private static Told say(final Told told, final String... texts) {
        for (final String text : texts) {
            if (text.startsWith("<")) {
                told.received(bytes(text.substring(1)));
            } else {
                told.sent(bytes(text));
            }
        }
        return told;
    }

    @Test
    void whatRedisPyDoes() {
        for (final String name : new String[] {"redis-py-resp2", "redis-py-resp3"}) {
            final Told told = new Told(Redis::begun).play(name).close();
            assertThat(told.heads())
                    .containsExactly(
                            "write [] 1",
                            "read [] 1",
                            "read [] 0",
                            "write [] 5",
                            "read [] 5",
                            "read_write [] 1",
                            "write [] 2",
                            "read [] 2",
                            "read [] 2",
                            "read [] 2",
                            "read [] 0",
                            "write [] failed WRONGTYPE",
                            "write [] 2",
                            "read_write [] 1",
                            "read [] 6",
                            "read [] 1");
            assertThat(told.all.get(7).values).containsExactly("h", "mail=ada@example.com", "name=Ada");
            assertThat(told.all.get(15).values).containsExactly("news", "hello subscribers");
            assertThat(told.gaps).isEmpty();
            assertThat(told.budget.used()).isZero();
        }
    }

    @Test
    void whoLogsInIsTold() {
        final Told told = new Told(Redis::begun).play("redis-py-resp3").close();
        assertThat(told.logins).containsExactly("null@0", "agent@0", "agent@2");
        assertThat(told.wholes()).noneMatch(whole -> whole.contains("s3cret-pass"));
        assertThat(said(command("AUTH", "hunter2"), command("AUTH", "me", "hunter2"), command("SELECT", "7")).logins)
                .containsExactly("null@0", "default@0", "me@0", "me@7");
        assertThat(said(command("SELECT", "99"), "<-ERR DB index is out of range\r\n").logins)
                .containsExactly("null@0", "null@99", "null@0");
    }

    @Test
    void whatIoredisSendsTogetherIsOne() {
        assertThat(new Told(Redis::begun).play("redis-ioredis").close().heads())
                .containsExactly("write [] 2", "read [] 2", "write [] 1", "read [] 1", "write [] 2", "read [] 2");
    }

    @Test
    void aLongPipelineIsOne() {
        final Told told = said(command("SET", "k", "v").repeat(20_000), "<" + "+OK\r\n".repeat(20_000));
        assertThat(told.heads()).containsExactly("write [] 20000");
        assertThat(told.gaps).isEmpty();
    }

    @Test
    void roundTripsAreToldApart() {
        final String set = command("SET", "k", "v");
        assertThat(said(set, "<+OK\r\n", set, "<+OK\r\n").heads()).containsExactly("write [] 1", "write [] 1");
        assertThat(said(set + set + command("GET", "k") + set, "<+OK\r\n+OK\r\n$1\r\nv\r\n+OK\r\n")
                        .heads())
                .containsExactly("write [] 2", "read [] 1", "write [] 1");
    }

    @Test
    void answersOfATransactionAreItsCommands() {
        final String queued =
                command("MULTI") + command("GET", "a") + command("SELECT", "1") + command("MGET", "a", "b");
        final Told told = said(
                queued + command("EXEC"),
                "<+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n" + text("x") + "+OK\r\n*2\r\n$-1\r\n" + text("y"));
        assertThat(told.wholes()).containsExactly("read [] 2 [a, a, b, x, y]");
        assertThat(said(queued + command("EXEC"), "<+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*-1\r\n")
                        .heads())
                .containsExactly("read [] 0");
        assertThat(said(queued + command("EXEC"), "<+OK\r\n+QUEUED\r\n-ERR no\r\n+QUEUED\r\n-EXECABORT no\r\n")
                        .heads())
                .containsExactly("read [] failed EXECABORT");
        assertThat(said(queued + command("DISCARD"), "<+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+OK\r\n")
                        .heads())
                .containsExactly("read [] 0");
        assertThat(said(queued + command("EXEC"), "<+OK\r\n+QUEUED\r\n-ERR\r\n+QUEUED\r\n*2\r\n$-1\r\n*0\r\n")
                        .heads())
                .containsExactly("read [] cut PROTOCOL");
    }

    @Test
    void errorsAreTheirFirstWord() {
        assertThat(said(command("GET", "k"), "<-NOAUTH Authentication required.\r\n")
                        .heads())
                .containsExactly("read [] failed NOAUTH");
        assertThat(said(command("GET", "k"), "<-secret text\r\n").heads()).containsExactly("read [] failed ERR");
        assertThat(said(command("GET", "k"), "<-SECRETS:yes\r\n").heads()).containsExactly("read [] failed ERR");
        assertThat(said(command("GET", "k"), "<!8\r\nMOVED 12\r\n").heads()).containsExactly("read [] failed MOVED");
    }

    @Test
    void whatIsPublishedIsRead() {
        final Told two = said(
                command("SUBSCRIBE", "a", "b"),
                "<*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n",
                "<*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n",
                command("PING"),
                "<*2\r\n$4\r\npong\r\n$0\r\n\r\n",
                command("UNSUBSCRIBE"),
                "<*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n",
                command("LRANGE", "l", "0", "9"),
                "<*1\r\n$7\r\nmessage\r\n");
        assertThat(two.wholes()).containsExactly("read [] 1 [a, hi]", "read [] 1 [l, 0, 9, message]");
        final Told three = said(
                command("HELLO", "3"),
                "<%1\r\n+proto\r\n:3\r\n",
                command("SUBSCRIBE", "a") + command("GET", "k"),
                "<>3\r\n+subscribe\r\n+a\r\n:1\r\n",
                "<>3\r\n+message\r\n+a\r\n$2\r\nhi\r\n$1\r\nv\r\n>2\r\n+invalidate\r\n*1\r\n+k\r\n");
        assertThat(three.heads()).containsExactlyInAnyOrder("read [] 1", "read [] 1");
        assertThat(three.gaps).isEmpty();
    }

    @Test
    void attributesBelongToNoAnswer() {
        assertThat(said(command("GET", "k"), "<|1\r\n+popularity\r\n%1\r\n+a\r\n,0.1\r\n$1\r\nv\r\n")
                        .wholes())
                .containsExactly("read [] 1 [k, v]");
        assertThat(said(command("MGET", "k", "l"), "<*2\r\n|1\r\n+ttl\r\n:5\r\n$1\r\nv\r\n$1\r\nw\r\n")
                        .wholes())
                .containsExactly("read [] 2 [k, l, v, w]");
    }

    @Test
    void whatPeopleTypeIsReadAsWell() {
        assertThat(said("SET  k v\r\n", "<+OK\r\n", "PING\r\n", "<+PONG\r\n").wholes())
                .containsExactly("write [] 1 [k, v]");
    }

    @Test
    void whatShowsEveryonesCommandsIsGivenUp() {
        for (final String[] words : new String[][] {{"MONITOR"}, {"PSYNC", "?", "-1"}, {"CLIENT", "REPLY", "OFF"}}) {
            final Told told = said(command(words));
            assertThat(told.decoder.isOver()).isTrue();
            assertThat(told.gaps).containsExactly(GapCause.PROTOCOL);
        }
    }

    @Test
    void whatIsLostOfAValueIsPassedOver() {
        final Told told = say(
                said(command("GET", "k"), "<$100\r\nbegin").lose(false, 90),
                "<-end.\r\n",
                command("GET", "l"),
                "<$1\r\nv\r\n");
        assertThat(told.heads()).containsExactly("read [] cut STREAM", "read [] 1");
    }

    @Test
    void answersAreNotPairedUntilTheyAlternateAgain() {
        final Told told = said();
        for (int i = 0; i < 16; i++) {
            say(told, command("GET", "a" + i), "<" + text("u" + i));
        }
        say(told, command("GET", "b")).lose(false, 20);
        for (int i = 0; i < 6; i++) {
            say(told, command("GET", "b" + i), "<" + text("v" + i));
        }
        assertThat(told.close().heads().subList(16, 23))
                .containsExactly(
                        "read [] cut STREAM",
                        "read [] cut STREAM",
                        "read [] cut STREAM",
                        "read [] cut STREAM",
                        "read [] cut STREAM",
                        "read [] cut STREAM",
                        "read [] 1");
        assertThat(told.all.getLast().values).containsExactly("b5", "v5");
    }

    @Test
    void aPingShowsThatNothingElseWaits() {
        final Told told = say(
                said(command("GET", "a")).lose(false, 20),
                command("GET", "b") + command("PING"),
                "<" + text("of b"),
                "<+PONG\r\n",
                command("GET", "c"),
                "<" + text("of c"));
        assertThat(told.wholes())
                .containsExactly("read [] cut STREAM [a]", "read [] cut STREAM [b]", "read [] 1 [c, of c]");
    }

    @Test
    void answersOfAClientThatAsksBeforeItIsAnsweredAreNotPairedAgain() {
        final Told told = said(command("GET", "a"), command("GET", "b")).lose(true, 20);
        for (int i = 0; i < 9; i++) {
            say(told, command("GET", "c"), "<" + text("of another"));
        }
        assertThat(told.heads()).allMatch(head -> head.endsWith("cut STREAM"));
        assertThat(told.wholes()).noneMatch(whole -> whole.contains("of another"));
    }

    @Test
    void aCaptureThatBeginsInTheMiddleIsReadFromACommand() {
        final byte[] call = bytes(command("HSET", "h", "f", "v"));
        assertThat(Redis.isRequest(call, 0, call.length)).isTrue();
        assertThat(Redis.isRequest(call, 0, call.length - 1)).isFalse();
        assertThat(Redis.isRequest(call, 1, call.length - 1)).isFalse();
        final Told told = say(new Told(Redis::inTheMiddle), new String(call, StandardCharsets.UTF_8), "<:1\r\n");
        assertThat(told.close().wholes()).containsExactly("write [] cut STREAM [h, f, f=v]");
    }

    @Test
    void beginningsAreTold() {
        final byte[] call = bytes(command("CLIENT", "SETINFO", "LIB-NAME", "x"));
        assertThat(Redis.begins(call, 0, call.length)).isEqualTo(Begins.YES);
        for (int i = 0; i < 16; i++) {
            assertThat(Redis.begins(call, 0, i)).as("%d", i).isEqualTo(Begins.UNDECIDED);
        }
        for (final String other : MySqlTest.OTHERS) {
            final byte[] bytes = Arrays.copyOf(bytes(other), 48);
            assertThat(Redis.begins(bytes, 0, bytes.length)).as(other).isEqualTo(Begins.NO);
        }
        assertThat(Redis.begins(bytes("*1\r\n$4\r\n\u0001\u0002\u0003\u0004\r\n"), 0, 14))
                .isEqualTo(Begins.NO);
    }
}
