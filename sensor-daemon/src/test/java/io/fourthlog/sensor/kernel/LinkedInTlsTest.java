package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import io.fourthlog.testing.Command;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs whose TLS library is linked in, byte by byte: a rustls client on either provider of cryptography, built here
 * with cargo, and what {@code make test-agents} installs from npm into the folder that the system property or environment variable
 * {@code FOURTHLOG_AGENTS} names. Slow: without that folder nothing is tried.
 */
class LinkedInTlsTest {
    private static final Path CLIENT = Path.of("src/test/recording/rustls").toAbsolutePath();
    private static final int RING = 16 << 20;
    private static final int SIZE = 100_000; // of a body: several records
    private static final int TIMES = 3;

    @TempDir
    static Path certificates;

    private final Observed seen = new Observed();
    private Kernel kernel;
    private Sandbox sandbox;
    private HttpsServer server;

    private static String agents() {
        final String folder = System.getProperty("FOURTHLOG_AGENTS", System.getenv("FOURTHLOG_AGENTS"));
        assumeTrue(folder != null, "FOURTHLOG_AGENTS names no folder with agents");
        return Objects.requireNonNull(folder);
    }

    @BeforeAll
    static void certificate() throws IOException, InterruptedException {
        agents();
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        Command.run(certificates, "sh", "-ec", """
                new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                openssl req -x509 $new -days 2 -keyout ca.key -out ca.pem -subj /CN=test
                openssl req $new -keyout key.pem -out request.pem -subj /CN=localhost
                echo subjectAltName=DNS:localhost > names
                openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out certificate.pem
                """);
    }

    @BeforeEach
    void open() throws IOException, KernelUnavailableException {
        sandbox = new Sandbox("linked-in");
        final KernelOptions defaults = KernelOptions.defaults();
        kernel = Kernel.open(new KernelOptions(RING, defaults.proc(), defaults.cgroups()));
        kernel.track(sandbox.pod());
        server = new HttpsServer(certificates);
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        kernel.close();
        sandbox.close();
    }

    @ParameterizedTest
    @CsvSource({
        "ring,13,plain",
        "ring,12,plain",
        "aws-lc,13,plain",
        "aws-lc,12,plain",
        "ring,13,vector",
        "ring,13,message",
        "older,13,plain",
        "older,12,vector",
        "aws-lc,12,vector",
        "aws-lc,13,message"
    })
    void rustlsIsHeardOnceAndWhole(final String provider, final String version, final String calls)
            throws IOException, InterruptedException {
        final Path target = Path.of("target/rustls-" + provider).toAbsolutePath();
        Command.run(
                CLIENT, "cargo", "build", "-q", "--release", "--features", provider, "--target-dir", target.toString());
        final Path client = target.resolve("release/rustls-client");
        meet(client.toString());
        final Process process = sandbox.start(
                client.toString(),
                certificates.resolve("ca.pem").toString(),
                String.valueOf(server.port()),
                String.valueOf(SIZE),
                String.valueOf(TIMES),
                version,
                calls);
        seen.untilEnd(kernel, process);
        assertThat(Sandbox.output(process)).isEqualTo(("got " + SIZE + " bytes\n").repeat(TIMES));
        final String request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + SIZE + "\r\n\r\n";
        assertThat(text("SENT")).isEqualTo((request + "r".repeat(SIZE)).repeat(TIMES));
        final String answers = text("RECEIVED");
        assertThat(answers.split("HTTP/1.1 200 OK\r\n", -1)).hasSize(TIMES + 1);
        assertThat(answers).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\ngot " + SIZE + " bytes");
        assertThat(seen.tlsPeers.values()).containsExactly(new Peer("127.0.0.1", server.port(), false, true));
        seen.until(kernel, "the end of the connection", () -> seen.freed == 1);
        assertThat(seen.blindSpots).isEmpty();
    }

