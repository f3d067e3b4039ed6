package io.fourthlog.actionlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.SigningKey;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sealed event hides, what it still says, and what it commits to. */
final class SealedEventTest {

    private static final Event READ = read("file:///data/customers.csv");
    private static final Event ANOTHER = read("file:///data/orders.csv");

    private final SubjectKey key = SubjectKey.generate();

    private static Event read(String uri) {
        return new DataAccess(
                new Header(
                        UuidV7.next(Clock.systemUTC()),
                        "4bf92f3577b34da6a3ce929d0e0e4736",
                        Instant.parse("2026-01-31T12:00:00.123456Z"),
                        "k8s://demo/support/Pod/helpdesk/helpdesk/agent",
                        null,
                        "demo.support.node-1",
                        Header.SCHEMA_VERSION,
                        Completeness.COMPLETE,
                        Evidence.OBSERVED,
                        new TreeMap<>(Map.of("triggering_event_id", "root of the trace", "row_count", "a file"))),
                uri,
                "read",
                null,
                1L,
                List.of());
    }

    /** Of all types, and as odd as they may be. */
    private static List<Event> events() {
        final Random random = new Random(5116);
        return Stream.generate(() -> Events.event(random)).limit(200).toList();
    }

    @Test
    void everyTypeOfEventIsOpenedAsItWasSealed() throws Exception {
        for (final Event event : events()) {
            final SealedEvent sealed = SealedEvent.parse(SealedEvent.seal(event, key));

            assertThat(EventCodec.decode(sealed.open(key).json())).isEqualTo(event);
            assertThat(sealed.eventId()).isEqualTo(event.header().eventId());
            assertThat(sealed.type()).isEqualTo(event.type());
            assertThat(sealed.ts()).isEqualTo(event.header().ts());
            assertThat(sealed.sensorId()).isEqualTo(event.header().sensorId());
            assertThat(sealed.subjectKey()).isEqualTo(key.id());
        }
    }

    @Test
    void theOutsideDoesNotNameTheWorkloadTheTraceOrWhatHappened() {
        assertThat(new String(SealedEvent.seal(READ, key), UTF_8))
                .doesNotContain("k8s:")
                .doesNotContain(READ.header().traceId())
                .doesNotContain("customers")
                .contains("\"event_type\":\"data_access\"");
    }

    @Test
    void theSameEventIsNeverSealedTheSameWay() {
        assertThat(SealedEvent.seal(READ, key)).isNotEqualTo(SealedEvent.seal(READ, key));
    }

    @Test
    void anEventIsNotTakenForASealedOne() {
        for (final Event event : events()) {
            assertThat(SealedEvent.looksSealed(EventCodec.encode(event))).isFalse();
            assertThat(SealedEvent.looksSealed(SealedEvent.seal(event, key))).isTrue();
        }
    }

    @Test
    void anotherKeyDoesNotOpenIt() throws Exception {
        final SealedEvent sealed = SealedEvent.parse(SealedEvent.seal(READ, key));
        assertThatThrownBy(() -> sealed.open(SubjectKey.generate())).isInstanceOf(EventFormatException.class);
    }

    @Test
    void noBitOfItCanBeChanged() {
        final byte[] good = SealedEvent.seal(READ, key);
        final Random random = new Random(5116);
        for (int i = 0; i < 2_000; i++) {
            final byte[] changed = good.clone();
            changed[random.nextInt(good.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            assertThatThrownBy(() -> SealedEvent.parse(changed).open(key)).isInstanceOf(EventFormatException.class);
        }
    }

    @Test
    void whoKeptTheEventAndTheSaltProvesItWithoutTheKey() throws Exception {
        final SealedEvent sealed = SealedEvent.parse(SealedEvent.seal(READ, key));
        final SealedEvent.Opened kept = sealed.open(key);

        assertThat(sealed.requireOpens(kept.json(), kept.salt())).isEqualTo(READ);
        final byte[] other = new String(kept.json(), UTF_8)
                .replace("observed", "corroborated")
                .getBytes(UTF_8);
        assertThat(other).isNotEqualTo(kept.json());
        assertThatThrownBy(() -> sealed.requireOpens(other, kept.salt())).isInstanceOf(EventFormatException.class);
        assertThatThrownBy(() -> sealed.requireOpens(kept.json(), new byte[16]))
                .isInstanceOf(EventFormatException.class);
        // A salt of another length would move bytes between the salt and the event.
        assertThatThrownBy(() -> sealed.requireOpens(
                        Arrays.copyOfRange(kept.json(), 1, kept.json().length),
                        Arrays.copyOf(kept.salt(), kept.salt().length + 1)))
                .isInstanceOf(EventFormatException.class);
    }

    @Test
    void theOutsideOfOneDoesNotFitTheInsideOfAnother() throws Exception {
        final SealedEvent one = SealedEvent.parse(SealedEvent.seal(READ, key));
        final SealedEvent other = SealedEvent.parse(SealedEvent.seal(ANOTHER, key));
        final SealedEvent spliced = new SealedEvent(
                one.eventId(),
                one.type(),
                one.ts(),
                one.sensorId(),
                one.schemaVersion(),
                other.commitment(),
                key.id(),
                other.sealed());
        assertThatThrownBy(() -> spliced.open(key)).isInstanceOf(EventFormatException.class);
        final SealedEvent.Opened inside = other.open(key);
        assertThatThrownBy(() -> spliced.requireOpens(inside.json(), inside.salt()))
                .isInstanceOf(EventFormatException.class)
                .hasMessageContaining("not what the outside says");
    }

    @Test
    void whatIsNotCanonicalIsRefused() {
        final String good = new String(SealedEvent.seal(READ, key), UTF_8);
        for (final String bad : List.of(
                good.replace("\"event_id\"", " \"event_id\""),
                good.replace("\"schema_version\":1", "\"schema_version\":1,\"more\":1"),
                good.replaceFirst("\"ts\":\"[^\"]*\"", "\"ts\":\"2026-01-31T12:00:00Z\""),
                good.replaceFirst("\"subject_key\":\"[0-9a-f]{32}\"", "\"subject_key\":\"X\""),
                good.replaceFirst("\"commitment\":\"[0-9a-f]{64}\"", "\"commitment\":\"00\""),
                good.replaceFirst("\"sealed\":\"[^\"]*\"", "\"sealed\":\"AAAA\""),
                good.replaceFirst("\"sealed\":\"[^\"]*\"", "\"sealed\":\"!\""),
                good + " ",
                "{\"commitment\":\"")) {
            assertThat(bad).isNotEqualTo(good);
            assertThatThrownBy(() -> SealedEvent.parse(bad.getBytes(UTF_8)))
                    .as(bad)
                    .isInstanceOf(EventFormatException.class);
        }
    }

    @Test
    void aLogOfThemVerifiesWithoutAnyKey(@TempDir Path folder) throws Exception {
        final SigningKey signing = SigningKey.generate("cluster.support.node-1");
        try (LogWriter writer = LogWriter.open(folder, signing)) {
            for (final Event event : events()) {
                writer.append(SealedEvent.seal(event, key));
                writer.append(EventCodec.encode(event));
            }
            writer.append("{\"commitment\":\"".getBytes(UTF_8));
            writer.commit();
        }
        assertThat(LogVerifier.verifyEvents(folder, List.of(signing.verifierKey()))
                        .findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.leafIndex())
                        .isEqualTo(LogReader.open(folder).size() - 1));
    }
}
