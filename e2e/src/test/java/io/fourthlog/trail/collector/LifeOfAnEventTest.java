package io.fourthlog.trail.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.sensor.ship.Shipper;
import io.fourthlog.sensor.spool.Spool;
import io.fourthlog.sensor.spool.Spools;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real sensor's spools and shippers, the real collector over mutual TLS, a day that really expires and a workload that is really erased,
 * and all readers, the second verifier among them, on what is left. Only the clocks are the test's: a month passes.
 */
final class LifeOfAnEventTest {

    private static final String SENSOR = "demo.support.node-1";
    private static final String MONTH = SENSOR + "@standard-30d";
    private static final String YEAR = SENSOR + "@pci-12mo";
    private static final String EXPIRED = "a document that the model wrote on a day that is gone by now, ".repeat(3);
    private static final String ERASED = "a document that a workload wrote that has been erased since, ".repeat(3);
    private static final String KEPT = "a document that the model wrote on a day that is still there, ".repeat(3);

    @TempDir
    private Path folder;

    private final AtomicReference<Duration> passed = new AtomicReference<>(Duration.ZERO);
    private final InstantSource source = () -> Clock.systemUTC().instant().plus(passed.get());
    private final Clock clock = source.withZone(ZoneOffset.UTC);
    private final Queue<Shipper> shippers = new ConcurrentLinkedQueue<>();
    private Path trail;
    private Path retention;
    private Mirrors mirrors;
    private CollectorServer server;

