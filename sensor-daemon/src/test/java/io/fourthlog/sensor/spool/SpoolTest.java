package io.fourthlog.sensor.spool;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.actionlog.log.VerifierKey;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SpoolTest {

    private static final String SENSOR = Reads.SENSOR;

    @TempDir
    private Path state;

    private Spool open() throws IOException {
        return Spool.open(state, SENSOR, Clock.systemUTC(), () -> {});
    }

    private Spools watch(Clock clock) throws IOException {
        return Spools.open(state, SENSOR, clock, _ -> () -> {});
    }

    @Test
    void whatIsTakenIsInAVerifiedLogAfterClosing() throws Exception {
        final VerifierKey key;
        try (Spool spool = open()) {
            for (int i = 0; i < 5_000; i++) {
                spool.accept(Reads.read("file:///" + i));
            }
            key = VerifierKey.parse(spool.verifierKey());
        }

        assertThat(Reads.recorded(state.resolve("log"))).hasSize(5_000);
        assertThat(LogVerifier.verify(state.resolve("log"), List.of(key)).holds())
                .isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state.resolve("log.key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aRestartIsABlindSpotFromTheLastEventToNow() throws Exception {
        final Event before = Reads.read("file:///a");
        try (Spools spools = watch(Clock.systemUTC())) {
            spools.accept(before);
        }
        watch(Clock.systemUTC()).close();

        assertThat(Reads.recorded(state.resolve("log")))
                .hasSize(2)
                .last()
                .isInstanceOfSatisfying(ErrorEvent.class, gap -> {
                    assertThat(gap.errorClass()).isEqualTo("sensor.gap.restart");
                    final Gap time = requireNonNull(gap.gap());
                    assertThat(time.from()).isEqualTo(before.header().ts());
                    assertThat(time.to()).isAfterOrEqualTo(before.header().ts());
                });
    }

    @Test
    void aClockThatWentBackHidesNoRestart() throws Exception {
        final Event before = Reads.read("file:///a");
        try (Spools spools = watch(Clock.systemUTC())) {
            spools.accept(before);
        }
        final Clock yesterday = Clock.offset(Clock.systemUTC(), Duration.ofHours(-30));
        try (Spools spools = watch(yesterday)) {
            spools.accept(Reads.read("file:///b"));
        }

        assertThat(Reads.recorded(state.resolve("log"))).hasSize(3);
        assertThat(Reads.recorded(state.resolve("log")).get(1)).isInstanceOfSatisfying(ErrorEvent.class, gap -> {
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
            spool.accept(Reads.read("file:///a"));
        }
        final Clock tomorrow = Clock.offset(Clock.systemUTC(), Duration.ofHours(25));
        try (Spool spool = Spool.open(state, SENSOR, tomorrow, () -> {})) {
            spool.accept(Reads.read("file:///b"));
        }
        open().close();

        final LogReader log = LogReader.open(state.resolve("log"));
        assertThat(log.successions()).isNotEmpty();
        assertThat(log.statedKeys()).startsWith(yesterday);
        assertThat(SigningKey.load(state.resolve("log.key")).verifierKey())
                .isEqualTo(log.statedKeys().getLast());
        assertThat(state.resolve("log.key.next")).doesNotExist();
        assertThat(Reads.recorded(state.resolve("log"))).hasSize(2);
        assertThat(LogVerifier.verifyEvents(state.resolve("log"), List.of(yesterday))
                        .findings())
                .isEmpty();
    }

    @Test
    void anEventThatIsTooLargeForTheLogLeavesAGapBehind() throws Exception {
        final Event large = Reads.read("file:///" + "x".repeat(LogWriter.MAX_ENTRY));
        try (Spool spool = open()) {
            spool.accept(large);
        }

        assertThat(Reads.recorded(state.resolve("log")))
                .singleElement()
                .isInstanceOfSatisfying(ErrorEvent.class, gap -> {
                    assertThat(gap.errorClass()).isEqualTo("sensor.gap.event_too_large");
                    assertThat(gap.originatingEventId())
                            .isEqualTo(large.header().eventId());
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"log.key", "log/checkpoint", "log/log.json"})
    void aFileThatIsCutOffIsSaidToBeDamagedAndWhere(String name) throws Exception {
        try (Spool spool = open()) {
            spool.accept(Reads.read("file:///a"));
        }
        try (FileChannel file = FileChannel.open(state.resolve(name), StandardOpenOption.WRITE)) {
            file.truncate(file.size() / 2);
        }
        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(state.resolve("log") + " is damaged (")
                .hasMessageContaining("give it a new one");
    }

    @Test
    void theFolderOfAnotherSensorIsRefused() throws Exception {
        open().close();

        assertThatThrownBy(() -> Spool.open(state, "demo.support.node-2", Clock.systemUTC(), () -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("belongs to the sensor " + SENSOR);
    }
}
