package io.fourthlog.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.sensor.ship.Shipper;
import io.fourthlog.sensor.ship.TlsFiles;
import io.fourthlog.sensor.spool.Spool;
import io.fourthlog.sensor.spool.Spools;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Period;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real sensor's spool and shipper, the real collector in a process of its own, and the real command, over mutual TLS. */
final class ShippingTest {

    private static final String SENSOR = "demo.support.node-1";
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @TempDir
    private Path folder;

    private int port;
    private int metricsPort;

    @BeforeEach
    void setUp() throws Exception {
        try (ServerSocket first = new ServerSocket(0);
                ServerSocket second = new ServerSocket(0)) {
            port = first.getLocalPort();
            metricsPort = second.getLocalPort();
        }
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt"
                + " -days 2 -subj /CN=fourthlog");
        issue("trail", "trail");
        issue("sensor", "sensor:support");
        issue("reader", "reader:default");
    }

    /** Writes the files of a Secret of type kubernetes.io/tls. */
    private void issue(String name, String commonName) throws Exception {
        final Path secret = Files.createDirectories(folder.resolve(name));
        Files.writeString(folder.resolve("names"), "subjectAltName=IP:127.0.0.1");
        Files.copy(folder.resolve("ca.crt"), secret.resolve("ca.crt"));
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + name
                + "/tls.key -out csr -subj /CN=" + commonName);
        run("openssl x509 -req -in csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out " + name
                + "/tls.crt");
    }

    private void run(String command) throws Exception {
        final Process process = start(List.of(command.split(" ")), "log");
        assertThat(process.waitFor()).as(command).isZero();
    }

    private Process start(List<String> command, String output) throws IOException {
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(output).toFile())
                .start();
    }

    private Process java(String output, String main, String... arguments) throws IOException {
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                main));
        command.addAll(List.of(arguments));
        return start(command, output);
    }

    private Process collector() throws IOException {
        return java(
                "collector.log",
                "io.fourthlog.trail.collector.TrailMain",
                ("serve --dir trail-dir --tls-cert trail/tls.crt --tls-key trail/tls.key --client-ca trail/ca.crt"
                                + " --address 127.0.0.1 --port " + port + " --metrics-port " + metricsPort)
                        .split(" "));
    }

    /** Runs the command against the collector; its exit code. */
    private int fourthlog(String output, String... arguments) throws Exception {
        final List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(("--server https://127.0.0.1:" + port
                        + " --ca reader/ca.crt --client-cert reader/tls.crt --client-key reader/tls.key --cache copy")
                .split(" ")));
        return java(output, "io.fourthlog.trail.command.Fourthlog", all.toArray(String[]::new))
                .waitFor();
    }

    private static Event event(int n) {
        return event(n, "helpdesk");
    }

    private static Event event(int n, String pod) {
        final TreeMap<String, String> unknown =
                new TreeMap<>(Map.of("triggering_event_id", "root of the trace", "row_count", "a file has no rows"));
        return new DataAccess(
                new Header(
                        UuidV7.next(Clock.systemUTC()),
                        TRACE,
                        Clock.systemUTC().instant(),
                        "k8s://demo/support/Pod/" + pod + "/" + pod + "/agent",
                        null,
                        SENSOR,
                        Header.SCHEMA_VERSION,
                        Completeness.COMPLETE,
                        Evidence.OBSERVED,
                        unknown),
                "file:///data/" + n,
                "read",
                null,
                (long) n,
                List.of());
    }

    @Test
    void whatASensorRecordsIsReadAndVerifiedThroughTheCollectorEvenWhenThatWasKilledMeanwhile() throws Exception {
        Process collector = collector();
        try (Spool spool = Spool.open(folder.resolve("state"), SENSOR, Clock.systemUTC(), () -> {})) {
            final Shipper shipper = new Shipper(
                    spool,
                    () -> Optional.of(URI.create("https://127.0.0.1:" + port)),
                    new TlsFiles(folder.resolve("sensor")));
            for (int n = 0; n < 20_000; n++) {
                if (n == 10_000) {
                    collector.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
                    collector = collector();
                }
                spool.accept(event(n));
            }
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> spool.checkpoint().size() == 20_000 && shipper.lag() == 0);

            assertThat(fourthlog("verify.out", "verify"))
                    .as(output("verify.out"))
                    .isZero();
            assertThat(output("verify.out"))
                    .contains("20000 events")
                    .contains("cosigned at")
                    .contains("holds");
            assertThat(fourthlog("trace.out", "trace", TRACE)).isZero();
            assertThat(output("trace.out")).contains("file:///data/0 ").contains("file:///data/19999 ");
            shipper.close(Duration.ofSeconds(5));
        } finally {
            collector.destroy();
            collector.waitFor(30, TimeUnit.SECONDS);
        }
    }

    /** A sensor with two retention classes: three logs at the collector, one trace, and each class expires in its own time. */
    @Test
    void eventsOfEachRetentionClassAreShippedApartAndReadTogether() throws Exception {
        final Process collector = collector();
        final Queue<Shipper> shippers = new ConcurrentLinkedQueue<>();
        final Clock later = Clock.offset(Clock.systemUTC(), Duration.ofHours(25)); // each commit ends a day
        try (Spools spools = Spools.open(folder.resolve("state"), SENSOR, later, spool -> {
            final Shipper shipper = new Shipper(
                    spool,
                    () -> Optional.of(URI.create("https://127.0.0.1:" + port)),
                    new TlsFiles(folder.resolve("sensor")));
            shippers.add(shipper);
            return shipper::wake;
        })) {
            spools.accept(event(1), new RetentionClass("standard-90d"));
            spools.accept(event(2), new RetentionClass("pci-12mo"));
            spools.accept(event(3), null);
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> Files.isDirectory(folder.resolve("trail-dir/logs/" + SENSOR + "@pci-12mo/tile"))
                            && shippers.stream().allMatch(shipper -> shipper.lag() == 0)
                            && spools.waiting() == 0);
        } finally {
            for (final Shipper shipper : shippers) {
                shipper.close(Duration.ofSeconds(30));
            }
        }
        assertThat(fourthlog("verify.out", "verify")).as(output("verify.out")).isZero();
        assertThat(output("verify.out")).contains(SENSOR + "@standard-90d", SENSOR + "@pci-12mo", SENSOR + "\n");
        assertThat(fourthlog("trace.out", "trace", TRACE)).isZero();
        assertThat(output("trace.out")).contains("file:///data/1 ", "file:///data/2 ", "file:///data/3 ");
        collector.destroy();
        collector.waitFor(30, TimeUnit.SECONDS);

        assertThat(expiring("P80D")).doesNotContain("would be dropped");
        assertThat(expiring("P95D"))
                .containsPattern(SENSOR + "@standard-90d: [0-9]+ leaves would be dropped")
                .contains("RetentionTier standard, spec.cold.default")
                .contains(SENSOR + "@pci-12mo: nothing has expired")
                .contains(SENSOR + ": nothing expires: no_class");
        assertThat(expiring("P370D")).containsPattern(SENSOR + "@pci-12mo: [0-9]+ leaves would be dropped");
    }

    /** What the collector would drop in some time. */
    private String expiring(String in) throws Exception {
        final String tier = "{\"name\":\"%s\",\"legalHold\":false,\"cold\":{%s}}";
        Files.writeString(
                folder.resolve("retention.json"),
                "{\"tiers\":[" + tier.formatted("standard", cold(90)) + "," + tier.formatted("pci", cold(366)) + "]}");
        final int code = java(
                        "expire.out",
                        "io.fourthlog.trail.collector.TrailMain",
                        "expire",
                        "--dir",
                        "trail-dir",
                        "--retention",
                        "retention.json",
                        "--dry-run",
                        "--at",
                        Clock.systemUTC().instant().plus(Period.parse(in)).toString())
                .waitFor();
        assertThat(code).as(output("expire.out")).isZero();
        return output("expire.out");
    }

    private static String cold(int days) {
        return Arrays.stream(EventType.values())
                .map(type -> "\"%s\":{\"days\":%d,\"decidedBy\":\"spec.cold.default\"}".formatted(type.wire(), days))
                .collect(Collectors.joining(","));
    }

    @Test
    void whatIsErasedWhileTheSensorGoesOnIsGoneAndWhatFollowsIsRecorded() throws Exception {
        final Process collector = collector();
        try (Spool spool = Spool.open(folder.resolve("state"), SENSOR, Clock.systemUTC(), () -> {})) {
            spool.sealer().configure(Map.of("support", false));
            final Shipper shipper = new Shipper(
                    spool,
                    () -> Optional.of(URI.create("https://127.0.0.1:" + port)),
                    new TlsFiles(folder.resolve("sensor")));
            for (int n = 0; n < 2_000; n++) {
                spool.accept(event(n, n % 2 == 0 ? "helpdesk" : "curious"));
            }
            awaitShipped(spool, shipper, 2_000);
            assertThat(fourthlog("before.out", "trace", TRACE)).isZero();
            assertThat(output("before.out")).contains("file:///data/0 ").contains("file:///data/1999 ");

            assertThat(erase("dry.out")).isZero();
            assertThat(output("dry.out"))
                    .contains("Pod/helpdesk/helpdesk/agent: 1000 events, 1 keys")
                    .contains("Nothing was destroyed");
            assertThat(erase("erase.out", "--confirm")).as(output("erase.out")).isZero();
            spool.accept(event(3_000, "helpdesk")); // the answer to this one says that the key is no more
            awaitShipped(spool, shipper, 2_001);
            spool.accept(event(3_001, "helpdesk"));
            awaitShipped(spool, shipper, 2_002);

            assertThat(fourthlog("verify.out", "verify"))
                    .as(output("verify.out"))
                    .isZero();
            assertThat(output("verify.out"))
                    .contains("1001 events opened")
                    .containsPattern("1001 events sealed \\(key destroyed on .*helpdesk/agent, ticket 4711\\)");
            assertThat(fourthlog("trace.out", "trace", TRACE)).isZero();
            assertThat(output("trace.out"))
                    .contains("file:///data/1 ")
                    .contains("file:///data/3001 ")
                    .doesNotContain("file:///data/2 ")
                    .doesNotContain("file:///data/3000 ");
            shipper.close(Duration.ofSeconds(5));
        } finally {
            collector.destroy();
            collector.waitFor(30, TimeUnit.SECONDS);
        }
    }

    private static void awaitShipped(Spool spool, Shipper shipper, long events) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() -> spool.checkpoint().size() == events && shipper.lag() == 0);
    }

    private int erase(String output, String... more) throws Exception {
        final List<String> arguments = new ArrayList<>(
                List.of("erase", "--dir", "trail-dir", "--workload", "*/helpdesk/*", "--reason", "ticket 4711"));
        arguments.addAll(List.of(more));
        return java(output, "io.fourthlog.trail.collector.TrailMain", arguments.toArray(String[]::new))
                .waitFor();
    }

    private String output(String file) throws IOException {
        return Files.readString(folder.resolve(file));
    }
}
