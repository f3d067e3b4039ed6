package io.fourthlog.trail.collector;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.KeyFile;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.trail.Authority;
import io.fourthlog.trail.Push;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.reading.Trail;
import io.fourthlog.trail.timestamp.Timestamps;
import io.fourthlog.trail.tls.TlsFiles;
import io.fourthlog.trail.verify.LogVerdict;
import io.fourthlog.trail.verify.TrailVerifier;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a sensor's log through the collector to what readers see, on days that pass when the test says so. */
final class ExpiryTest {

    private static final String LOG = Scene.SENSOR + "@pci-90d";
    private static final LogName NAME = new LogName(LOG);
    private static final Instant START = Instant.parse("2026-01-31T12:00:00Z"); // of the scene

    @TempDir
    private Path folder;

    private final Authority authority = new Authority();
    private Instant now = START;
    private Path state;
    private Path retention;
    private TlsFiles sensor;
    private TestCollector collector;
    private Expiry expiry;

    @BeforeEach
    void start() throws Exception {
        state = folder.resolve("state");
        retention = folder.resolve("retention.json");
        sensor = authority.issue("CN=sensor:support", folder.resolve("sensor"));
        final InstantSource source = () -> now;
        final Clock clock = source.withZone(ZoneOffset.UTC);
        collector = new TestCollector(
                folder.resolve("trail"), authority.issue("CN=trail", folder.resolve("server")), clock);
        expiry = new Expiry(collector.mirrors(), Optional.of(retention), clock, collector.metrics());
    }

    @AfterEach
    void stop() throws IOException {
        expiry.close();
        collector.close();
    }

    /** A day of the sensor's: these events, and then its key hands over; the collector has it at its end. */
    private void day(int number, List<Event> events) throws Exception {
        dayOf(number, events.stream().map(EventCodec::encode).toList());
    }

    private void dayOf(int number, List<byte[]> entries) throws Exception {
        append(entries, true);
        now = START.plus(Duration.ofDays(number));
        push();
    }

    private void log(List<Event> events, boolean end) throws IOException {
        append(events.stream().map(EventCodec::encode).toList(), end);
    }

    private void append(List<byte[]> entries, boolean end) throws IOException {
        Files.createDirectories(state);
        final KeyFile keys = new KeyFile(state.resolve("log.key"));
        final Path log = state.resolve("log");
        try (LogWriter writer = LogWriter.open(log, keys.load(log, LOG))) {
            entries.forEach(writer::append);
            writer.commit();
            if (end) {
                keys.evolve(writer);
            }
        }
    }

    private void push() throws Exception {
        assertThat(Push.send(collector.url(), sensor, LOG, Push.body(state, 0))).isEqualTo(200);
    }

    /** Two days, and then nothing until day 95, when the sensor says something again. */
    private void threeMonths() throws Exception {
        day(1, Scene.helpdesk());
        day(2, Scene.curious());
        sensorSays(95);
    }

    private void sensorSays(long day) throws Exception {
        final long millis = Duration.ofDays(day).toMillis();
        log(List.of(Scene.restart((int) (100 + day), millis - 1, millis)), false);
        now = START.plus(Duration.ofDays(day));
        push();
    }

    private void tiers(int days, boolean hold) throws IOException {
        final String cold = Arrays.stream(EventType.values())
                .map(type -> "\"" + type.wire() + "\":{\"days\":" + days
                        + ",\"decidedBy\":\"PCI DSS 4.0 requirement 10.5.1\"}")
                .collect(Collectors.joining(","));
        Files.writeString(
                retention, "{\"tiers\":[{\"name\":\"pci\",\"legalHold\":" + hold + ",\"cold\":{" + cold + "}}]}");
    }

    private long expired() {
        expiry.run();
        return requireNonNull(collector.mirrors().states().get(NAME)).expired();
    }

