package io.fourthlog.sensor.spool;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.actionlog.log.VerifierKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SpoolTest {

    private static final String SENSOR = "demo.support.node-1";

    @TempDir
    private Path state;

    private Spool open() throws IOException {
        return Spool.open(state, SENSOR, Clock.systemUTC(), () -> {});
    }

    private static Event read(String uri) {
        return new DataAccess(
                new Header(
                        UuidV7.next(Clock.systemUTC()),
                        "4bf92f3577b34da6a3ce929d0e0e4736",
                        Clock.systemUTC().instant(),
                        "k8s://demo/support/Pod/agent/agent/main",
                        null,
                        SENSOR,
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

    private List<Event> recorded() throws Exception {
        final LogReader log = LogReader.open(state.resolve("log"));
        final List<Event> events = new ArrayList<>();
        final List<byte[]> entries = new ArrayList<>();
        log.forEachEvent(0, (leaf, entry) -> entries.add(entry));
        for (final byte[] entry : entries) {
            events.add(EventCodec.decode(entry));
        }
        return events;
    }

    @Test
    void whatIsTakenIsInAVerifiedLogAfterClosing() throws Exception {
        final VerifierKey key;
        try (Spool spool = open()) {
            for (int i = 0; i < 5_000; i++) {
                spool.accept(read("file:///" + i));
            }
            key = VerifierKey.parse(spool.verifierKey());
        }

        assertThat(recorded()).hasSize(5_000);
        assertThat(LogVerifier.verify(state.resolve("log"), List.of(key)).holds())
                .isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state.resolve("log.key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aRestartIsABlindSpotFromTheLastEventToNow() throws Exception {
        final Event before = read("file:///a");
        try (Spool spool = open()) {
            spool.accept(before);
        }
        open().close();

        assertThat(recorded()).hasSize(2).last().isInstanceOfSatisfying(ErrorEvent.class, gap -> {
            assertThat(gap.errorClass()).isEqualTo("sensor.gap.restart");
            final Gap time = requireNonNull(gap.gap());
            assertThat(time.from()).isEqualTo(before.header().ts());
            assertThat(time.to()).isAfterOrEqualTo(before.header().ts());
        });
    }

    @Test
    void aClockThatWentBackHidesNoRestart() throws Exception {
        final Event before = read("file:///a");
        try (Spool spool = open()) {
            spool.accept(before);
        }
        final Clock yesterday = Clock.offset(Clock.systemUTC(), Duration.ofHours(-30));
        try (Spool spool = Spool.open(state, SENSOR, yesterday, () -> {})) {
            spool.accept(read("file:///b"));
        }

        assertThat(recorded()).hasSize(3);
        assertThat(recorded().get(1)).isInstanceOfSatisfying(ErrorEvent.class, gap -> {
            assertThat(gap.errorClass()).isEqualTo("sensor.gap.restart");
            final Gap time = requireNonNull(gap.gap());
            assertThat(time.to()).isEqualTo(time.from()); // never a time that ends before it starts
        });
        assertThat(LogVerifier.verifyEvents(
                                state.resolve("log"),
                                LogReader.open(state.resolve("log")).statedKeys())
                        .findings())
                .isEmpty();
    }

    @Test
    void theKeyOfYesterdayIsDestroyedAndVouchesForTheOneOfToday() throws Exception {
        final VerifierKey yesterday;
        try (Spool spool = open()) {
            yesterday = VerifierKey.parse(spool.verifierKey());
            spool.accept(read("file:///a"));
        }
        final Clock tomorrow = Clock.offset(Clock.systemUTC(), Duration.ofHours(25));
        try (Spool spool = Spool.open(state, SENSOR, tomorrow, () -> {})) {
            spool.accept(read("file:///b"));
        }
        open().close();

        final LogReader log = LogReader.open(state.resolve("log"));
        assertThat(log.successions()).isNotEmpty();
        assertThat(log.statedKeys()).startsWith(yesterday);
        assertThat(SigningKey.load(state.resolve("log.key")).verifierKey())
                .isEqualTo(log.statedKeys().getLast());
        assertThat(state.resolve("log.key.next")).doesNotExist();
        assertThat(recorded()).hasSize(4); // two events, and two restarts
        assertThat(LogVerifier.verifyEvents(state.resolve("log"), List.of(yesterday))
                        .findings())
                .isEmpty();
    }

    @Test
    void anEventThatIsTooLargeForTheLogLeavesAGapBehind() throws Exception {
        final Event large = read("file:///" + "x".repeat(LogWriter.MAX_ENTRY));
        try (Spool spool = open()) {
            spool.accept(large);
        }

        assertThat(recorded()).singleElement().isInstanceOfSatisfying(ErrorEvent.class, gap -> {
            assertThat(gap.errorClass()).isEqualTo("sensor.gap.event_too_large");
            assertThat(gap.originatingEventId()).isEqualTo(large.header().eventId());
        });
    }

    @Test
    void theFolderOfAnotherSensorIsRefused() throws Exception {
        open().close();

        assertThatThrownBy(() -> Spool.open(state, "demo.support.node-2", Clock.systemUTC(), () -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("belongs to the sensor " + SENSOR);
    }
}
