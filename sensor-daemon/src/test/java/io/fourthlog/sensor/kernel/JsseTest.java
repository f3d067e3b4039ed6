package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.testing.Command;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** JVMs of each JDK that is installed, which send through JSSE and hand over what that was; needs root. */
final class JsseTest {
    private static final int RING = 16 << 20;
    private static final int SIZE = 100_000; // of a body: several records

    /** Outside of /tmp, which one of the tests hides from its program. */
    private static final Path FOLDER = Path.of("target/jsse").toAbsolutePath();

    private static final Path TMP = FOLDER.resolve("tmp");
    private static final Path JAR = FOLDER.resolve("fourthlog-jsse.jar");
    private static final Path OWN_JDK = Path.of(System.getProperty("java.home"));

    private final Observed seen = new Observed();
    private Kernel kernel;
    private Sandbox sandbox;
    private HttpsServer server;

    @BeforeAll
    static void prepare() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        if (Files.exists(FOLDER)) {
            remove(FOLDER);
        }
        Files.createDirectories(TMP);
        try (InputStream jar = Objects.requireNonNull(JvmAttach.class.getResourceAsStream("fourthlog-jsse.jar"))) {
            Files.copy(jar, JAR);
        }
        run(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem -out certificate.pem"
                        + " -subj /CN=localhost -addext subjectAltName=DNS:localhost");
        run("chmod 1777 " + TMP);
        Files.writeString(FOLDER.resolve("Client.java"), """
                import java.net.URI;
                import java.net.http.HttpClient;
                import java.net.http.HttpRequest;
                import java.net.http.HttpResponse;
                import java.nio.charset.StandardCharsets;
                import java.nio.file.Files;
                import java.nio.file.Path;
                import java.security.KeyStore;
                import java.security.cert.CertificateFactory;
                import javax.net.ssl.HttpsURLConnection;
                import javax.net.ssl.SSLContext;
                import javax.net.ssl.TrustManagerFactory;

                public class Client {
                    public static void main(String[] a) throws Exception {
                        KeyStore store = KeyStore.getInstance("PKCS12");
                        store.load(null, null);
                        store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509")
                                .generateCertificate(Files.newInputStream(Path.of(a[0]))));
                        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
                        trust.init(store);
                        SSLContext context = SSLContext.getInstance("TLS");
                        context.init(null, trust.getTrustManagers(), null);
                        System.in.read();
                        HttpClient client = HttpClient.newBuilder().sslContext(context).build();
                        System.out.println(client.send(HttpRequest.newBuilder(URI.create(a[1] + "/engine"))
                                .POST(HttpRequest.BodyPublishers.ofString("e".repeat(100_000))).build(),
                                HttpResponse.BodyHandlers.ofString()).body().substring(0, 20));
                        HttpsURLConnection socket = (HttpsURLConnection) URI.create(a[1] + "/socket").toURL().openConnection();
                        socket.setSSLSocketFactory(context.getSocketFactory());
                        socket.setDoOutput(true);
                        socket.setFixedLengthStreamingMode(100_000);
                        socket.getOutputStream().write("s".repeat(100_000).getBytes(StandardCharsets.UTF_8));
                        System.out.println(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).substring(0, 20));
                        if (a.length > 2) {
                            System.in.read();
                        }
                    }
                }
                """);
        run(OWN_JDK + "/bin/javac --release 11 -d . Client.java");
    }

    private static void remove(final Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(final Path file, final BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(final Path directory, final IOException error)
                    throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void run(final String command) throws IOException, InterruptedException {
        Command.run(FOLDER, command.split(" ", -1));
    }

    /** Every JDK of this machine, each once, and those that {@code make test-agents} installs. */
    static List<Path> jdks() throws IOException {
        final List<Path> jdks = new ArrayList<>();
        add(jdks, Objects.requireNonNull(OWN_JDK.getParent()));
        final String agents = System.getenv("FOURTHLOG_AGENTS");
        if (agents != null) {
            add(jdks, Path.of(agents, "jdks"));
        }
        return jdks;
    }

    private static void add(final List<Path> jdks, final Path folder) throws IOException {
        try (Stream<Path> installed = Files.list(folder)) {
            for (final Path each : (Iterable<Path>) installed.sorted()::iterator) {
                final boolean modular = Files.exists(each.resolve("lib/modules")); // as the client wants it
                if (modular && !jdks.contains(each.toRealPath())) {
                    jdks.add(each.toRealPath());
                }
            }
        }
    }

    @BeforeEach
    void open(final TestInfo test) throws IOException, KernelUnavailableException {
        sandbox = new Sandbox(test.getTestMethod().orElseThrow().getName());
        final KernelOptions defaults = KernelOptions.defaults();
        kernel = Kernel.open(new KernelOptions(RING, defaults.proc(), defaults.cgroups()));
        kernel.track(sandbox.pod());
        server = new HttpsServer(FOLDER, "r");
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        kernel.close();
        sandbox.close();
    }

    private void want(final JavaTls wanted) {
        kernel.javaTls(_ -> Optional.of(wanted));
    }

    /** A client that asks when it is {@linkplain #ask told to}; in namespaces of its own and of another user if {@code contained}. */
    private Process client(final boolean contained, final Path jdk, final String... options) throws IOException {
        final String folder = contained ? "/mnt" : FOLDER.toString(); // which its /tmp may hide
        final String java = (contained ? "/media" : jdk) + "/bin/java -XX:TieredStopAtLevel=1 "
                + String.join(" ", options) + " -cp " + folder + " Client " + folder
                + "/certificate.pem https://localhost:" + server.port();
        return sandbox.shell(
                contained
                        ? "exec unshare --mount --pid --fork sh -c 'mount --bind " + FOLDER + " /mnt && mount --bind "
                                + jdk + " /media && mount --bind " + TMP
                                + " /tmp && mount -t proc proc /proc && exec setpriv --reuid 65534 --regid 65534 --clear-groups "
                                + java + "'"
                        : "exec " + java);
    }

    /** What it prints. */
    private String ask(final Process client) throws IOException {
        client.getOutputStream().close();
        seen.untilEnd(kernel, client);
        final String printed = Sandbox.output(client);
        assertThat(printed.split("got " + SIZE + " bytes", -1)).as(printed).hasSize(3);
        return printed;
    }

    private List<Observed.Stream> streams(final String direction) {
        return seen.tls.entrySet().stream()
                .filter(stream -> stream.getKey().startsWith(direction))
                .map(java.util.Map.Entry::getValue)
                .toList();
    }

    /** Both connections, whole and once. */
    private void heard() {
        assertThat(seen.tls.values())
                .allSatisfy(stream -> assertThat(stream.missing).isZero());
        assertThat(streams("SENT"))
                .as("blind spots: %s", seen.blindSpots)
                .extracting(Observed.Stream::text)
                .satisfiesExactlyInAnyOrder(
                        text -> assertThat(text)
                                .startsWith("POST /engine HTTP/1.1\r\n")
                                .endsWith("\r\n\r\n" + "e".repeat(SIZE)),
                        text -> assertThat(text)
                                .startsWith("POST /socket HTTP/1.1\r\n")
                                .endsWith("\r\n\r\n" + "s".repeat(SIZE)));
        assertThat(streams("RECEIVED"))
                .hasSize(2)
                .allSatisfy(stream -> assertThat(stream.text())
                        .startsWith("HTTP/1.1 200 OK\r\n")
                        .contains("got " + SIZE + " bytes" + "r".repeat(1000)));
        assertThat(seen.blindSpots).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void aJvmOfAContainerIsHeardWhenTheAgentIsLoadedIntoIt(final Path jdk) throws IOException {
        want(JavaTls.ATTACH);
        final Process client = client(true, jdk, "-XX:+UnlockDiagnosticVMOptions", "-XX:+BytecodeVerificationLocal");
        seen.until(kernel, "the agent", () -> kernel.counters().javaAgents() == 1);
        ask(client);
        heard();
        try (Stream<Path> left = Files.list(TMP)) {
            assertThat(left.map(each -> each.getFileName().toString()))
                    .noneMatch(name -> name.startsWith(".fourthlog") || name.startsWith(".attach"));
        }
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void aJvmIsHeardThatItsOwnerStartsWithTheAgent(final Path jdk) throws IOException {
        want(JavaTls.OPTION);
        final Process client = client(false, jdk, "-javaagent:" + JAR);
        seen.until(kernel, "the agent", () -> kernel.counters().javaAgents() == 1);
        ask(client);
        heard();
    }

    /** As clients of HTTP/2 do, which have a thread that reads, and say that they go when the other side has gone. */
    @Test
    void aConnectionIsToldInOrderThoughAnotherThreadReadsAndUntilItIsClosed() throws IOException, InterruptedException {
        Files.writeString(FOLDER.resolve("Duplex.java"), """
                import java.io.FilterOutputStream;
                import java.io.InputStream;
                import java.io.OutputStream;
                import java.net.InetSocketAddress;
                import java.net.Socket;
                import java.nio.charset.StandardCharsets;
                import java.util.concurrent.CountDownLatch;
                import java.security.cert.X509Certificate;
                import javax.net.ssl.SSLContext;
                import javax.net.ssl.SSLSocket;
                import javax.net.ssl.TrustManager;
                import javax.net.ssl.X509TrustManager;

                public class Duplex {
                    static final CountDownLatch ANSWERED = new CountDownLatch(1);
                    static volatile boolean shaken;

                    static class Late extends Socket {
                        @Override
                        public OutputStream getOutputStream() throws java.io.IOException {
                            return new FilterOutputStream(super.getOutputStream()) {
                                @Override
                                public void write(byte[] bytes, int from, int length) throws java.io.IOException {
                                    out.write(bytes, from, length);
                                    if (shaken) {
                                        try {
                                            ANSWERED.await();
                                        } catch (InterruptedException e) {
                                            throw new java.io.IOException(e);
                                        }
                                    }
                                }
                            };
                        }
                    }

                    public static void main(String[] a) throws Exception {
                        SSLContext context = SSLContext.getInstance("TLS");
                        context.init(null, new TrustManager[] {new X509TrustManager() {
                            public void checkClientTrusted(X509Certificate[] chain, String type) {}
                            public void checkServerTrusted(X509Certificate[] chain, String type) {}
                            public X509Certificate[] getAcceptedIssuers() {
                                return new X509Certificate[0];
                            }
                        }}, null);
                        System.in.read();
                        Late plain = new Late();
                        plain.connect(new InetSocketAddress("localhost", Integer.parseInt(a[0])));
                        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", Integer.parseInt(a[0]), false);
                        socket.startHandshake();
                        shaken = true;
                        InputStream in = socket.getInputStream();
                        new Thread(() -> {
                            try {
                                in.read(new byte[100]);
                            } catch (java.io.IOException e) {
                                e.printStackTrace();
                            }
                            ANSWERED.countDown();
                        }).start();
                        OutputStream out = socket.getOutputStream();
                        out.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                        while (in.read(new byte[100]) >= 0) {}
                        out.write("bye".getBytes(StandardCharsets.UTF_8));
                        socket.close();
                        try {
                            out.write("too late".getBytes(StandardCharsets.UTF_8));
                        } catch (java.io.IOException e) {
                            System.out.println("closed");
                        }
                    }
                }
                """.replace("\r\n", "\\r\\n"));
        run(OWN_JDK + "/bin/javac -d . Duplex.java");
        want(JavaTls.ATTACH);
        final Process client =
                sandbox.shell("exec " + OWN_JDK + "/bin/java -cp " + FOLDER + " Duplex " + server.port());
        seen.until(kernel, "the agent", () -> kernel.counters().javaAgents() == 1);
        client.getOutputStream().close();
        seen.untilEnd(kernel, client);
        final List<String> told = seen.order.stream()
                .filter(each -> each.contains(" tls") && !each.endsWith(" tlsPeer"))
                .map(each -> each.substring(each.indexOf("tls")))
                .toList();
        assertThat(told.getFirst()).as(Sandbox.output(client)).startsWith("tls SENT 0+");
        assertThat(told.get(1)).startsWith("tls RECEIVED 0+");
        assertThat(told).last().isEqualTo("tlsClosed");
        assertThat(streams("SENT"))
                .singleElement()
                .satisfies(sent -> assertThat(sent.text()).startsWith("GET /").endsWith("\r\n\r\nbye"));
        assertThat(seen.freed).isEqualTo(1);
    }

    @Test
    void aJvmThatRunsAlreadyIsHeardFromWhenThatIsWanted() throws IOException {
        final Process client = client(false, OWN_JDK);
        seen.until(kernel, "its library", () -> seen.started.containsKey((int) client.pid()));
        want(JavaTls.ATTACH);
        seen.until(kernel, "the agent", () -> kernel.counters().javaAgents() == 1);
        want(JavaTls.ATTACH); // as with a new config: it is not loaded again
        ask(client);
        heard();
    }

    @Test
    void aJvmThatRanBeforeItsPodWasFollowedIsItsContainers() throws IOException {
        kernel.untrack(sandbox.podId());
        final Process client = client(false, OWN_JDK);
        while (!mapped(client, "libjvm.so")) {
            assertThat(client.isAlive()).isTrue();
        }
        final long container = sandbox.containerId();
        kernel.javaTls(cgroup -> cgroup == container ? Optional.of(JavaTls.ATTACH) : Optional.empty());
        kernel.track(sandbox.pod());
        seen.until(kernel, "the agent", () -> kernel.counters().javaAgents() == 1);
        ask(client);
        heard();
    }

    private static boolean mapped(final Process process, final String library) throws IOException {
        return Files.readString(Path.of("/proc/" + process.pid() + "/maps")).contains(library);
    }

    @Test
    void anAgentIsNotBelievedWhereNobodyWantsIt() throws IOException, InterruptedException {
        ask(client(false, OWN_JDK, "-javaagent:" + JAR));
        kernel.settle(seen);
        assertThat(seen.tls).isEmpty();
        assertThat(seen.blindSpots)
                .extracting(Observed.Blind::detail)
                .containsOnly(
                        "it sent over TLS, through JSSE or another library of its JVM: JSSE is seen where a policy"
                                + " has javaTls: Attach");
    }

    @Test
    void aHandOverThatIsForgedByAnotherProgramIsIgnored() throws IOException {
        want(JavaTls.ATTACH);
        final Process forger = sandbox.start("/usr/bin/python3", "-c", """
                import os, struct
                null = os.open('/dev/null', os.O_WRONLY)
                os.write(null, b'4thlJSSE' + struct.pack('<QII', 7, 0, 5) + b'GET /')
                """);
        seen.untilEnd(kernel, forger);
        assertThat(seen.tls).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "-XX:+DisableAttachMechanism, the JVM runs with -XX:+DisableAttachMechanism",
        "-Xrs, 'the JVM does not handle SIGQUIT, as with -Xrs'",
        "-XX:-EnableDynamicAgentLoading, the JVM does not load agents",
    })
    void aJvmThatTakesNoAgentRunsOnAndIsAGapWithTheRemedy(final String option, final String reason)
            throws IOException, InterruptedException {
        want(JavaTls.ATTACH);
        final String printed = ask(client(false, OWN_JDK, option));
        assertThat(printed).doesNotContain("Full thread dump");
        kernel.settle(seen);
        assertThat(seen.tls).isEmpty();
        assertThat(seen.blindSpots).isNotEmpty().allSatisfy(blind -> {
            assertThat(blind.kind()).isEqualTo("tls-unhookable");
            assertThat(blind.detail()).contains(reason).contains("-javaagent:DIR/fourthlog-jsse.jar");
        });
    }

    @Test
    void aJsseThatIsNotAsExpectedIsAGapAndWorks() throws IOException, InterruptedException {
        final Path source = FOLDER.resolve("SSLSocketImpl$AppInputStream.java");
        Files.writeString(source, """
                package sun.security.ssl;
                class SSLSocketImpl$AppInputStream extends java.io.InputStream {
                    public int read() { return -1; }
                }
                """);
        run(OWN_JDK + "/bin/javac --patch-module java.base=" + FOLDER + " -d patch " + source);
        Files.writeString(FOLDER.resolve("Idle.java"), """
                public class Idle { public static void main(String[] a) throws Exception { System.in.read(); System.out.println("idle"); } }
                """);
        run(OWN_JDK + "/bin/javac -d . Idle.java");
        want(JavaTls.ATTACH);
        final Process idle = sandbox.shell("exec " + OWN_JDK + "/bin/java --patch-module java.base=" + FOLDER
                + "/patch -Xshare:off -cp " + FOLDER + " Idle");
        seen.until(
                kernel,
                "the gap",
                () -> seen.blindSpots.stream()
                        .anyMatch(blind -> blind.detail().contains("this build of JSSE is not known")));
        idle.getOutputStream().close();
        seen.untilEnd(kernel, idle);
        assertThat(Sandbox.output(idle)).contains("idle");
    }
}
