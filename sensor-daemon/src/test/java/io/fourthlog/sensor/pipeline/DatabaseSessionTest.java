package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.kernel.KernelEventSink.Flow;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a real client of a database did, recorded. */
class DatabaseSessionTest {
    private static final int AGENT = 1;
    private static final String SERVER = "postgres://10.0.0.7";

    private static String seen(final DataAccess access) {
        return access.accessMode() + " " + access.resourceUri() + " " + access.rowCount() + " " + access.byteCount()
                + " " + access.sensitivityTagsResolved();
    }

    @Test
    void whatWasReadAndWrittenIsInTheTrail() {
        final Scene scene = new Scene()
                .plain(AGENT, 1, 5432, Transcript.load("postgres-psycopg.capture"))
                .exit(AGENT);
        final List<DataAccess> all = scene.all(DataAccess.class);
        assertThat(all.stream().map(DatabaseSessionTest::seen))
                .startsWith("read " + SERVER + "/crm/customers 0 2 []")
                .contains(
                        "read " + SERVER + "/crm/customers 1 27 [PII:email, PII:person]",
                        "read " + SERVER + "/crm/nonexisting null 0 []",
                        "read " + SERVER + "/crm/sales.orders null null [PII:person]",
                        "read " + SERVER + "/crm/customers 19 809 [PII:email, PII:us-ssn]",
                        "write " + SERVER + "/crm/sales.orders 3 55 []");
        assertThat(scene.all(IdentityAssertion.class)).singleElement().satisfies(login -> {
            assertThat(login.federatedIdentity()).isEqualTo("postgres://postgres@10.0.0.7");
            assertThat(login.assertedScope()).containsExactly("crm");
        });
        assertThat(scene.all(ErrorEvent.class)).singleElement().satisfies(error -> {
            assertThat(error.errorClass()).isEqualTo("data.postgres.42P01");
            assertThat(error.header().triggeringEventId())
                    .isEqualTo(all.stream()
                            .filter(each -> each.resourceUri().endsWith("/nonexisting"))
                            .findFirst()
                            .orElseThrow()
                            .header()
                            .eventId());
        });
    }

    @Test
    void aStatementOfMoreTablesThanAreToldIsOneOfTheDatabaseAsWell() {
        final String tables = IntStream.range(0, 17).mapToObj(i -> "t" + i).collect(Collectors.joining(", "));
        final List<Transcript.Chunk> chunks = List.of(
                new Transcript.Chunk(true, message("", "\0\3\0\0user\0me\0database\0crm\0\0")),
                new Transcript.Chunk(false, message("R", "\0\0\0\0")),
                new Transcript.Chunk(false, message("Z", "I")),
                new Transcript.Chunk(true, message("Q", "select * from " + tables + "\0")),
                new Transcript.Chunk(false, message("C", "SELECT 9\0")),
                new Transcript.Chunk(false, message("Z", "I")));
        final Scene scene = new Scene().plain(AGENT, 1, 5432, chunks).exit(AGENT);
        final List<DataAccess> all = scene.all(DataAccess.class);
        assertThat(all.stream().map(DatabaseSessionTest::seen))
                .hasSize(17)
                .startsWith("read " + SERVER + "/crm/t0 9 0 []", "read " + SERVER + "/crm/t1 null null []")
                .endsWith("read " + SERVER + "/crm/t15 null null []", "read " + SERVER + "/crm null null []");
        assertThat(all)
                .allSatisfy(each -> assertThat(each.header().completeness()).isEqualTo(Completeness.gap(null)));
    }

    private static byte[] message(final String type, final String body) {
        return ByteBuffer.allocate(type.length() + 4 + body.length())
                .put(type.getBytes(StandardCharsets.ISO_8859_1))
                .putInt(4 + body.length())
                .put(body.getBytes(StandardCharsets.ISO_8859_1))
                .array();
    }