    private double blocked(ExpiryPlan.Reason reason) {
        return collector.metrics().registry().scrape().stream()
                .filter(metric -> metric.getMetadata().getName().equals("fourthlog_trail_expiry_blocked_logs"))
                .flatMap(metric -> ((GaugeSnapshot) metric).getDataPoints().stream())
                .filter(point -> reason.label().equals(point.getLabels().get("reason")))
                .mapToDouble(GaugeSnapshot.GaugeDataPointSnapshot::getValue)
                .sum();
    }

    private LogVerdict verify(Path trail) throws Exception {
        final Trail opened = Trail.open(trail);
        return new TrailVerifier(
                        opened,
                        List.of(),
                        Timestamps.read(new TrailFolder(trail).timestamps(), List.of()),
                        opened.subjects())
                .verify(opened.logs().getFirst(), done -> {});
    }

    @Test
    void daysExpireWhenTheirPeriodIsOver() throws Exception {
        threeMonths();
        tiers(90, false);

        assertThat(expired()).isEqualTo(9); // 6 events, how the key handed over, 2 events
        assertThat(blocked(ExpiryPlan.Reason.LEGAL_HOLD)).isZero();
        assertThat(expired()).isEqualTo(9);

        final LogVerdict verdict = verify(folder.resolve("trail"));
        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.report().expired()).hasSize(1);
        assertThat(verdict.report().expired().getFirst().describe())
                .isEqualTo("9 leaves of 2026-01-31..2026-01-31 expired under pci-90d (RetentionTier pci, PCI DSS 4.0"
                        + " requirement 10.5.1), since 2026-05-06T12:00:00Z");
        assertNothingIsLeft(folder.resolve("trail"));

