package io.fourthlog.trail.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.Authority;
import io.fourthlog.trail.Push;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.proof.EvidenceFolder;
import io.fourthlog.trail.tls.TlsFiles;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real HTTPS server with real certificates, a real mirror on a disk, and bodies that mean harm. */
final class CollectorTest {

    private static final JsonMapper JSON = new JsonMapper();
    private static final String LOG = "/v1/logs/" + Scene.SENSOR;

    @TempDir
    private Path folder;

    private final Authority authority = new Authority();
    private Path state;
    private TlsFiles serverTls;
    private TestCollector collector;
    private HttpClient sensor;
    private HttpClient reader;

    @BeforeEach
    void start() throws Exception {
        state = folder.resolve("state");
        serverTls = authority.issue("CN=trail", folder.resolve("server"));
        collector = new TestCollector(folder.resolve("trail"), serverTls);
        sensor = client("CN=sensor:support");
        reader = client("CN=reader:default");
    }

    @AfterEach
    void stop() throws IOException {
        collector.close();
    }

    private HttpClient client(String subject) throws Exception {
        return Push.client(authority.issue(subject, folder.resolve(subject.replaceAll("\\W+", "_"))));
    }

    private HttpResponse<String> push(HttpClient client, String path, byte[] body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(collector.url() + path))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<byte[]> get(HttpClient client, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(collector.url() + path)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    private double refused(Refusal refusal) {
        return collector.metrics().registry().scrape().stream()
                .filter(metric -> metric.getMetadata().getName().equals("fourthlog_trail_requests_refused"))
                .flatMap(metric -> ((CounterSnapshot) metric).getDataPoints().stream())
                .filter(point -> refusal.label().equals(point.getLabels().get("reason")))
                .mapToDouble(CounterSnapshot.CounterDataPointSnapshot::getValue)
                .sum();
    }

    private void scene() throws IOException {
        Scene.spool(state, Scene.SENSOR, Scene.helpdesk());
    }

    @Test
    void aBatchIsStoredAndCosigned() throws Exception {
        scene();

        final HttpResponse<String> answer = push(sensor, LOG, Push.body(state, 0));

        assertThat(answer.statusCode()).isEqualTo(200);
        final JsonNode body = JSON.readTree(answer.body());
        assertThat(body.path("size").asInt()).isEqualTo(6);
        final VerifierKey witness = VerifierKey.parse(
                Files.readString(folder.resolve("trail/witness.vkey")).strip());
        final VerifierKey lasting = VerifierKey.parse(
                Files.readString(folder.resolve("trail/witness-ml-dsa-44.vkey")).strip());
        final Path mirror = folder.resolve("trail/logs").resolve(Scene.SENSOR);
        final LogReader log = LogReader.open(mirror);
        assertThat(log.checkpoint().note().signatures())
                .hasSize(3)
                .element(1)
                .hasToString(body.path("cosignature").asText());
        assertThat(LogVerifier.verifyEvents(mirror, List.of(log.statedKeys().getFirst(), witness, lasting))
                        .findings())
                .isEmpty();
    }

    @Test
    void aSensorAsksWhereToGoOnAndSendsTheRest() throws Exception {
        scene();
        final LogReader log = LogReader.open(state.resolve("log"));
        final byte[] question = Push.header(log, log.size(), 0).getBytes(StandardCharsets.UTF_8);

        final HttpResponse<String> first = push(sensor, LOG, question);
        assertThat(first.statusCode()).isEqualTo(409);
        assertThat(JSON.readTree(first.body()).path("size").asInt(-1)).isZero();

        assertThat(push(sensor, LOG, Push.body(state, 0)).statusCode()).isEqualTo(200);
        Scene.spool(state, Scene.SENSOR, Scene.curious());
        assertThat(push(sensor, LOG, Push.body(state, 6)).body()).contains("\"size\":8");
        assertThat(push(sensor, LOG, Push.body(state, 6)).body()).contains("\"size\":8"); // its answer got lost
    }

    @Test
    void afterARestartTheCollectorGoesOn() throws Exception {
        scene();
        push(sensor, LOG, Push.body(state, 0));
        final String witness = Files.readString(folder.resolve("trail/witness.vkey"));
        collector.close();
        collector = new TestCollector(folder.resolve("trail"), serverTls);
        Scene.spool(state, Scene.SENSOR, Scene.curious());

        assertThat(push(sensor, LOG, Push.body(state, 6)).body()).contains("\"size\":8");
        assertThat(folder.resolve("trail/witness.vkey")).hasContent(witness.strip());
    }

    @Test
    void aLogThatCannotBeReadKeepsNoOtherOut() throws Exception {
        scene();
        push(sensor, LOG, Push.body(state, 0));
        collector.close();
        final Path logs = folder.resolve("trail/logs");
        for (final String other : List.of("demo.support.cut", "demo.support.long")) {
            Files.createDirectories(logs.resolve(other));
            Files.copy(
                    logs.resolve(Scene.SENSOR).resolve("checkpoint"),
                    logs.resolve(other).resolve("checkpoint"));
        }
        Files.writeString(logs.resolve("demo.support.cut/log.json"), "{\"origin\":");
        Files.writeString(logs.resolve("demo.support.long/log.json"), " ".repeat(3 << 20));
        collector = new TestCollector(folder.resolve("trail"), serverTls);
        Scene.spool(state, Scene.SENSOR, Scene.curious());
        assertThat(push(sensor, LOG, Push.body(state, 6)).body()).contains("\"size\":8");
        assertThat(get(reader, LOG + "/checkpoint").statusCode()).isEqualTo(200);
    }

    @Test
    void aPushThatEndsInTheMiddleLeavesNothingAndCanBeRepeated() throws Exception {
        scene();
        final byte[] body = Push.body(state, 0);
        final SSLContext context = Push.context(authority.issue("CN=sensor:support", folder.resolve("cut")));
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket("127.0.0.1", collector.url().getPort())) {
            socket.getOutputStream()
                    .write(("POST " + LOG + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(body, 0, body.length / 2);
            socket.getOutputStream().flush();
        }
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> refused(Refusal.INCOMPLETE) == 1);
        assertThat(Files.exists(folder.resolve("trail/logs").resolve(Scene.SENSOR)))
                .isFalse();

        assertThat(push(sensor, LOG, body).statusCode()).isEqualTo(200);
    }

    @Test
    void whoMayDoWhatIsDecidedByTheCertificate() throws Exception {
        scene();
        final byte[] body = Push.body(state, 0);
        final HttpClient stranger = client("CN=trail");
        final HttpClient twoNames = client("CN=sensor:support, CN=reader:default");

        assertThat(push(client("CN=sensor:other"), LOG, body).statusCode()).isEqualTo(403);
        assertThat(push(reader, LOG, body).statusCode()).isEqualTo(403);
        assertThat(push(stranger, LOG, body).statusCode()).isEqualTo(403);
        assertThat(push(twoNames, LOG, body).statusCode()).isEqualTo(403);
        assertThat(folder.resolve("trail/logs")).isEmptyDirectory();
        assertThat(push(sensor, LOG, body).statusCode()).isEqualTo(200);

        for (final String path : List.of("/v1/logs", LOG + "/checkpoint", LOG + "/tile/0/000.p/6", LOG + "/evidence")) {
            assertThat(get(sensor, path).statusCode()).as(path).isEqualTo(403);
            assertThat(get(stranger, path).statusCode()).as(path).isEqualTo(403);
            assertThat(get(reader, path).statusCode()).as(path).isEqualTo(200);
        }
    }

    @Test
    void aSensorWithAnotherAuthoritysCertificateDoesNotGetPastTheHandshake() throws Exception {
        scene();
        final TlsFiles foreign = new Authority().issue("CN=sensor:support", folder.resolve("foreign"));
        Files.copy(serverTls.authority(), foreign.authority(), StandardCopyOption.REPLACE_EXISTING);

        assertThatThrownBy(() -> push(Push.client(foreign), LOG, Push.body(state, 0)))
                .satisfiesAnyOf(
                        e -> assertThat(e).isInstanceOf(SSLHandshakeException.class),
                        e -> assertThat(e).isInstanceOf(IOException.class));
        assertThat(folder.resolve("trail/logs")).isEmptyDirectory();
    }

    @Test
    void aSensorCannotNameItselfLikeAnotherLog() throws Exception {
        Scene.spool(state, "demo.support.node-2", Scene.helpdesk());

        final HttpResponse<String> answer = push(sensor, LOG, Push.body(state, 0));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("demo.support.node-2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/logs/demo.support.../../x",
                "/v1/logs/%2e%2e%2fwitness.key",
                "/v1/logs/demo.support.node-1%2f..%2f..",
                "/v1/logs/demo.support",
                "/v1/logs/.support.node",
                "/v1/logs/demo.support.NODE",
                "/v1/logs/demo.support.node-1/",
                "/v1/logs/",
                "/"
            })
    void aNameThatIsNoneOpensNothing(String path) throws Exception {
        scene();
        assertThat(push(sensor, path, Push.body(state, 0)).statusCode()).isIn(400, 403, 404);
        assertThat(get(reader, path).statusCode()).isIn(400, 404);
        assertThat(folder.resolve("trail/logs")).isEmptyDirectory();
    }

    @Test
    void nothingButTheLogsIsServed() throws Exception {
        scene();
        push(sensor, LOG, Push.body(state, 0));
        for (final String file : List.of(
                "lock",
                "../../witness.key",
                "tile/../../../witness.key",
                "%2e%2e/%2e%2e/witness.key",
                "tile/0/000.p/6/../../../../lock",
                "tile/entries/001")) {
            final HttpResponse<byte[]> answer = get(reader, LOG + "/" + file);
            assertThat(answer.statusCode()).as(file).isIn(400, 404);
            assertThat(new String(answer.body(), StandardCharsets.UTF_8)).doesNotContain("PRIVATE+KEY");
        }
    }

    @Test
    void whatIsPublishedIsWhatIsOnTheDisk() throws Exception {
        scene();
        push(sensor, LOG, Push.body(state, 0));
        final Path mirror = folder.resolve("trail/logs").resolve(Scene.SENSOR);
        for (final String file : List.of("checkpoint", "log.json", "tile/0/000.p/6", "tile/entries/000.p/6")) {
            assertThat(get(reader, LOG + "/" + file).body()).isEqualTo(Files.readAllBytes(mirror.resolve(file)));
        }
        final JsonNode list = JSON.readTree(get(reader, "/v1/logs").body());
        assertThat(list.path("logs").get(0).path("name").asText()).isEqualTo(Scene.SENSOR);
        assertThat(list.path("logs").get(0).path("size").asInt()).isEqualTo(6);
        assertThat(list.path("witness_ml_dsa_44").asText())
                .isEqualTo(Files.readString(folder.resolve("trail/witness-ml-dsa-44.vkey"))
                        .strip());
        assertThat(list.path("witness").asText())
                .isEqualTo(
                        Files.readString(folder.resolve("trail/witness.vkey")).strip());
    }

    /** Bodies that lie about themselves, each with what is said about it. */
    @Test
    void hostileBodiesAreRefusedWithTheirReason() throws Exception {
        scene();
        final LogReader log = LogReader.open(state.resolve("log"));
        final byte[] good = Push.body(state, 0);
        final byte[] header = Push.header(log, 0, 6).getBytes(StandardCharsets.UTF_8);
        final byte[] giantEntry = concat(header, new byte[] {0x7F, -1, -1, -1});
        final byte[] altered = good.clone();
        altered[altered.length - 1] ^= 1;

        refusedAs(400, "ends early", Arrays.copyOf(good, good.length - 1));
        refusedAs(400, "ends early", Push.body(log, 0, 7));
        refusedAs(400, "bytes follow", Push.body(log, 0, 5));
        refusedAs(400, "ends early", Push.header(log, 0, Long.MAX_VALUE).getBytes(StandardCharsets.UTF_8));
        refusedAs(413, "2147483647 bytes", giantEntry);
        refusedAs(413, "2147483648 bytes", concat(header, new byte[] {-128, 0, 0, 0}));
        refusedAs(400, "0 bytes", concat(header, new byte[4]));
        refusedAs(400, "no line feed", "{\"first\":0".getBytes(StandardCharsets.UTF_8));
        refusedAs(413, "header", "x".repeat(100_000).getBytes(StandardCharsets.UTF_8));
        refusedAs(400, "first", Push.header(log, -1, 6).getBytes(StandardCharsets.UTF_8));
        refusedAs(400, "", new byte[0]);
        refusedAs(400, "header", "[]\n".getBytes(StandardCharsets.UTF_8));
        refusedAs(400, "header", "{\"first\":0,\"first\":0}\n".getBytes(StandardCharsets.UTF_8));
        refusedAs(400, "do not lead", altered);
        refusedAs(
                400,
                "",
                new String(good, StandardCharsets.ISO_8859_1)
                        .replace("\"vkey\":\"", "\"vkey\":\"x")
                        .getBytes(StandardCharsets.ISO_8859_1));

        assertThat(push(sensor, LOG, good).statusCode()).isEqualTo(200);
    }

    private void refusedAs(int status, String reason, byte[] body) throws Exception {
        final HttpResponse<String> answer = push(sensor, LOG, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).contains(reason);
        assertThat(Files.exists(
                        folder.resolve("trail/logs").resolve(Scene.SENSOR).resolve("checkpoint")))
                .isFalse();
    }

    private static byte[] concat(byte[] a, byte[] b) {
        final byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    @Test
    void aBodyLargerThanAnyBatchIsCutOff() throws Exception {
        scene();
        final byte[] header =
                Push.header(LogReader.open(state.resolve("log")), 0, 1 << 20).getBytes(StandardCharsets.UTF_8);
        final byte[] entry = concat(new byte[] {0, 0, -1, -1}, new byte[0xFFFF]);
        final List<byte[]> parts = new ArrayList<>(List.of(header));
        for (int i = 0; i < Batch.MAX_BODY / entry.length + 2; i++) {
            parts.add(entry);
        }

        try {
            final HttpResponse<String> answer = sensor.send(
                    HttpRequest.newBuilder(URI.create(collector.url() + LOG))
                            .POST(HttpRequest.BodyPublishers.ofByteArrays(parts)) // of no stated length
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(413);
        } catch (IOException e) {
            assertThat(refused(Refusal.TOO_LARGE)).isEqualTo(1); // the answer was lost with the connection
        }
        assertThat(push(sensor, LOG, Push.body(state, 0)).statusCode()).isEqualTo(200);
    }

    @Test
    void aLogThatWasRewrittenIsCaughtAndEvidenceIsKept() throws Exception {
        scene();
        push(sensor, LOG, Push.body(state, 0));
        final Path forged = folder.resolve("forged");
        Files.createDirectories(forged);
        Files.copy(state.resolve("log.key"), forged.resolve("log.key"));
        Scene.spool(
                forged,
                Scene.SENSOR,
                Stream.concat(
                                Scene.curious().stream(),
                                Scene.helpdesk().stream().skip(2))
                        .toList());

        final HttpResponse<String> answer = push(sensor, LOG, Push.body(forged, 0));
        push(sensor, LOG, Push.body(forged, 0)); // it tries again

        assertThat(answer.statusCode()).isEqualTo(409);
        final JsonNode evidence = JSON.readTree(get(reader, LOG + "/evidence").body());
        assertThat(evidence).hasSize(1);
        final JsonNode caught = evidence.get(0);
        assertThat(caught.path("kind").asText()).isEqualTo("fork");
        assertThat(caught.path("presented_by").asText()).isEqualTo("sensor:support");
        assertThat(caught.at("/vkeys/0").asText())
                .isEqualTo(LogReader.open(state.resolve("log"))
                        .statedKeys()
                        .getFirst()
                        .toString());
        assertThat(JSON.readTree(get(reader, "/v1/logs").body())
                        .path("logs")
                        .get(0)
                        .path("conflicts")
                        .asInt())
                .isEqualTo(1);
        assertThat(push(sensor, LOG, Push.body(state, 0)).statusCode()).isEqualTo(200);
    }

    @Test
    void aLogThatWasRolledBackAndWentOnIsCaught() throws Exception {
        Scene.spool(state, Scene.SENSOR, Scene.helpdesk().subList(0, 3));
        final Path snapshot = folder.resolve("snapshot");
        try (Stream<Path> files = Files.walk(state)) {
            for (final Path file : files.toList()) {
                Files.copy(file, snapshot.resolve(state.relativize(file)));
            }
        }
        Scene.spool(state, Scene.SENSOR, Scene.helpdesk().subList(3, 6));
        push(sensor, LOG, Push.body(state, 0));
        Scene.spool(
                snapshot,
                Scene.SENSOR,
                Stream.of(Scene.curious(), Scene.curious(), Scene.curious())
                        .flatMap(List::stream)
                        .toList());

        assertThat(push(sensor, LOG, Push.body(snapshot, 6)).statusCode()).isEqualTo(409);
        assertThat(LogReader.open(folder.resolve("trail/logs").resolve(Scene.SENSOR))
                        .size())
                .isEqualTo(6);
        assertThat(new EvidenceFolder(folder.resolve("trail/evidence").resolve(Scene.SENSOR)).count())
                .isEqualTo(1);
    }

    @Test
    void certificatesAreReplacedWhileItRuns() throws Exception {
        scene();
        final Authority next = new Authority();
        next.issue("CN=trail", folder.resolve("server"));
        final HttpClient nextSensor = Push.client(next.issue("CN=sensor:support", folder.resolve("next")));

        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> push(nextSensor, LOG, Push.body(state, 0)).statusCode() == 200);
    }

    @Test
    void aSecretThatIsHalfReplacedKeepsTheOldCertificateInUse() throws Exception {
        scene();
        authority.issue("CN=trail", folder.resolve("other"));
        Files.copy(
                folder.resolve("other/tls.key"), folder.resolve("server/tls.key"), StandardCopyOption.REPLACE_EXISTING);

        assertThatThrownBy(serverTls::load).hasMessageContaining("is not the key of the certificate");
        assertThat(push(client("CN=sensor:support"), LOG, Push.body(state, 0)).statusCode())
                .isEqualTo(200);
    }

    @Test
    void namespacesDoNotTakeEachOthersPlaces() throws Exception {
        final Admission admission = new Admission();
        final List<Admission.Ticket> greedy = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            greedy.add(admission.enter("greedy"));
        }

        assertThatThrownBy(() -> admission.enter("greedy")).isInstanceOf(RefusedException.class);
        try (Admission.Ticket other = admission.enter("other")) {
            assertThat(other).isNotNull();
        }
        greedy.getFirst().close();
        assertThat(admission.enter("greedy")).isNotNull();
    }

    @Test
    void aBodyThatDribblesIsGivenUp() {
        final InputStream dribble = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                bytes[offset] = 'x';
                return 1;
            }
        };
        assertThatThrownBy(() -> Batch.read(dribble, Duration.ZERO))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("too long");
    }
}
