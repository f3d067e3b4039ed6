package io.fourthlog.sensor.spool;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.actionlog.log.Tombstone;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SpoolsTest {

    private static final String SENSOR = Reads.SENSOR;
    private static final RetentionClass YEAR = new RetentionClass("pci-12mo");
    private static final RetentionClass QUARTER = new RetentionClass("standard-90d");

    @TempDir
    private Path state;

    private final List<String> opened = new ArrayList<>();

    private Spools open() throws IOException {
        return open(Clock.systemUTC());
    }

    private Spools open(Clock clock) throws IOException {
        return Spools.open(state, SENSOR, clock, spool -> {
            opened.add(spool.name());
            return () -> {};
        });
    }

    private Path log(RetentionClass kept) {
        return state.resolve("logs").resolve(SENSOR + "@" + kept);
    }

    @Test
    void eachClassHasALogOfItsOwnAndWhatIsNobodysHasTheSensors() throws Exception {
        final Event one = Reads.read("file:///1");
        final Event two = Reads.read("file:///2");
        final Event three = Reads.read("file:///3");
        try (Spools spools = open()) {
            spools.accept(one, YEAR);
            spools.accept(two, QUARTER);
            spools.accept(Reads.read("file:///4"), YEAR);
            spools.accept(three, null);
        }

        assertThat(opened).containsExactly(SENSOR, SENSOR + "@pci-12mo", SENSOR + "@standard-90d");
        assertThat(Reads.recorded(log(YEAR))).hasSize(2).first().isEqualTo(one);
        assertThat(Reads.recorded(log(QUARTER))).containsExactly(two);
        assertThat(Reads.recorded(state.resolve("log"))).containsExactly(three);
        for (final Path log : List.of(log(YEAR), log(QUARTER), state.resolve("log"))) {
            assertThat(LogVerifier.verifyEvents(log, LogReader.open(log).statedKeys())
                            .findings())
                    .isEmpty();
        }
        assertThat(LogReader.open(log(YEAR)).statedKeys())
                .doesNotContainAnyElementsOf(LogReader.open(log(QUARTER)).statedKeys());
    }

    @Test
    void aRestartIsOneBlindSpotFromTheLastEventOfAnyLog() throws Exception {
        final Event before = Reads.read("file:///1");
        final Event last = Reads.read("file:///2");
        try (Spools spools = open()) {
            spools.accept(before, QUARTER);
            spools.accept(last, YEAR);
        }
        opened.clear();
        open().close();

        assertThat(opened).containsExactlyInAnyOrder(SENSOR, SENSOR + "@pci-12mo", SENSOR + "@standard-90d");
        assertThat(Reads.recorded(log(YEAR))).hasSize(1);
        assertThat(Reads.recorded(log(QUARTER))).hasSize(1);
        assertThat(Reads.recorded(state.resolve("log")))
                .singleElement()
                .isInstanceOfSatisfying(ErrorEvent.class, gap -> {
                    assertThat(gap.errorClass()).isEqualTo("sensor.gap.restart");
                    assertThat(requireNonNull(gap.gap()).from())
                            .isEqualTo(last.header().ts());
                });
    }

    @Test
    void afterAnOrderlyStopOnlyTheTimeSinceThenIsABlindSpot() throws Exception {
        final Instant stop = Instant.now().plusSeconds(3_600).truncatedTo(ChronoUnit.MICROS);
        final Clock later = Clock.fixed(stop.plusSeconds(5), ZoneOffset.UTC);
        try (Spools spools = open()) {
            spools.accept(Reads.read("file:///1"), YEAR);
            spools.watchedUntil(stop);
        }
        try (Spools _ = open(later)) { // which then crashes, as far as the next can tell
            assertThat(state.resolve("stopped")).doesNotExist();
        }
        try (Spools _ = open(Clock.offset(later, Duration.ofMinutes(10)))) {
            assertThat(state.resolve("stopped")).doesNotExist();
        }

        assertThat(Reads.recorded(state.resolve("log")))
                .map(event -> requireNonNull(((ErrorEvent) event).gap()))
                .extracting(Gap::from, Gap::to)
                .containsExactly(tuple(stop, stop.plusSeconds(5)), tuple(stop.plusSeconds(5), stop.plusSeconds(605)));
    }

    @Test
    void whatIsNotFollowedYetAfterARestartIsABlindSpotToo() throws Exception {
        final Event last = Reads.read("file:///1");
        final Instant stop = last.header().ts().plusSeconds(60).truncatedTo(ChronoUnit.MICROS);
        try (Spools spools = open()) {
            spools.watching(); // the first start: there is nothing that it could have missed
            spools.accept(last, YEAR);
        }
        try (Spools spools = open()) {
            spools.watching();
            spools.watching();
            spools.watchedUntil(stop);
        }
        final List<Gap> gaps = new ArrayList<>();
        for (final Event event : Reads.recorded(state.resolve("log"))) {
            gaps.add(requireNonNull(((ErrorEvent) event).gap()));
        }
        assertThat(gaps).hasSize(2);
        assertThat(gaps.getFirst().from()).isEqualTo(last.header().ts());
        assertThat(gaps.getLast().from()).isEqualTo(gaps.getFirst().to());

        try (Spools spools = open()) { // which is stopped before it follows anything
            spools.watchedUntil(stop.plusSeconds(60));
        }
        assertThat(Instant.parse(Files.readString(state.resolve("stopped")))).isEqualTo(stop);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "now", "2026-11-26T14:00:00Z and a word more than a time has"})
    void aStopThatIsNoTimeIsNotBelieved(String text) throws Exception {
        final Event last = Reads.read("file:///1");
        try (Spools spools = open()) {
            spools.accept(last, YEAR);
        }
        Files.writeString(state.resolve("stopped"), text);
        open().close();

        assertThat(state.resolve("stopped")).doesNotExist();
        assertThat(Reads.recorded(state.resolve("log")))
                .singleElement()
                .extracting(event -> requireNonNull(((ErrorEvent) event).gap()).from())
                .isEqualTo(last.header().ts());
    }

    @Test
    void aSpoolOfBeforeThereWereClassesGoesOn() throws Exception {
        try (Spool spool = Spool.open(state, SENSOR, Clock.systemUTC(), () -> {})) {
            spool.accept(Reads.read("file:///old"));
        }
        try (Spools spools = open()) {
            spools.accept(Reads.read("file:///new"), YEAR);
        }
        assertThat(Reads.recorded(state.resolve("log"))).hasSize(2); // the old event, and the restart
        assertThat(Reads.recorded(log(YEAR))).hasSize(1);
    }

    @Test
    void moreClassesThanThereMayBeShareTheLogInWhichNothingExpires() throws Exception {
        try (Spools spools = open()) {
            for (int days = 1; days <= Spools.MAX_CLASSES + 5; days++) {
                spools.accept(Reads.read("file:///" + days), new RetentionClass("tier-" + days + "d"));
            }
        }
        assertThat(opened).hasSize(1 + Spools.MAX_CLASSES);
        assertThat(Reads.recorded(state.resolve("log"))).hasSize(5);
    }

    @Test
    void theLogsOfAnotherSensorAreRefused() throws Exception {
        open().close();
        assertThatThrownBy(() -> Spools.open(state, "demo.support.node-2", Clock.systemUTC(), spool -> () -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("belongs to the sensor " + SENSOR);
        open().close(); // nothing holds the lock
    }

    @Test
    void whatTheCollectorHasGoesFromTheNodeWhenTheNextDayIsOver() throws Exception {
        final Clock later = Clock.offset(Clock.systemUTC(), Duration.ofHours(25)); // each commit ends a day
        final Path log = state.resolve("log");
        try (Spool spool = Spool.open(state, SENSOR, later, () -> {})) {
            spool.accept(Reads.read("file:///1"));
            until(() -> spool.checkpoint().size() == 2); // and how the key handed over
            spool.accept(Reads.read("file:///2"));
            until(() -> spool.checkpoint().size() >= 4);
            assertThat(LogReader.open(log).firstIndex()).isZero(); // nobody has acknowledged it

            spool.acknowledged(3);
            until(() -> LogReader.open(log).firstIndex() > 0);
            assertThat(LogReader.open(log).firstIndex()).isLessThanOrEqualTo(3);
        }

        final LogReader reader = LogReader.open(log);
        assertThat(reader.tombstones())
                .first()
                .satisfies(tombstone -> assertThat(tombstone.why())
                        .extracting(Tombstone.Why::retentionClass, Tombstone.Why::decidedBy)
                        .containsExactly(Tombstone.SHIPPED, "it has 3 leaves"));
        assertThat(LogVerifier.verifyEvents(log, List.of(reader.statedKeys().getFirst()))
                        .findings())
                .isEmpty();
        try (Stream<Path> files = Files.walk(log)) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("file:///1");
            }
        }
        Spool.open(state, SENSOR, Clock.systemUTC(), () -> {}).close();
    }

    private static void until(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofMinutes(2)).until(condition);
    }
}
