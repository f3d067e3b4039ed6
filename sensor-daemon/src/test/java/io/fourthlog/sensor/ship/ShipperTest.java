package io.fourthlog.sensor.ship;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.sensor.spool.Spool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ShipperTest {

    private static final String SENSOR = "demo.support.node-1";

    @TempDir
    private Path folder;

    private final SigningKey witness = SigningKey.generateWitness("witness");
    private Authority authority;
    private Path serverTls;
    private Path clientTls;
    private Spool spool;

    @BeforeEach
    void setUp() throws Exception {
        authority = new Authority("ca");
        serverTls = authority.issue("trail", folder.resolve("server"));
        clientTls = authority.issue("sensor:support", folder.resolve("client"));
        spool = Spool.open(folder.resolve("state"), SENSOR, Clock.systemUTC(), () -> {});
    }

    @AfterEach
    void tearDown() throws IOException {
        spool.close();
    }

    private TestCollector collector(int port) throws IOException {
        return new TestCollector(folder.resolve("mirror"), witness, serverTls, port);
    }

    private Shipper shipper(URI url) {
        return new Shipper(spool, () -> Optional.of(url), new TlsFiles(clientTls));
    }

    private void record(int events) {
        for (int i = 0; i < events; i++) {
            spool.accept(event());
        }
    }

    private static Event event() {
        return eventOf("proc://" + SENSOR);
    }

    private static Event eventOf(String workload) {
        return new ErrorEvent(
                new Header(
                        UuidV7.next(Clock.systemUTC()),
                        "4bf92f3577b34da6a3ce929d0e0e4736",
                        Clock.systemUTC().instant(),
                        workload,
                        null,
                        SENSOR,
                        Header.SCHEMA_VERSION,
                        Completeness.COMPLETE,
                        Evidence.OBSERVED,
                        new TreeMap<>(Map.of(
                                "triggering_event_id", "root of the trace",
                                "originating_event_id", "none",
                                "recovery_action", "none"))),
                "x".repeat(1_000),
                null,
                null,
                null);
    }

    private static void until(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
    }

    @Test
    void aBacklogOfSeveralBatchesArrivesAndWhatFollowsAsWell() throws Exception {
        record(10_000); // 13 MB: more than one batch
        try (TestCollector collector = collector(0)) {
            final Shipper shipper = shipper(collector.url());
            until(() -> collector.size() == 10_000);

            record(1);
            until(() -> collector.size() == 10_001 && shipper.lag() == 0);

            assertThat(collector.clients()).containsExactly("CN=sensor:support");
            shipper.close(Duration.ofSeconds(5));
        }
    }

    @Test
    void theCollectorGoesAwayAndTheRestArrivesWhenItIsBack() throws Exception {
        final int port;
        final Shipper shipper;
        try (TestCollector collector = collector(0)) {
            port = collector.url().getPort();
            shipper = shipper(collector.url());
            record(10);
            until(() -> collector.size() == 10 && shipper.lag() == 0);
        }
        record(10);
        until(() -> shipper.obstacle().isPresent() && shipper.lag() == 10);

        try (TestCollector collector = collector(port)) {
            until(() -> collector.size() == 20);
            shipper.close(Duration.ofSeconds(5));
        }
    }

    @Test
    void aNewShipperGoesOnFromWhatTheCollectorHas() throws Exception {
        try (TestCollector collector = collector(0)) {
            record(10);
            final Shipper first = shipper(collector.url());
            until(() -> collector.size() == 10);
            first.close(Duration.ofSeconds(5));
            record(5);

            final Shipper second = shipper(collector.url());
            until(() -> collector.size() == 15);
            second.close(Duration.ofSeconds(5));
        }
    }

    @Test
    void aLogThatForgotItsPastIsNotTakenForTheSame() throws Exception {
        try (TestCollector collector = collector(0)) {
            record(10);
            final Shipper honest = shipper(collector.url());
            until(() -> collector.size() == 10);
            honest.close(Duration.ofSeconds(5));
            spool.close();
            spool = Spool.open(folder.resolve("forged"), SENSOR, Clock.systemUTC(), () -> {});
            record(3);

            final Shipper forged = shipper(collector.url());
            until(() -> forged.obstacle().isPresent());

            assertThat(collector.size()).isEqualTo(10);
            forged.close(Duration.ZERO);
        }
    }

    @Test
    void aCollectorOfAnotherAuthorityGetsNothingUntilTheCertificatesAreReplaced() throws Exception {
        try (TestCollector collector = collector(0)) {
            new Authority("other").issue("sensor:support", clientTls);
            final Shipper shipper = shipper(collector.url());
            record(1);
            until(() -> shipper.obstacle().isPresent());
            assertThat(collector.size()).isZero();

            authority.issue("sensor:support", clientTls);

            until(() -> collector.size() == 1);
            shipper.close(Duration.ofSeconds(5));
        }
    }

    @Test
    void whileNobodyListensEverythingWaits() throws Exception {
        final int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        final Shipper shipper = shipper(URI.create("https://127.0.0.1:" + port));
        record(3);

        until(() -> shipper.obstacle().isPresent() && shipper.lag() == 3);

        shipper.close(Duration.ZERO);
    }

    @Test
    void keysComeBeforeTheEventsThatTheySealAndOnesThatWereErasedAreNotUsedAgain() throws Exception {
        spool.sealer().configure(Map.of("support", false));
        for (int i = 0; i < 100; i++) {
            spool.accept(eventOf("k8s://demo/support/Pod/agent/agent/" + i % 10));
        }
        try (TestCollector collector = collector(0)) {
            final Shipper shipper = shipper(collector.url());
            until(() -> collector.size() == 100 && shipper.lag() == 0);
            assertThat(collector.opened()).isEqualTo(100);
            assertThat(collector.keys()).hasSize(10);

            collector.erase(Set.copyOf(collector.keys().keySet()));
            spool.accept(eventOf("k8s://demo/support/Pod/agent/agent/3")); // the answer to this says so
            until(() -> collector.size() == 101 && shipper.lag() == 0);
            spool.accept(eventOf("k8s://demo/support/Pod/agent/agent/3"));
            until(() -> collector.size() == 102 && shipper.lag() == 0);

            assertThat(collector.keys()).hasSize(11);
            shipper.close(Duration.ofSeconds(5));
        }
    }

    /** Answers every request with a head, and then with blanks without end, or with nothing more. */
    private static HttpsServer unending(Path tls, boolean speaks) throws IOException {
        final HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(new TlsFiles(tls).load()));
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, 0);
            final byte[] blanks = " ".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
            do {
                exchange.getResponseBody().write(blanks, 0, speaks ? blanks.length : 1);
                exchange.getResponseBody().flush();
            } while (speaks); // until whoever asked is gone
        });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        return server;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAnswerWithoutEndIsNotWaitedFor(boolean speaks) throws Exception {
        final HttpsServer server = unending(serverTls, speaks);
        record(10);
        final AtomicReference<URI> to = new AtomicReference<>(
                URI.create("https://127.0.0.1:" + server.getAddress().getPort()));
        final Shipper shipper = new Shipper(
                spool, () -> Optional.of(to.get()), new TlsFiles(clientTls), Duration.ofSeconds(speaks ? 30 : 1));
        until(() -> shipper.obstacle().isPresent());
        try (TestCollector collector = collector(0)) {
            to.set(collector.url());
            until(() -> collector.size() == 10 && shipper.lag() == 0);
            shipper.close(Duration.ofSeconds(5));
        } finally {
            server.stop(0);
        }
    }
}