    @BeforeEach
    void serve() throws Exception {
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt"
                + " -days 2 -subj /CN=fourthlog");
        for (final String name : List.of("trail", "sensor:support", "reader:default")) {
            issue(name);
        }
        trail = folder.resolve("trail-dir");
        mirrors = Mirrors.open(trail, "fourthlog-trail", List.of(), clock);
        final TrailMetrics metrics = new TrailMetrics();
        metrics.watch(mirrors);
        final TrailFolder opened = new TrailFolder(trail);
        server = CollectorServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                tls("trail"),
                new HttpApi(mirrors, opened, new SubjectKeyApi(opened, clock), metrics),
                metrics,
                Duration.ofHours(1));
        retention = Files.writeString(
                folder.resolve("retention.json"),
                "{\"tiers\":[" + tier("standard", 30) + "," + tier("pci", 366) + "]}");
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        mirrors.close();
    }

    private TlsFiles tls(String name) {
        final Path secret = folder.resolve(name.replace(':', '-'));
        return new TlsFiles(secret.resolve("tls.crt"), secret.resolve("tls.key"), secret.resolve("ca.crt"));
    }

    /** Writes the files of a Secret of type kubernetes.io/tls. */
    private void issue(String commonName) throws Exception {
        final String name = commonName.replace(':', '-');
        final Path secret = Files.createDirectories(folder.resolve(name));
        Files.writeString(folder.resolve("names"), "subjectAltName=IP:127.0.0.1");
        Files.copy(folder.resolve("ca.crt"), secret.resolve("ca.crt"));
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + name
                + "/tls.key -out csr -subj /CN=" + commonName);
        run("openssl x509 -req -in csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out " + name
                + "/tls.crt");
    }

    private static String tier(String name, int days) {
        return Arrays.stream(EventType.values())
                .map(type -> "\"%s\":{\"days\":%d,\"decidedBy\":\"spec.cold.default\"}".formatted(type.wire(), days))
                .collect(Collectors.joining(",", "{\"name\":\"" + name + "\",\"legalHold\":false,\"cold\":{", "}}"));
    }

    private void run(String command) throws Exception {
        assertThat(execute("log", List.of(command.split(" ")))).as(command).isZero();
    }

    private int execute(String output, List<String> command) throws Exception {
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(output).toFile())
                .start()
                .waitFor();
    }

    /** Runs a program of ours with a Java of its own; what it said, behind its exit code. */
    private String java(String main, Object... arguments) throws Exception {
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                main));
        Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
        return execute("out", command) + "\n" + Files.readString(folder.resolve("out"));
    }

    private String fourthlog(Object... arguments) throws Exception {
        return java("io.fourthlog.trail.command.Fourthlog", arguments);
    }

    /** The second verifier, which shares nothing with ours. */
    private String python(Path bundle, List<String> keys, Path document) throws Exception {
        final List<String> command = new ArrayList<>(List.of(
                "/usr/bin/python3",
                Path.of("../docs/verify/verify_bundle.py").toAbsolutePath().toString(),
                bundle.toString(),
                "--document",
                document.toString()));
        keys.forEach(key -> command.addAll(List.of("--key", key)));
        return execute("out", command) + "\n" + Files.readString(folder.resolve("out"));
    }

    /** A model's answer. */
    private Event answer(String pod, String text) throws Exception {
        final TreeMap<String, String> unknown = new TreeMap<>(Map.of(
                "triggering_event_id", "root of the trace",
                "agent_session_id", "the agent has none",
                "prompt_class", "the profile does not classify prompts"));
        return ModelInvocation.builder(new Header(
                        UuidV7.next(clock),
                        "4bf92f3577b34da6a3ce929d0e0e4736",
                        clock.instant(),
                        "k8s://demo/support/Pod/" + pod + "/" + pod + "/agent",
                        null,
                        SENSOR,
                        Header.SCHEMA_VERSION,
                        Completeness.COMPLETE,
                        Evidence.OBSERVED,
                        unknown))
                .modelId("approved-model")
                .promptTokenCount(812L)
                .outputTokenCount(24L)
                .outputHash(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8))))
                .httpStatus(200)
                .build();
    }

    private Spools sensor() throws IOException {
        final Spools spools = Spools.open(folder.resolve("state"), SENSOR, clock, this::ship);
        spools.sealer().configure(Map.of("support", false));
        return spools;
    }

    private Runnable ship(Spool spool) {
        final Shipper shipper = new Shipper(
                spool,
                () -> Optional.of(URI.create("https://127.0.0.1:" + server.port())),
                new io.fourthlog.sensor.ship.TlsFiles(folder.resolve("sensor-support")));
        shippers.add(shipper);
        return shipper::wake;
    }

    /** Waits until the collector has so many leaves of a log. */
    private void awaitShipped(String log, long leaves) {
        Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> {
            final LogState state = mirrors.states().get(new LogName(log));
            return state != null && state.size() >= leaves;
        });
    }

    /** Has the key of a log hand over, as it does after a day. */
    private void endDay(String kept, String log, long leaves) throws IOException {
        Files.setLastModifiedTime(
                folder.resolve("state/keys/" + kept + ".key"),
                FileTime.from(clock.instant().minus(Duration.ofHours(25))));
        awaitShipped(log, leaves);
    }

    /** Two days: one of each class, and a month later one that is still there. */
    private void record() throws Exception {
        try (Spools sensor = sensor()) {
            sensor.accept(answer("helpdesk", EXPIRED), new RetentionClass("standard-30d"));
            sensor.accept(answer("curious", EXPIRED + "2"), new RetentionClass("standard-30d"));
            sensor.accept(answer("curious", ERASED), new RetentionClass("pci-12mo"));
            sensor.accept(answer("helpdesk", KEPT), new RetentionClass("pci-12mo"));
            awaitShipped(MONTH, 2);
            awaitShipped(YEAR, 2);
            endDay("standard-30d", MONTH, 3);
            passed.set(Duration.ofDays(32));
            sensor.accept(answer("helpdesk", KEPT + "2"), new RetentionClass("standard-30d"));
            awaitShipped(MONTH, 4);
        } finally {
            for (final Shipper shipper : shippers) {
                shipper.close(Duration.ofSeconds(30));
            }
        }
    }

    private void expire() {
        try (Expiry expiry = new Expiry(mirrors, Optional.of(retention), clock, new TrailMetrics())) {
            expiry.run();
        }
    }

    /** The keys of the witness and of these logs. */
    private List<String> keys(String... logs) throws IOException {
        final TrailFolder opened = new TrailFolder(trail);
        final List<String> keys = new ArrayList<>(List.of(
                Files.readString(opened.witnessVerifierKey()).strip(),
                Files.readString(opened.lastingWitnessVerifierKey()).strip()));
        for (final String log : logs) {
            keys.add(LogReader.open(opened.log(new LogName(log)))
                    .statedKeys()
                    .getFirst()
                    .toString());
        }
        return keys;
    }

    @Test
    void whatExpiredAndWhatWasErasedIsSaidByAllReadersAndTheRestIsProven() throws Exception {
        record();
        expire();
        final String erased = java(
                "io.fourthlog.trail.collector.TrailMain",
                "erase",
                "--dir",
                trail,
                "--workload",
                "*/curious/*",
                "--reason",
                "ticket 4711",
                "--confirm");
        assertThat(erased).startsWith("0\n");

        final List<Object> withKeys = new ArrayList<>(List.of("verify", "--trail", trail));
        keys(SENSOR, MONTH, YEAR).forEach(key -> withKeys.addAll(List.of("--key", key)));
        for (final String said : List.of(
                fourthlog(withKeys.toArray()),
                fourthlog(
                        "verify",
                        "--server",
                        "https://127.0.0.1:" + server.port(),
                        "--ca",
                        tls("reader:default").authority(),
                        "--client-cert",
                        tls("reader:default").certificate(),
                        "--client-key",
                        tls("reader:default").key(),
                        "--cache",
                        folder.resolve("copy")))) {
            assertThat(said)
                    .startsWith("0\n")
                    .containsPattern("2 leaves of [0-9-]+\\.\\.[0-9-]+ expired under standard-30d"
                            + " \\(RetentionTier standard, spec.cold.default\\), since 20")
                    .containsPattern("1 events? sealed \\(key destroyed on .*ticket 4711\\)")
                    .contains("holds")
                    .doesNotContain("FINDING");
        }

        final Path kept = Files.writeString(folder.resolve("kept.txt"), KEPT);
        final Path bundle = folder.resolve("bundle.json");
        assertThat(fourthlog(
                        "prove",
                        kept,
                        "--trail",
                        trail,
                        "--since",
                        "90d",
                        "--until",
                        "2100-01-01T00:00:00Z",
                        "--bundle",
                        bundle))
                .startsWith("0\n");
        final List<Object> offline = new ArrayList<>(List.of("verify", bundle));
        keys(YEAR).forEach(key -> offline.addAll(List.of("--key", key)));
        assertThat(fourthlog(offline.toArray())).startsWith("0\n");
        assertThat(python(bundle, keys(YEAR), kept)).startsWith("0\n");

        for (final String gone : List.of(EXPIRED, ERASED)) {
            final Path document = Files.writeString(folder.resolve("gone.txt"), gone);
            assertThat(fourthlog(
                            "prove", document, "--trail", trail, "--since", "90d", "--until", "2100-01-01T00:00:00Z"))
                    .startsWith("1\n")
                    .contains("expired under standard-30d")
                    .contains("ticket 4711");
        }

        Files.delete(trail.resolve("logs").resolve(MONTH).resolve("tombstones.json"));
        assertThat(fourthlog(withKeys.toArray())).startsWith("1\n").doesNotContain("expired under");
    }
}