    /** BoringSSL without symbols, in two builds, and OpenSSL 1.1 with them. */
    @ParameterizedTest
    @ValueSource(strings = {"@oven/bun-linux-x64/bin/bun", "@oven/bun-linux-x64-baseline/bin/bun", "node-16/bin/node"})
    void aRuntimeOfJavaScriptIsHeardOnceAndWhole(final String name) throws IOException, InterruptedException {
        final Path program = Path.of(agents(), "node/node_modules", name);
        meet(program.toString());
        final Process process =
                sandbox.start(program.toString(), "-e", """
                const options = {host: 'localhost', port: PORT, method: 'POST', rejectUnauthorized: false};
                require('https').request(options, (answer) => answer.on('data', (data) => console.log(String(data)))).end('b'.repeat(SIZE));
                """.replace("PORT", String.valueOf(server.port()))
                        .replace("SIZE", String.valueOf(SIZE)));
        seen.untilEnd(kernel, process);
        assertThat(Sandbox.output(process)).contains("got " + SIZE + " bytes");
        assertThat(text("SENT")).startsWith("POST / HTTP/1.1\r\n").endsWith("\r\n\r\n" + "b".repeat(SIZE));
        assertThat(text("RECEIVED")).startsWith("HTTP/1.1 200 OK\r\n").contains("got " + SIZE + " bytes");
    }

    /** BoringSSL in a library that is unpacked from a jar, and deleted before its path could be opened. */
    @Test
    void conscryptIsHeardOnceAndWhole() throws IOException, InterruptedException {
        final Path program = Files.writeString(certificates.resolve("Ask.java"), """
                import java.io.FileInputStream;
                import java.net.URI;
                import java.security.KeyStore;
                import java.security.cert.CertificateFactory;
                import javax.net.ssl.HttpsURLConnection;
                import javax.net.ssl.SSLContext;
                import javax.net.ssl.TrustManagerFactory;

                public class Ask {
                    public static void main(String[] words) throws Exception {
                        KeyStore keys = KeyStore.getInstance("PKCS12");
                        keys.load(null);
                        keys.setCertificateEntry("server", CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(words[0])));
                        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
                        trust.init(keys);
                        SSLContext context = SSLContext.getInstance("TLS", org.conscrypt.Conscrypt.newProvider());
                        context.init(null, trust.getTrustManagers(), null);
                        System.out.println("loaded");
                        while (System.in.read() >= 0) {}
                        HttpsURLConnection connection = (HttpsURLConnection) URI.create("https://localhost:" + words[1] + "/").toURL().openConnection();
                        connection.setSSLSocketFactory(context.getSocketFactory());
                        connection.setHostnameVerifier((host, session) -> true);
                        connection.setDoOutput(true);
                        connection.getOutputStream().write("c".repeat(Integer.parseInt(words[2])).getBytes());
                        System.out.println(new String(connection.getInputStream().readAllBytes()));
                    }
                }
                """);
        final Process process = sandbox.start(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Path.of(agents(), "java/lib/*").toString(),
                program.toString(),
                certificates.resolve("certificate.pem").toString(),
                String.valueOf(server.port()),
                String.valueOf(SIZE));
        final BufferedReader output = process.inputReader();
        assertThat(output.readLine()).isEqualTo("loaded"); // nobody read the ring until here
        seen.until(kernel, "its program", () -> seen.started.containsKey((int) process.pid()));
        kernel.settle(seen);
        process.getOutputStream().close();
        seen.untilEnd(kernel, process);
        assertThat(output.readLine()).isEqualTo("got " + SIZE + " bytes");
        assertThat(text("SENT")).startsWith("POST / HTTP/1.1\r\n").endsWith("\r\n\r\n" + "c".repeat(SIZE));
        assertThat(text("RECEIVED")).startsWith("HTTP/1.1 200 OK\r\n").endsWith("got " + SIZE + " bytes");
    }

    /** Runs the program until the probes are on it: the first run of a fast one can be over before. */
    private void meet(final String program) throws IOException, InterruptedException {
        final Process first =
                sandbox.start("sleep", "100"); // with it libraries are probed that lie where distributions put them
        seen.until(kernel, "its program", () -> seen.started.containsKey((int) first.pid()));
        kernel.settle(seen);
        final int others = kernel.counters().attachedFiles();
        for (int runs = 0; kernel.counters().attachedFiles() == others; runs++) {
            assertThat(runs).as("runs without a probe on " + program).isLessThan(100);
            seen.untilEnd(kernel, sandbox.start(program, "--version"));
            kernel.settle(seen);
        }
        seen.tls.clear();
    }

    private String text(final String direction) {
        final var streams = seen.tls.entrySet().stream()
                .filter(stream -> stream.getKey().startsWith(direction))
                .toList();
        assertThat(streams).as(direction + " in " + seen.order).hasSize(1);
        assertThat(streams.getFirst().getValue().missing).isZero();
        return streams.getFirst().getValue().text();
    }
}