        sensorSays(96);
        assertThat(verify(folder.resolve("trail")).findings()).isEmpty();
    }

    private static void assertNothingIsLeft(Path trail) throws IOException {
        try (Stream<Path> files = Files.walk(trail)) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as("%s", file)
                        .doesNotContain(Scene.HELPDESK_TRACE)
                        .doesNotContain(Scene.CURIOUS_TRACE);
            }
        }
    }

    @Test
    void aDayIsKeptForTheWholePeriodAfterItWasSeenToBeOver() throws Exception {
        day(1, Scene.helpdesk());
        day(2, Scene.curious());
        tiers(90, false);
        sensorSays(90);
        assertThat(expired()).isZero();
        sensorSays(91);
        assertThat(expired()).isEqualTo(6);
        sensorSays(92);
        assertThat(expired()).isEqualTo(9);
        assertThat(verify(folder.resolve("trail")).findings()).isEmpty();
        assertThat(verify(folder.resolve("trail")).report().expired()).hasSize(2);
    }

    @Test
    void aDayOfASensorWhoseClockWasAheadStaysAndThatIsSaid() throws Exception {
        final long ahead = Duration.ofDays(4_000).toMillis();
        day(1, List.of(Scene.restart(40, ahead - 1, ahead)));
        sensorSays(95);
        tiers(90, false);
        assertThat(expired()).isZero();
        assertThat(blocked(ExpiryPlan.Reason.FUTURE_EVENTS)).isEqualTo(1);
    }

    @Test
    void nothingExpiresWhileNobodyKnowsWhatTheTiersAskFor() throws Exception {
        threeMonths();
        assertThat(expired()).isZero();
        assertThat(blocked(ExpiryPlan.Reason.RETENTION_UNREADABLE)).isEqualTo(1);
        for (final String content : List.of(
                "",
                "{}",
                "{\"tiers\":[{\"name\":\"pci\"}]}",
                "{\"tiers\":[{\"name\":\"pci\",\"legalHold\":false,\"cold\":{}}]}")) {
            Files.writeString(retention, content);
            assertThat(expired()).isZero();
            assertThat(blocked(ExpiryPlan.Reason.RETENTION_UNREADABLE)).isEqualTo(1);
        }
        Files.writeString(retention, "{\"tiers\":[]}");
        assertThat(expired()).isZero();
        assertThat(blocked(ExpiryPlan.Reason.UNKNOWN_TIER)).isEqualTo(1);
        assertThat(blocked(ExpiryPlan.Reason.RETENTION_UNREADABLE)).isZero();
    }

    @Test
    void aLegalHoldKeepsEverything() throws Exception {
        threeMonths();
        tiers(90, true);
        assertThat(expired()).isZero();
        assertThat(blocked(ExpiryPlan.Reason.LEGAL_HOLD)).isEqualTo(1);
        tiers(90, false);
        assertThat(expired()).isEqualTo(9);
    }

    @Test
    void aTierThatAsksForLongerNowIsFollowedAndOneThatAsksForLessIsNot() throws Exception {
        threeMonths();
        tiers(100, false);
        assertThat(expired()).isZero();
        sensorSays(101);
        assertThat(expired()).isEqualTo(6);
        tiers(1, false);
        sensorSays(102);
        assertThat(expired()).isEqualTo(9);
        assertThat(verify(folder.resolve("trail")).report().expired())
                .extracting(tombstone -> tombstone.why().keptDays())
                .containsExactly(100, 90);
        assertThat(verify(folder.resolve("trail")).findings()).isEmpty();
    }

    @Test
    void aClockThatJumpedForwardExpiresNothing() throws Exception {
        day(1, Scene.helpdesk());
        tiers(90, false);
        sensorSays(3);
        now = START.plus(Duration.ofDays(4_000)); // the collector's own
        assertThat(expired()).isZero();

        now = START.plus(Duration.ofDays(4));
        log(List.of(Scene.restart(7, 1, Duration.ofDays(4_000).toMillis())), false); // the sensor's
        push();
        assertThat(expired()).isZero();
    }

    @Test
    void sensorsThatWereNotHeardForAWeekDoNotSayWhatTimeItIs() throws Exception {
        for (int node = 2; node < 6; node++) { // gone since
            final String name = "demo.support.node-" + node;
            final Path gone = Scene.spool(folder.resolve(name), name, Scene.helpdesk());
            assertThat(Push.send(collector.url(), sensor, name, Push.body(gone, 0)))
                    .isEqualTo(200);
        }
        threeMonths();
        tiers(90, false);
        assertThat(expired()).isEqualTo(9);
    }

    @Test
    void nothingExpiresBeforeASensorHasSaidWhatTimeItIs() throws Exception {
        threeMonths();
        tiers(90, false);
        collector.close();
        collector = new TestCollector(
                folder.resolve("trail"),
                authority.issue("CN=trail", folder.resolve("server-2")),
                Clock.fixed(now, ZoneOffset.UTC));
        expiry.close();
        expiry = new Expiry(
                collector.mirrors(), Optional.of(retention), Clock.fixed(now, ZoneOffset.UTC), collector.metrics());
        assertThat(expired()).isZero();
        assertThat(blocked(ExpiryPlan.Reason.CLOCK)).isEqualTo(1);
        sensorSays(96);
        assertThat(expired()).isEqualTo(9);
    }

    @Test
    void anEventOfTheFutureKeepsItsDay() throws Exception {
        day(1, List.of(Scene.restart(7, 1, Duration.ofDays(50).toMillis())));
        tiers(90, false);
        sensorSays(95);
        assertThat(expired()).isZero();
        sensorSays(141);
        assertThat(expired()).isEqualTo(1);
    }

    @Test
    void logsOfBeforeThereWereClassesAreKept() throws Exception {
        final Path old = Scene.spool(folder.resolve("old"), Scene.SENSOR, Scene.helpdesk());
        assertThat(Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(old, 0)))
                .isEqualTo(200);
        tiers(90, false);
        now = START.plus(Duration.ofDays(4_000));
        expiry.run();
        assertThat(requireNonNull(collector.mirrors().states().get(new LogName(Scene.SENSOR)))
                        .expired())
                .isZero();
        assertThat(blocked(ExpiryPlan.Reason.NO_CLASS)).isEqualTo(1);
    }

    @Test
    void aSensorThatSendsAgainWhatHasExpiredIsToldWhereToGoOn() throws Exception {
        threeMonths();
        tiers(90, false);
        assertThat(expired()).isEqualTo(9);
        assertThat(Push.send(collector.url(), sensor, LOG, Push.body(state, 0))).isEqualTo(200);
        assertThat(verify(folder.resolve("trail")).findings()).isEmpty();
    }

    @Test
    void aTombstoneThatIsGoneIsAFinding() throws Exception {
        threeMonths();
        tiers(90, false);
        assertThat(expired()).isEqualTo(9);
        Files.delete(folder.resolve("trail/logs").resolve(LOG).resolve("tombstones.json"));
        assertThat(verify(folder.resolve("trail")).findings())
                .extracting(Finding::kind)
                .containsOnly(Finding.Kind.MISSING);
    }

    @Test
    void aKeyGoesWithTheLastEventThatItOpens() throws Exception {
        final SubjectKey helpdesk = SubjectKey.generate();
        final SubjectKey curious = SubjectKey.generate();
        final SubjectKey unused = SubjectKey.generate();
        assertThat(Push.sendKeys(
                        collector.url(),
                        sensor,
                        LOG,
                        Map.of(Scene.HELPDESK, helpdesk, Scene.CURIOUS, curious, Scene.HELPDESK + "-2", unused),
                        false))
                .isEqualTo(200);
        final Path held = folder.resolve("trail/subject-keys");
        dayOf(1, sealed(Scene.helpdesk(), helpdesk));
        dayOf(2, sealed(Scene.curious(), curious));
        final long threeDays = Duration.ofDays(3).toMillis();
        day(3, List.of(Scene.restart(7, threeDays - 1, threeDays)));
        dayOf(4, sealed(List.of(Scene.helpdesk().getFirst()), helpdesk));
        tiers(90, false);

        sensorSays(92);
        assertThat(expired()).isEqualTo(9);
        assertThat(keyIds(held))
                .contains(helpdesk.id(), curious.id(), unused.id()); // of the last day there may be more
        assertThat(verify(folder.resolve("trail")).findings()).isEmpty();
        sensorSays(93);
        assertThat(expired()).isEqualTo(11);
        assertThat(keyIds(held)).containsExactly(helpdesk.id()); // it opens an event of day 4
        expiry.run();
        assertThat(verify(folder.resolve("trail")).findings()).isEmpty();
        assertThat(verify(folder.resolve("trail")).opened()).isEqualTo(1);
        sensorSays(94);
        assertThat(expired()).isEqualTo(13);
        assertThat(keyIds(held)).isEmpty();
        assertThat(verify(folder.resolve("trail")).findings()).isEmpty();
    }

    private static List<byte[]> sealed(List<Event> events, SubjectKey key) {
        return events.stream().map(event -> SealedEvent.seal(event, key)).toList();
    }

    private static List<String> keyIds(Path keys) throws IOException {
        try (Stream<Path> files = Files.walk(keys)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json"))
                    .map(name -> name.replace(".json", ""))
                    .toList();
        }
    }

    @Test
    void theCommandSaysWhatHasExpiredAndDropsItWhileNoCollectorRuns() throws Exception {
        threeMonths();
        tiers(90, false);
        final Path trail = folder.resolve("trail");
        assertThat(expire("--dry-run")).contains("9 leaves would be dropped", "PCI DSS 4.0 requirement 10.5.1");
        assertThat(LogReader.open(trail.resolve("logs").resolve(LOG)).firstIndex())
                .isZero();
        assertThat(expire("--now")).contains("is in use by another collector");
        collector.close();
        assertThat(expire("--now")).contains("9 leaves dropped", "nothing has expired");
        assertThat(LogReader.open(trail.resolve("logs").resolve(LOG)).firstIndex())
                .isEqualTo(9);
        assertThat(verify(trail).findings()).isEmpty();
    }

    private String expire(String mode) {
        final StringWriter out = new StringWriter();
        TrailMain.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(out))
                .execute(
                        "expire",
                        "--dir",
                        folder.resolve("trail").toString(),
                        "--retention",
                        retention.toString(),
                        mode);
        return out.toString();
    }
}