    @Test
    void aStatementIsJudgedWhenItIsSent() {
        final Scene scene = new Scene(
                "event.resource_uri == 'postgres://10.0.0.7:6000/crm/customers' && event.destination.host == '10.0.0.7'",
                Set.of(EventType.DATA_ACCESS));
        final List<Transcript.Chunk> chunks = Transcript.load("postgres-node.capture");
        final int first = chunks.stream()
                .filter(chunk -> chunk.sent() && chunk.bytes()[0] == 'P')
                .findFirst()
                .map(chunks::indexOf)
                .orElseThrow();
        scene.plain(AGENT, 1, 6000, chunks.subList(0, first));
        assertThat(scene.terminated).isEmpty();
        scene.plain(AGENT, 2, 6000, chunks.subList(0, first + 1)); // no answer yet
        assertThat(scene.terminated).hasSize(1);
        assertThat(scene.terminated.getFirst().port()).isEqualTo(6000);
    }

    @Test
    void ofAConnectionThatNobodyReadsTheBytesAreKnown() {
        final Scene scene = new Scene();
        scene.pipeline.otherSocket(scene.process(AGENT), "10.0.0.9", 9092, 100, 5000);
        assertThat(scene.all(DataAccess.class).stream().map(DatabaseSessionTest::seen))
                .containsExactly("read_write tcp://10.0.0.9:9092 null 5100 []");
    }

    @Test
    void ofAConnectionThatIsServedWhoMadeItIsKnownUnlessThatIsFollowedItself() {
        final Scene scene = new Scene("event.destination.external", Set.of(EventType.DATA_ACCESS));
        scene.pipeline.servedSocket(scene.process(AGENT), "127.0.0.1", 40_000, 1, 1);
        scene.pipeline.servedSocket(scene.process(AGENT), "::1", 40_000, 1, 1);
        scene.pipeline.servedSocket(scene.process(AGENT), "10.0.0.9", 40_000, 5000, 100);
        assertThat(scene.terminated).isEmpty();
        scene.pipeline.servedSocket(scene.process(AGENT), "2001:4860::8", 40_000, 7, 0);
        assertThat(scene.terminated).hasSize(1);
        assertThat(scene.all(DataAccess.class).stream().map(DatabaseSessionTest::seen))
                .containsExactly("read_write tcp://10.0.0.9 null 5100 []", "read_write tcp://[2001:4860::8] null 7 []");
    }

    @Test
    void ofDatagramsTheBytesAreKnownAndTheyAreJudgedWithTheFirst() {
        final Scene scene = new Scene(
                "event.resource_uri == 'udp://10.0.0.9:53' && event.destination.host == '10.0.0.9'",
                Set.of(EventType.DATA_ACCESS));
        final Flow dns = new Flow(1, 17, "10.0.0.9", 53);
        final Flow echo = new Flow(2, 58, "fd00::7", 0);
        final Flow other = new Flow(3, 47, "10.0.0.8", 0);
        scene.pipeline.datagramsBegan(scene.process(AGENT), echo);
        assertThat(scene.terminated).isEmpty();
        scene.pipeline.datagramsBegan(scene.process(AGENT), dns);
        assertThat(scene.terminated).hasSize(1);
        assertThat(scene.terminated.getFirst().port()).isEqualTo(53);
        assertThat(scene.all(DataAccess.class)).isEmpty();
        scene.pipeline.datagramsEnded(scene.process(AGENT), dns, 40, 200);
        scene.pipeline.datagramsEnded(scene.process(AGENT), echo, 64, 64);
        scene.pipeline.datagramsBegan(scene.process(AGENT), other);
        scene.pipeline.end(); // its end was not told
        assertThat(scene.all(DataAccess.class).stream().map(DatabaseSessionTest::seen))
                .containsExactly(
                        "read_write udp://10.0.0.9:53 null 240 []",
                        "read_write icmp://[fd00::7] null 128 []",
                        "read_write ip://10.0.0.8 null null []");
        assertThat(scene.all(DataAccess.class).getLast().header().completeness())
                .isEqualTo(Completeness.gap(null));
        assertThat(scene.terminated).hasSize(1);
    }
}
