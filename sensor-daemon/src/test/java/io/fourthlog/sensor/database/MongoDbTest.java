package io.fourthlog.sensor.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.airlift.compress.v3.snappy.SnappyJavaCompressor;
import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import io.fourthlog.sensor.streams.GapCause;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class MongoDbTest {
    private static byte[] int32(final int... values) {
        final ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(bytes::putInt);
        return bytes.array();
    }

    private static byte[] all(final byte[]... parts) {
        return DatabaseDecoderTest.concat(parts);
    }

    /** A document of pairs of names and values: texts, numbers, bytes, documents as {@code Object[]}, arrays as lists. */
    private static byte[] doc(final Object... pairs) {
        final ByteArrayOutputStream elements = new ByteArrayOutputStream();
        for (int i = 0; i < pairs.length; i += 2) {
            final byte[] value = switch (pairs[i + 1]) {
                case final String text -> all(int32(text.getBytes(StandardCharsets.UTF_8).length + 1), cstring(text));
                case final Integer number -> int32(number);
                case final byte[] binary -> all(int32(binary.length), new byte[] {0}, binary);
                case final List<?> list -> array(list);
                case final Object[] nested -> doc(nested);
                default -> throw new IllegalArgumentException();
            };
            final int type = switch (pairs[i + 1]) {
                case final String _ -> 2;
                case final Integer _ -> 0x10;
                case final byte[] _ -> 5;
                case final List<?> _ -> 4;
                default -> 3;
            };
            elements.write(type);
            elements.writeBytes(cstring((String) pairs[i]));
            elements.writeBytes(value);
        }
        return all(int32(elements.size() + 5), elements.toByteArray(), new byte[1]);
    }

    private static byte[] array(final List<?> list) {
        final Object[] pairs = new Object[2 * list.size()];
        for (int i = 0; i < list.size(); i++) {
            pairs[2 * i] = Integer.toString(i);
            pairs[2 * i + 1] = list.get(i);
        }
        return doc(pairs);
    }

    private static byte[] cstring(final String text) {
        return (text + "\0").getBytes(StandardCharsets.UTF_8);
    }

    private static List<Object[]> list(final Object[]... documents) {
        return List.of(documents);
    }

    private static Object[] in(final Object... pairs) {
        return pairs;
    }

    private static byte[] message(final int number, final int answers, final int opcode, final byte[] body) {
        return all(int32(16 + body.length, number, answers, opcode), body);
    }

    private static byte[] msg(final int number, final int answers, final int flags, final byte[] document) {
        return message(number, answers, 2013, all(int32(flags), new byte[1], document));
    }

    private static byte[] ask(final int number, final Object... pairs) {
        return msg(number, 0, 0, doc(pairs));
    }

    private static byte[] answer(final int number, final Object... pairs) {
        return msg(1000 + number, number, 0, doc(pairs));
    }

    private static Told told() {
        return new Told(MongoDb::new);
    }

    @Test
    void whatPyMongoDoes() {
        final Told told = told().play("mongodb-pymongo").close();
        assertThat(told.heads())
                .containsExactly(
                        "write [shop.customers] -1",
                        "write [shop.customers] 12",
                        "write [shop.customers] 1",
                        "read [shop.customers] 5",
                        "read [shop.customers] 5",
                        "read [shop.customers] 2",
                        "write [shop.customers] 4",
                        "write [shop.customers] 1",
                        "read [shop.customers] 1",
                        "read [shop.customers] 12",
                        "read_write [shop.customers] 1",
                        "write [shop.customers] failed 11000",
                        "read [shop.customers] 1",
                        "read [shop.customers, shop.orders] failed 238");
        assertThat(told.all.get(5).values)
                .startsWith("name=Customer 10", "mail=c10@example.com", "tags=vip", "tags=eu", "city=Paris");
        assertThat(told.gaps).isEmpty();
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void whatTheNodeDriverDoes() {
        final Told told = told().play("mongodb-node").close();
        assertThat(told.heads())
                .containsExactly(
                        "write [shop.orders] 0",
                        "write [shop.orders] 2",
                        "read [shop.orders] 1",
                        "write [shop.orders] 1",
                        "write [shop.orders] 1");
        assertThat(told.all.get(1).values).containsExactly("item=book", "note=a secret note", "item=pen");
        assertThat(told().play("mongodb-monitor").close().all).isEmpty();
    }

    @Test
    void collectionsOfAPipelineAreNamed() {
        final List<?> pipeline = List.of(
                in("$match", in("from", "nowhere")),
                in("$lookup", in("from", "a", "as", "x", "pipeline", list(in("$unionWith", "b")))),
                in("$facet", in("f", list(in("$graphLookup", in("from", "c", "startWith", "$x"))))),
                in("$unionWith", in("coll", "d")));
        final Told reads = told().sent(ask(1, "aggregate", "o", "pipeline", pipeline, "$db", "s"));
        final Told writes = told().sent(ask(1, "aggregate", "o", "pipeline", list(in("$out", "p")), "$db", "s"))
                .sent(ask(
                        2,
                        "aggregate",
                        "o",
                        "pipeline",
                        list(in("$merge", in("into", in("db", "t", "coll", "q")))),
                        "$db",
                        "s"));
        assertThat(reads.close().heads()).containsExactly("read [s.o, s.a, s.b, s.c, s.d] cut UNFINISHED");
        assertThat(writes.close().all.stream().map(each -> each.statement.toString()))
                .containsExactly(
                        "Statement[mode=READ_WRITE, resources=[s.o, s.p], known=true]",
                        "Statement[mode=READ_WRITE, resources=[s.o, t.q], known=true]");
    }

    @Test
    void ofCollectionsBeyondABoundItIsToldThatThereAreSome() {
        final List<Object[]> stages = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            stages.add(in("$lookup", in("from", "c" + i)));
        }
        stages.add(in("$lookup", in("from", "c0")));
        final Told told = told().sent(ask(1, "aggregate", "o", "pipeline", stages, "$db", "s"));
        stages.add(in("$unionWith", "secrets"));
        told.sent(ask(2, "aggregate", "o", "pipeline", stages, "$db", "s"));
        stages.add(in("$unionWith", "more"));
        told.sent(ask(3, "aggregate", "o", "pipeline", stages, "$db", "s"));
        assertThat(told.all.stream().map(each -> each.statement.known())).containsExactly(true, false, false);
        assertThat(told.all)
                .allSatisfy(each -> assertThat(each.statement.resources()).hasSize(16));
    }

    @Test
    void whoLogsInIsToldButNotHow() {
        final byte[] first = "n,,n=ag=2Cent,r=nonce".getBytes(StandardCharsets.UTF_8);
        final Told told = told().sent(
                        ask(1, "saslStart", 1, "mechanism", "SCRAM-SHA-256", "payload", first, "$db", "admin"))
                .received(answer(1, "ok", 1, "payload", first))
                .sent(ask(
                        2,
                        "hello",
                        1,
                        "speculativeAuthenticate",
                        in("saslStart", 1, "mechanism", "SCRAM-SHA-1", "payload", first),
                        "$db",
                        "admin"))
                .received(answer(2, "ok", 1))
                .sent(ask(
                        3,
                        "saslStart",
                        1,
                        "mechanism",
                        "PLAIN",
                        "payload",
                        "\0me\0hunter2".getBytes(StandardCharsets.UTF_8),
                        "$db",
                        "$external"))
                .received(answer(3, "ok", 1));
        assertThat(told.logins).containsExactly("ag,ent@null", "ag,ent@null", "me@null");
        assertThat(told.all).isEmpty();
    }

    @Test
    void compressedMessagesAreReadLikeOthers() {
        final byte[] body = all(int32(0), new byte[1], doc("find", "c", "filter", in("name", "Ada"), "$db", "s"));
        final byte[] answer = all(
                int32(0),
                new byte[1],
                doc("cursor", in("firstBatch", list(in("name", "Ada"), in("name", "Eve"))), "ok", 1));
        for (final int compressor : new int[] {0, 1, 2, 3}) {
            final Told told = told().sent(message(1, 0, 2012, compressed(compressor, body)))
                    .received(message(2, 1, 2012, compressed(compressor, answer)))
                    .close();
            assertThat(told.wholes())
                    .as("%d", compressor)
                    .containsExactly("read [s.c] 2 [name=Ada, name=Ada, name=Eve]");
            assertThat(told.gaps).isEmpty();
            assertThat(told.budget.used()).isZero();
        }
    }

    private static byte[] compressed(final int compressor, final byte[] body) {
        final byte[] out = new byte[1024];
        final int length = switch (compressor) {
            case 1 -> new SnappyJavaCompressor().compress(body, 0, body.length, out, 0, out.length);
            case 2 -> {
                final Deflater deflater = new Deflater();
                deflater.setInput(body);
                deflater.finish();
                final int count = deflater.deflate(out);
                deflater.end();
                yield count;
            }
            case 3 -> new ZstdJavaCompressor().compress(body, 0, body.length, out, 0, out.length);
            default -> {
                System.arraycopy(body, 0, out, 0, body.length);
                yield body.length;
            }
        };
        return all(int32(2013, body.length), new byte[] {(byte) compressor}, Arrays.copyOf(out, length));
    }

    @Test
    void whatCannotBeDecompressedIsAGapOfItsOwn() {
        final byte[] body = all(int32(2013, 100), new byte[] {9}, new byte[20]);
        final Told told = told().sent(message(1, 0, 2012, body))
                .received(answer(1, "ok", 1))
                .sent(ask(2, "insert", "c", "documents", list(in("a", "b")), "$db", "s"))
                .received(answer(2, "n", 1, "ok", 1));
        assertThat(told.gaps).containsExactly(GapCause.ENCODING);
        assertThat(told.wholes()).containsExactly("read_write [] cut STREAM []", "write [s.c] 1 [a=b]");
    }

    @Test
    void documentsOfASequenceAreValues() {
        final byte[] docs = all(doc("name", "Ada"), doc("name", "Eve"));
        final byte[] body = all(
                int32(1 | 2), // a checksum, and no answer
                new byte[1],
                doc("insert", "c", "$db", "s"),
                new byte[] {1},
                int32(4 + 10 + docs.length),
                cstring("documents"),
                docs,
                int32(12345));
        final Told told = told().sent(message(1, 0, 2013, body))
                .sent(ask(2, "ping", 1, "$db", "s"))
                .received(answer(2, "ok", 1));
        assertThat(told.wholes()).containsExactly("write [s.c] 2 [name=Ada, name=Eve]");
        assertThat(told.gaps).isEmpty();
    }

    @Test
    void namespacesOfABulkWriteComeWithIt() {
        final byte[] ops = doc("insert", 0, "document", in("name", "Ada"));
        final byte[] namespaces = all(doc("ns", "s.a"), doc("ns", "s.b"));
        final byte[] body = all(
                int32(0),
                new byte[1],
                doc("bulkWrite", 1, "$db", "admin"),
                new byte[] {1},
                int32(4 + 4 + ops.length),
                cstring("ops"),
                ops,
                new byte[] {1},
                int32(4 + 7 + namespaces.length),
                cstring("nsInfo"),
                namespaces);
        final Told told = told().sent(message(1, 0, 2013, body))
                .received(answer(
                        1, "cursor", in("firstBatch", list(in("ok", 1))), "nInserted", 1, "nDeleted", 2, "ok", 1));
        assertThat(told.heads()).containsExactly("write [s.a, s.b] 3");
        assertThat(told.all.getFirst().values).contains("name=Ada");
    }

    @Test
    void anAnswerThatGoesOnIsOfTheSameCommand() {
        final Told told = told().sent(msg(1, 0, 1 << 16, doc("getMore", 7, "collection", "c", "$db", "s")))
                .received(msg(50, 1, 2, doc("cursor", in("nextBatch", list(in("a", "x"))), "ok", 1)))
                .received(msg(51, 50, 0, doc("cursor", in("nextBatch", list(in("a", "y"))), "ok", 1)));
        assertThat(told.wholes()).containsExactly("read [s.c] 2 [a=x, a=y]");
    }

    @Test
    void errorsAreTheirNumbers() {
        final Told told = told().sent(ask(1, "find", "c", "$db", "s"))
                .received(answer(1, "ok", 0, "errmsg", "no", "code", 13))
                .sent(ask(2, "insert", "c", "$db", "s"))
                .received(answer(2, "n", 0, "writeErrors", list(in("index", 0, "code", 11000)), "ok", 1));
        assertThat(told.wholes()).containsExactly("read [s.c] failed 13 []", "write [s.c] failed 11000 []");
    }

    @Test
    void theOldWayToAskIsReadAsWell() {
        final byte[] query = all(int32(0), cstring("s.c"), int32(0, 10), doc("name", "Ada"));
        final byte[] reply = all(int32(0, 0, 0, 0, 2), doc("name", "Ada"), doc("name", "Eve"));
        final byte[] count = all(int32(0), cstring("s.$cmd"), int32(0, -1), doc("count", "c"));
        final byte[] counted = all(int32(0, 0, 0, 0, 1), doc("n", 5, "ok", 1));
        final Told told = told().sent(message(1, 0, 2004, query))
                .received(message(2, 1, 1, reply))
                .sent(message(3, 0, 2004, count))
                .received(message(4, 3, 1, counted));
        assertThat(told.wholes()).containsExactly("read [s.c] 2 [name=Ada, name=Ada, name=Eve]", "read [s.c] 1 []");
    }

    @Test
    void whatIsLostIsFoundAgain() {
        final Told told = told().sent(ask(1, "find", "a", "$db", "s"))
                .lose(false, 200)
                .lose(true, 70)
                .received(answer(2, "cursor", in("firstBatch", list(in("x", "y"))), "ok", 1))
                .sent(ask(3, "find", "b", "$db", "s"))
                .received(answer(3, "cursor", in("firstBatch", list(in("x", "z"))), "ok", 1))
                .close();
        assertThat(told.wholes()).containsExactly("read [s.a] cut STREAM []", "read [s.b] 1 [x=z]");
        assertThat(told.budget.used()).isZero();
    }

    @Test
    void aLongCommandIsReadWhole() {
        final byte[] document = doc("insert", "c", "documents", list(in("text", "x".repeat(3 << 20))), "$db", "s");
        final Told told = told().sent(msg(1, 0, 0, document)).received(answer(1, "n", 1, "ok", 1));
        assertThat(told.heads()).containsExactly("write [s.c] 1");
        assertThat(told.all.getFirst().values).singleElement().asString().hasSize(5 + (3 << 20));
        assertThat(told.close().budget.used()).isZero();
    }

    @Test
    void beginningsAreTold() {
        final byte[] call = ask(1, "hello", 1, "$db", "admin");
        assertThat(MongoDb.begins(call, 0, call.length)).isEqualTo(Begins.YES);
        assertThat(MongoDb.isRequest(call, 0, call.length)).isTrue();
        assertThat(MongoDb.isRequest(call, 0, call.length - 1)).isFalse();
        for (int i = 0; i < 21; i++) {
            assertThat(MongoDb.begins(call, 0, i)).as("%d", i).isEqualTo(Begins.UNDECIDED);
        }
        for (final String other : MySqlTest.OTHERS) {
            final byte[] bytes = Arrays.copyOf(other.getBytes(StandardCharsets.ISO_8859_1), 48);
            assertThat(MongoDb.begins(bytes, 0, bytes.length)).as(other).isEqualTo(Begins.NO);
        }
    }
}
