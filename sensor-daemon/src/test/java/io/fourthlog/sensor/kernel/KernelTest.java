package io.fourthlog.sensor.kernel;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.sensor.binary.SmallProgram;
import io.fourthlog.testing.Command;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real programs in a real cgroup; needs root. */
final class KernelTest {
    private static final int RING = 16 << 20;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private final Observed seen = new Observed();
    private Kernel kernel;
    private Sandbox sandbox;

    @BeforeAll
    static void certificate() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        Command.run(
                shared,
                ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                                + " -days 2 -keyout key.pem -out certificate.pem -subj /CN=localhost"
                                + " -addext subjectAltName=DNS:localhost")
                        .split(" ", -1));
    }

    @BeforeEach
    void open(final TestInfo test) throws IOException, KernelUnavailableException {
        sandbox = new Sandbox(test.getTestMethod().orElseThrow().getName());
        kernel = Kernel.open(options(RING));
        kernel.track(sandbox.pod());
    }

    private static KernelOptions options(final int ringBytes) {
        final KernelOptions defaults = KernelOptions.defaults();
        return new KernelOptions(ringBytes, defaults.proc(), defaults.cgroups());
    }

    @AfterEach
    void close() throws IOException {
        kernel.close();
        sandbox.close();
    }

    @Test
    void aRequestOfNodeAndItsAnswerAreSeenOnceAndWhole() throws IOException {
        try (HttpsServer server = new HttpsServer(shared)) {
            final Process client = sandbox.start("node", "-e", """
                    const https = require('node:https'), fs = require('node:fs');
                    const body = Buffer.alloc(300000, 'a');
                    setTimeout(() => {
                      const request = https.request({host: 'localhost', port: PORT, method: 'POST', ca: fs.readFileSync('CA')},
                        (answer) => { answer.on('data', () => {}); answer.on('end', () => process.exit(0)); });
                      request.end(body);
                    }, 500);
                    """.replace("PORT", String.valueOf(server.port()))
                    .replace("CA", shared.resolve("certificate.pem").toString()));
            seen.untilEnd(kernel, client);
        }
        final String request = sent();
        assertThat(request).startsWith("POST / HTTP/1.1\r\n").endsWith("\r\n\r\n" + "a".repeat(300_000));
        assertThat(request.indexOf("POST")).isEqualTo(request.lastIndexOf("POST"));
        assertThat(received()).startsWith("HTTP/1.1 200 OK\r\n").contains("got 300000 bytes");
        assertThat(seen.tls.values())
                .allSatisfy(stream -> assertThat(stream.missing).isZero());
        assertThat(seen.connected).anySatisfy(to -> assertThat(to.address()).isEqualTo("127.0.0.1"));
    }

    private String sent() {
        return text("SENT");
    }

    private String received() {
        return text("RECEIVED");
    }

    private String text(final String direction) {
        final var streams = seen.tls.entrySet().stream()
                .filter(stream -> stream.getKey().startsWith(direction))
                .toList();
        assertThat(streams).as(direction + " in " + seen.order).hasSize(1);
        return streams.getFirst().getValue().text();
    }

    @Test
    void pythonSpeaksThroughTheSharedLibrary() throws IOException {
        try (HttpsServer server = new HttpsServer(shared)) {
            final Process client =
                    sandbox.start("/usr/bin/python3", "-c", """
                    import ssl, http.client, time
                    time.sleep(0.5)
                    c = http.client.HTTPSConnection('localhost', PORT, context=ssl.create_default_context(cafile='CA'))
                    c.request('POST', '/', 'b' * 5000)
                    c.getresponse().read()
                    """.replace("PORT", String.valueOf(server.port()))
                            .replace("CA", shared.resolve("certificate.pem").toString()));
            seen.untilEnd(kernel, client);
        }
        assertThat(sent()).endsWith("b".repeat(5000));
        assertThat(received()).contains("got 5000 bytes");
        assertThat(seen.freed).isEqualTo(1);
    }

    /** Has the libraries probed that lie where distributions put them. */
    private void survey(final Observed observed) throws IOException, InterruptedException {
        final Process running = sandbox.start("sleep", "100");
        observed.until(kernel, "its program", () -> observed.started.containsKey((int) running.pid()));
        kernel.settle(observed);
    }

    @Test
    void aShortProgramIsHeardThoughItIsTheFirstToUseTheLibrary() throws IOException, InterruptedException {
        try (HttpsServer server = new HttpsServer(shared)) {
            survey(seen);
            final Process client = sandbox.start(
                    "/usr/bin/curl",
                    "-s",
                    "--cacert",
                    shared.resolve("certificate.pem").toString(),
                    "-d",
                    "first",
                    "https://localhost:" + server.port() + "/");
            seen.untilEnd(kernel, client);
        }
        assertThat(sent()).contains("POST / HTTP/1.1").endsWith("first");
    }

    @Test
    void wgetSpeaksThroughGnuTls() throws IOException, InterruptedException {
        final Path body = Files.writeString(folder.resolve("body"), "w".repeat(2000));
        try (HttpsServer server = new HttpsServer(shared)) {
            final String get = "wget -q -O - --ca-certificate=" + shared.resolve("certificate.pem") + " --post-file="
                    + body + " https://localhost:" + server.port() + "/";
            survey(seen);
            final Process client = sandbox.shell(get);
            seen.untilEnd(kernel, client);
        }
        assertThat(sent()).startsWith("POST / HTTP/1.1\r\n").endsWith("w".repeat(2000));
        assertThat(received()).contains("got 2000 bytes");
    }

    /** @param prepared whether it was known before it was started, as what {@code watch} starts is */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStrippedGoProgramIsHeard(final boolean prepared) throws IOException, InterruptedException {
        Files.writeString(folder.resolve("go.mod"), "module client\n\ngo 1.21\n");
        Files.writeString(folder.resolve("main.go"), """
                package main

                import (
                	"crypto/tls"
                	"crypto/x509"
                	"fmt"
                	"io"
                	"net/http"
                	"os"
                	"strings"
                	"time"
                )

                func main() {
                	pem, _ := os.ReadFile(os.Args[1])
                	pool := x509.NewCertPool()
                	pool.AppendCertsFromPEM(pem)
                	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
                	time.Sleep(time.Second)
                	for i := 0; i < 2; i++ {
                		answer, err := client.Post(os.Args[2], "text/plain", strings.NewReader(strings.Repeat("g", 40000)))
                		if err != nil {
                			panic(err)
                		}
                		body, _ := io.ReadAll(answer.Body)
                		answer.Body.Close()
                		fmt.Println(string(body))
                	}
                }
                """);
        Command.run(folder, "go", "build", "-ldflags", "-s -w", "-o", "client", ".");
        if (prepared) {
            kernel.prepare(List.of(folder.resolve("client")));
        }
        try (HttpsServer server = new HttpsServer(shared)) {
            final Process client = sandbox.start(
                    folder.resolve("client").toString(),
                    shared.resolve("certificate.pem").toString(),
                    "https://localhost:" + server.port() + "/");
            seen.untilEnd(kernel, client);
        }
        final String one = "g".repeat(40_000);
        assertThat(sent().split(one, -1)).hasSize(3);
        assertThat(sent()).startsWith("POST / HTTP/1.1\r\n");
        assertThat(received().split("got 40000 bytes", -1)).hasSize(3);
        assertThat(seen.tls.values())
                .allSatisfy(stream -> assertThat(stream.missing).isZero());
        assertThat(seen.blindSpots).isEmpty();
    }

    @Test
    void whatIsSentBeforeTheProbesAreThereIsReported() throws IOException, InterruptedException {
        final Path body = Files.writeString(folder.resolve("body"), "h".repeat(2000));
        try (HttpsServer server = new HttpsServer(shared)) {
            final Process client = sandbox.shell("curl -s --cacert " + shared.resolve("certificate.pem") + " -d @"
                    + body + " https://localhost:" + server.port() + "/");
            seen.untilEnd(kernel, client);
            if (seen.tls.keySet().stream().noneMatch(stream -> stream.startsWith("SENT"))) {
                kernel.settle(seen);
                assertThat(seen.blindSpots).anyMatch(each -> each.kind().equals("attach-late"));
            } else {
                assertThat(sent()).endsWith("h".repeat(2000));
            }
        }
    }

    /**
     * A library in which every function does its work in one that is not exported, as OpenSSL's do, and in which every other call is
     * to be repeated; called by threads in turn by its plain functions and by those that return the count by reference.
     */
    @ParameterizedTest
    @ValueSource(strings = {"-fcf-protection=none", "-fcf-protection=full", "-O1", "-fno-stack-protector", "-DNESTED"})
    void callsOfThreadsAreSeenOnceWhereverTheProbesOfALibraryAre(final String option)
            throws IOException, InterruptedException {
        final Path source = Files.writeString(folder.resolve("library.c"), """
                #include <poll.h>
                #include <pthread.h>
                #include <stdio.h>
                #include <stdlib.h>
                #include <string.h>
                #include <unistd.h>
                #define EXPORTED __attribute__((noinline, visibility("default")))
                struct ssl { int calls, last; char side[64]; };
                static int __attribute__((noinline)) move(struct ssl *s, void *to, const void *from, size_t length, size_t *moved) {
                    if (s->calls++ % 2 == 0) return -1; /* to be repeated */
                    memcpy(to, from, length);
                    *moved = length;
                    return 1;
                }
                static int __attribute__((noinline)) write_internal(struct ssl *s, const void *b, size_t n, size_t *w) {
                    int result = move(s, s->side, b, n, w);
                    s->last = result; /* no tail call */
                    return result;
                }
                static int __attribute__((noinline)) read_internal(struct ssl *s, void *b, size_t n, size_t *r) {
                    int result = move(s, b, s->side, n, r);
                    s->last = result;
                    return result;
                }
                EXPORTED int SSL_write(struct ssl *s, const void *b, int n) {
                    size_t written;
                    if (n < 0) { puts("length"); return -1; }
                    int result = write_internal(s, b, n, &written);
                    return result > 0 ? (int)written : result;
                }
                EXPORTED int SSL_read(struct ssl *s, void *b, int n) {
                    size_t read;
                    if (n < 0) { puts("length"); return -1; }
                    int result = read_internal(s, b, n, &read);
                    return result > 0 ? (int)read : result;
                }
                #ifdef NESTED
                EXPORTED int SSL_write_ex(struct ssl *s, const void *b, size_t n, size_t *w) {
                    int result = SSL_write(s, b, n);
                    *w = result < 0 ? 0 : result;
                    return result > 0;
                }
                EXPORTED int SSL_read_ex(struct ssl *s, void *b, size_t n, size_t *r) {
                    int result = SSL_read(s, b, n);
                    *r = result < 0 ? 0 : result;
                    return result > 0;
                }
                #else
                EXPORTED int SSL_write_ex(struct ssl *s, const void *b, size_t n, size_t *w) {
                    int result = write_internal(s, b, n, w);
                    return result < 0 ? 0 : result;
                }
                EXPORTED int SSL_read_ex(struct ssl *s, void *b, size_t n, size_t *r) {
                    int result = read_internal(s, b, n, r);
                    return result < 0 ? 0 : result;
                }
                #endif
                static void *thread(void *argument) {
                    struct ssl *s = calloc(1, sizeof(*s));
                    char line[64];
                    size_t count;
                    for (int i = 0; i < 100; i++) {
                        int length = sprintf(line, "%c%03d.", (int)(long)argument, i);
                        while (i % 2 ? SSL_write_ex(s, line, length, &count) <= 0 : SSL_write(s, line, length) <= 0);
                        while (i % 3 ? SSL_read_ex(s, line, length, &count) <= 0 : SSL_read(s, line, length) <= 0);
                    }
                    return s; /* not freed: no two threads have the same one */
                }
                int main(void) {
                    pthread_t threads[8];
                    struct ssl early = {0};
                    struct pollfd input = {.fd = 0, .events = POLLIN};
                    while (poll(&input, 1, 5) == 0) SSL_write(&early, "early", 5); /* until it is heard */
                    for (long i = 0; i < 8; i++) pthread_create(&threads[i], NULL, thread, (void *)('a' + i));
                    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
                    return 0;
                }
                """);
        final Path program = folder.resolve("program");
        Command.run(
                Path.of("."),
                "gcc",
                "-O2",
                "-fstack-protector-strong",
                option,
                "-pthread",
                "-rdynamic",
                "-o",
                program.toString(),
                source.toString());
        final Process process = sandbox.start(program.toString());
        seen.until(kernel, "a call", () -> !seen.tls.isEmpty());
        try (var in = process.outputWriter()) {
            in.write("go\n");
        }
        seen.untilEnd(kernel, process);
        final String[] expected = IntStream.range('a', 'a' + 8)
                .mapToObj(letter -> IntStream.range(0, 100)
                        .mapToObj(line -> "%c%03d.".formatted(letter, line))
                        .collect(Collectors.joining()))
                .toArray(String[]::new);
        for (final String direction : List.of("SENT", "RECEIVED")) {
            assertThat(seen.tls.entrySet().stream()
                            .filter(stream -> stream.getKey().startsWith(direction))
                            .map(stream -> stream.getValue().text())
                            .filter(text -> !text.startsWith("early")))
                    .containsExactlyInAnyOrder(expected);
        }
    }

    @Test
    void tlsThroughALibraryThatIsNotHookedIsReported() throws IOException {
        try (HttpsServer server = new HttpsServer(shared)) {
            final Process client = sandbox.start(
                    System.getProperty("java.home") + "/bin/java",
                    "-Djavax.net.ssl.trustStoreType=PEM",
                    Files.writeString(folder.resolve("Client.java"), """
                            import java.net.URI;
                            import java.net.http.*;
                            import java.nio.file.*;
                            import java.security.*;
                            import java.security.cert.*;
                            import javax.net.ssl.*;
                            public class Client {
                                public static void main(String[] a) throws Exception {
                                    var store = KeyStore.getInstance("PKCS12");
                                    store.load(null, null);
                                    store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509")
                                        .generateCertificate(Files.newInputStream(Path.of(a[0]))));
                                    var trust = TrustManagerFactory.getInstance("PKIX");
                                    trust.init(store);
                                    var context = SSLContext.getInstance("TLS");
                                    context.init(null, trust.getTrustManagers(), null);
                                    var client = HttpClient.newBuilder().sslContext(context).build();
                                    System.out.println(client.send(HttpRequest.newBuilder(URI.create(a[1]))
                                        .POST(HttpRequest.BodyPublishers.ofString("x".repeat(3000))).build(),
                                        HttpResponse.BodyHandlers.ofString()).body());
                                    System.in.read();
                                }
                            }
                            """).toString(),
                    shared.resolve("certificate.pem").toString(),
                    "https://localhost:" + server.port() + "/");
            seen.until(
                    kernel,
                    "the blind spot",
                    () -> seen.blindSpots.stream()
                            .anyMatch(each ->
                                    each.tgid() == client.pid() && each.kind().equals("tls-unhookable")));
            assertThat(seen.tls).isEmpty();
        }
    }

    /** What goes through a proxy looks like TLS at the proxy's socket as well, and is its client's. */
    @Test
    void aProxyThatSendsOnTheTlsOfAnotherIsNoBlindSpot() throws IOException, InterruptedException {
        try (HttpsServer server = new HttpsServer(shared)) {
            survey(seen);
            final Process client =
                    sandbox.start("/usr/bin/python3", "-c", """
                    import os, signal, socket, subprocess, threading
                    listener = socket.create_server(('127.0.0.1', 0))
                    def pass_on(source, sink):
                        while piece := source.recv(65536):
                            sink.sendall(piece)
                        sink.shutdown(socket.SHUT_WR)
                    proxy = os.fork()
                    if proxy == 0:
                        client, _ = listener.accept()
                        client.recv(65536)
                        server = socket.create_connection(('127.0.0.1', PORT))
                        client.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')
                        threading.Thread(target=pass_on, args=(server, client)).start()
                        pass_on(client, server)
                        signal.pause()
                    subprocess.run(['curl', '-s', '--cacert', 'CA', '-x', f'http://127.0.0.1:{listener.getsockname()[1]}',
                                    '-d', 'x' * 3000, 'https://localhost:PORT/'], check=True)
                    os.kill(proxy, signal.SIGKILL)
                    os.wait()
                    """.replace("PORT", String.valueOf(server.port()))
                            .replace("CA", shared.resolve("certificate.pem").toString()));
            seen.untilEnd(kernel, client);
        }
        kernel.settle(seen);
        assertThat(sent()).startsWith("POST / HTTP/1.1\r\n").endsWith("x".repeat(3000));
        assertThat(seen.blindSpots).isEmpty();
    }

    @Test
    void aGreetingThatWentThroughAnotherSocketBeforeHidesNoConnection() throws IOException, InterruptedException {
        survey(seen);
        final Process client = sandbox.start("/usr/bin/python3", "-c", """
                import os, socket
                def pair():
                    listener = socket.create_server(('127.0.0.1', 0))
                    return socket.create_connection(listener.getsockname()), listener.accept()[0]
                hello = bytes([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]) + os.urandom(193)
                decoy, _ = pair()
                decoy.sendall(hello)
                client, server = pair()
                client.sendall(hello)
                server.recv(1000)
                server.sendall(bytes([22, 3, 3, 0, 200]) + os.urandom(200))
                client.recv(1000)
                client.sendall(bytes([23, 3, 3, 16, 0]) + os.urandom(4096))
                """);
        seen.untilEnd(kernel, client);
        kernel.settle(seen);
        assertThat(seen.blindSpots)
                .singleElement()
                .extracting(Observed.Blind::kind)
                .isIn("tls-unhookable", "attach-late"); // Python may have had its OpenSSL looked at meanwhile
    }

    @ParameterizedTest
    @CsvSource({"send, io-uring", "poller, io-uring", "compat, compat", "quic, tls-unhookable"})
    void whatIsNotFollowedIsReportedOnceForEachProcess(final String how, final String kind)
            throws IOException, InterruptedException {
        runTwice(how);
        assertThat(seen.blindSpots).extracting(Observed.Blind::kind).containsExactly(kind, kind);
    }

    @ParameterizedTest
    @ValueSource(strings = {"idle", "nothing"})
    void aRingThatMovesNothingIsNoBlindSpot(final String how)
            throws IOException, InterruptedException, KernelUnavailableException {
        try (LibBpf.KernelTypes types = LibBpf.load().kernelTypes()) {
            assumeTrue(types.has("btf_trace_io_uring_submit_req", 8), "any ring is one on this kernel");
        }
        runTwice(how);
        assertThat(seen.blindSpots).isEmpty();
    }

    private void runTwice(final String how) throws IOException, InterruptedException {
        final String program = SmallProgram.compile(folder, "unseen.c", "-O1").toString();
        final Process process = sandbox.shell(program + " " + how + " && " + program + " " + how);
        seen.untilEnd(kernel, process);
        final String said = Sandbox.output(process);
        assumeTrue(said.isEmpty(), said); // this kernel has it not
    }

    /** A shell's process for what stands in parentheses executes nothing itself, and what it starts is still the shell's. */
    @Test
    void whatAProcessThatOnlyForkedStartsIsKnownToBeItsMakers() throws IOException {
        final Process shell = sandbox.start("/bin/sh", "-c", "(/bin/true; :); :");
        seen.untilEnd(kernel, shell);
        final int between = seen.forked.entrySet().stream()
                .filter(fork -> fork.getValue() == shell.pid())
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
        final int program = seen.forked.entrySet().stream()
                .filter(fork -> fork.getValue() == between)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
        assertThat(seen.order).contains(program + " exec /bin/true").doesNotContain(between + " exec /bin/true");
    }

    @Test
    void aHandshakeThatFailsIsNoBlindSpot() throws IOException {
        try (HttpsServer server = new HttpsServer(shared)) {
            final Process client =
                    sandbox.shell("sleep 0.5; curl -s https://localhost:" + server.port() + "/; sleep 3");
            seen.untilEnd(kernel, client);
            assertThat(seen.blindSpots).isEmpty();
        }
    }

    @Test
    void httpWithoutTlsIsSeenAtTheSocketOfEitherEnd() throws IOException {
        final Process server = sandbox.start("/usr/bin/python3", "-u", "-c", """
                import http.server
                class H(http.server.BaseHTTPRequestHandler):
                    protocol_version = 'HTTP/1.1'
                    def do_POST(self):
                        size = len(self.rfile.read(int(self.headers['content-length'])))
                        body = f'got {size} bytes'.encode()
                        self.send_response(200); self.send_header('content-length', str(len(body))); self.end_headers()
                        self.wfile.write(body)
                    def log_message(self, *a): pass
                s = http.server.HTTPServer(('127.0.0.1', 0), H)
                print(s.server_port)
                s.handle_request()
                """);
        final int port = Integer.parseInt(server.inputReader().readLine());
        final Process client = sandbox.start(
                "node",
                "-e",
                "fetch('http://127.0.0.1:" + port
                        + "/', {method: 'POST', body: 'b'.repeat(100000)}).then((a) => a.text())");
        seen.untilEnd(kernel, client);
        seen.untilEnd(kernel, server);
        assertThat(seen.sockets.values())
                .allSatisfy(stream -> assertThat(stream.missing).isZero());
        assertThat(seen.sockets.entrySet())
                .filteredOn(stream -> stream.getKey().startsWith("SENT"))
                .map(stream -> stream.getValue().text())
                .satisfiesExactlyInAnyOrder(
                        request -> assertThat(request)
                                .startsWith("POST / HTTP/1.1")
                                .endsWith("b".repeat(100_000)),
                        answer -> assertThat(answer).startsWith("HTTP/1.1 200").endsWith("got 100000 bytes"));
        assertThat(seen.sockets).hasSize(4);
        seen.until(kernel, "the end of the sockets", () -> seen.socketsClosed == 2);
    }

    /** As those of model servers that listen on a path, and of proxies in a sandbox. */
    @Test
    void httpIsSeenAtAUnixSocketOfEitherEnd() throws IOException {
        final Process both = sandbox.start("/usr/bin/python3", "-c", """
                import os, socket
                path = 'FOLDER/socket'
                for round in range(2):
                    server = socket.socket(socket.AF_UNIX); server.bind(path); server.listen()
                    client = socket.socket(socket.AF_UNIX); client.connect(path); served = server.accept()[0]
                    client.sendall(b'POST /%d HTTP/1.1\\r\\nContent-Length: 6\\r\\n\\r\\n' % round)
                    client.sendall(b'{"a":1')
                    served.recv(4096); served.sendall(b'HTTP/1.1 204 No Content\\r\\n\\r\\n'); client.recv(4096)
                    for each in client, served, server: each.close()
                    os.unlink(path)
                """.replace("FOLDER", folder.toString()));
        seen.untilEnd(kernel, both);
        assertThat(seen.sockets.entrySet())
                .filteredOn(stream -> stream.getKey().startsWith("SENT"))
                .map(stream -> stream.getValue().text())
                .containsExactlyInAnyOrder(
                        "POST /0 HTTP/1.1\r\nContent-Length: 6\r\n\r\n{\"a\":1",
                        "POST /1 HTTP/1.1\r\nContent-Length: 6\r\n\r\n{\"a\":1",
                        "HTTP/1.1 204 No Content\r\n\r\n",
                        "HTTP/1.1 204 No Content\r\n\r\n");
        assertThat(seen.sockets.values())
                .allSatisfy(stream -> assertThat(stream.missing).isZero());
    }

    @Test
    void bytesAreSeenByWhicheverCallTheyMove() throws IOException, InterruptedException {
        final Path file = Files.writeString(folder.resolve("data"), "f".repeat(1000));
        final Process process =
                sandbox.start(SmallProgram.compile(folder, "calls.c", "-O1").toString(), file.toString());
        seen.untilEnd(kernel, process);
        assertThat(Sandbox.output(process)).isEmpty();
        final List<String> calls = List.of("plain", "vector", "message", "to", "messages");
        for (final String direction : List.of("SENT", "RECEIVED")) {
            assertThat(seen.sockets.entrySet())
                    .filteredOn(stream -> stream.getKey().startsWith(direction))
                    .map(Map.Entry::getValue)
                    .filteredOn(stream -> stream.missing == 0)
                    .extracting(Observed.Stream::text)
                    .containsExactlyInAnyOrderElementsOf(calls.stream()
                            .map(call -> "POST /" + call + " HTTP/1.1\r\nHost: a\r\n\r\n")
                            .toList());
        }
        assertThat(seen.sockets.values())
                .filteredOn(stream -> stream.missing != 0)
                .singleElement()
                .satisfies(stream -> assertThat(stream.missing).isEqualTo(1000))
                .satisfies(stream -> assertThat(stream.text()).isEqualTo("POST /file HTTP/1.1\r\n\r\nthat is all"));
        assertThat(seen.closed).anyMatch(close -> close.path().equals(file.toString()) && close.read() == 1000);
        assertThat(seen.stdio.values().stream().map(Observed.Stream::text))
                .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                calls.stream().map(call -> "{\"jsonrpc\":\"2.0\",\"method\":\"" + call + "\"}\n"),
                                Stream.of("plain", "vector")
                                        .map(call -> "{\"jsonrpc\":\"2.0\",\"pipe\":\"" + call + "\"}\n"))
                        .toList());
    }

    @Test
    void whatIsNoHttpIsNotTakenFromASocket() throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import socket
                s = socket.create_server(('127.0.0.1', 0))
                c = socket.create_connection(s.getsockname()); d = s.accept()[0]
                c.sendall(b'+PING\r\n'); d.recv(100); d.sendall(b'+PONG\r\n'); c.recv(100)
                """);
        seen.untilEnd(kernel, process);
        assertThat(seen.sockets).isEmpty();
    }

    @Test
    void bytesOfAFileAreThoseThatWereReadHoweverItIsOpen() throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "x".repeat(10_000));
        final Path copy = folder.resolve("copy");
        // dash opens it, passes it on as standard input, and cat reads it; head reads a part; dd writes
        final Process process = sandbox.shell("cat < " + file + " > " + copy + "; head -c 100 " + file
                + " > /dev/null; dd if=" + file + " of=/dev/null bs=1000 count=3 status=none");
        seen.untilEnd(kernel, process);
        final long read = seen.closed.stream()
                .filter(close -> close.path().equals(file.toString()))
                .mapToLong(Observed.Close::read)
                .sum();
        assertThat(read).isBetween(10_000L + 100 + 3000, 10_000L + 10_000 + 3000); // head reads a block
        assertThat(seen.closed.stream()
                        .filter(close -> close.path().equals(copy.toString()))
                        .mapToLong(Observed.Close::written)
                        .sum())
                .isEqualTo(10_000);
        assertThat(seen.opened.stream().map(Observed.Open::sequence)).doesNotHaveDuplicates();
        assertThat(seen.closed.stream().map(Observed.Close::sequence)).doesNotHaveDuplicates();
    }

    @Test
    void whoHasVeryManyDescriptorsHidesNoFileOfOthers() throws IOException, InterruptedException {
        final Path many = Files.writeString(folder.resolve("many"), "many");
        final Path other = Files.writeString(folder.resolve("other"), "other");
        final Process hoarder = sandbox.start("/usr/bin/python3", "-c", """
                import os, resource, sys
                limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
                each, left = min(limit, 60000) - 100, 270000
                while left > 0:
                  left -= each
                  r, w = os.pipe()
                  if os.fork() == 0:
                    f = os.open('MANY', os.O_RDONLY)
                    for i in range(each): os.dup(f)
                    os.write(w, b'x')
                    sys.stdin.read()
                    os._exit(0)
                  os.read(r, 1)
                print('full', flush=True)
                try:
                  while True: os.wait()
                except ChildProcessError: pass
                """.replace("MANY", many.toString()));
        assertThat(hoarder.inputReader().readLine()).isEqualTo("full");
        seen.untilEnd(kernel, sandbox.shell("cat " + other));
        hoarder.getOutputStream().close();
        seen.untilEnd(kernel, hoarder);
        seen.untilEnd(kernel, sandbox.shell("cat " + other));
        assertThat(seen.closed.stream().filter(file -> file.path().equals(other.toString())))
                .hasSize(2)
                .allSatisfy(file -> assertThat(file.read()).isEqualTo(5));
    }

    @Test
    void descriptorsOfOneOpeningAreOneAccess() throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "x".repeat(600));
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import fcntl, os
                a = os.open('%s', os.O_RDONLY)
                b = os.dup(a)
                os.dup2(a, 50)
                c = fcntl.fcntl(a, fcntl.F_DUPFD_CLOEXEC, 60)
                os.read(a, 100); os.close(a)
                os.read(b, 100); os.dup2(b, 50)
                os.read(50, 100); os.close(b); os.close(50)
                os.read(c, 100); os.close(c)
                """.formatted(file));
        seen.untilEnd(kernel, process);
        assertThat(seen.opened)
                .filteredOn(open -> open.path().equals(file.toString()))
                .hasSize(1);
        assertThat(seen.closed)
                .filteredOn(close -> close.path().equals(file.toString()))
                .singleElement()
                .satisfies(close -> assertThat(close.read()).isEqualTo(400));
    }

    @Test
    void whatIsMappedIntoMemoryIsMissingFromTheCount() throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "x".repeat(10_000));
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import mmap, os
                f = os.open('%s', os.O_RDONLY)
                os.read(f, 10)
                m = mmap.mmap(f, 0, prot=mmap.PROT_READ)
                os.close(f)
                m.find(b'y')
                """.formatted(file));
        seen.untilEnd(kernel, process);
        assertThat(seen.closed)
                .filteredOn(close -> close.path().equals(file.toString()))
                .singleElement() // mmap keeps a descriptor of its own
                .satisfies(close -> {
                    assertThat(close.read()).isEqualTo(10);
                    assertThat(close.mapped()).isEqualTo(10_000);
                });
    }

    @Test
    void aFileIsNamedAsItIsAndNotAsItWasAskedFor() throws IOException {
        final Path file = Files.writeString(folder.resolve("secret"), "s");
        final Path link = Files.createSymbolicLink(folder.resolve("harmless"), file);
        final Process process =
                sandbox.shell("cd " + folder + " && cat harmless ./../" + folder.getFileName() + "/secret");
        seen.untilEnd(kernel, process);
        assertThat(seen.opened.stream().map(Observed.Open::path))
                .filteredOn(path -> path.startsWith(folder.toString()))
                .containsExactly(file.toString(), file.toString())
                .doesNotContain(link.toString());
    }

    @Test
    void aFileThatIsMountedNowhereIsNamedAsInItsFileSystem() throws IOException {
        final Path file = Files.writeString(folder.resolve("secret"), "s");
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import ctypes, os
                libc = ctypes.CDLL(None, use_errno=True)
                tree = libc.syscall(428, -100, b'%s', 1) # open_tree(AT_FDCWD, path, OPEN_TREE_CLONE)
                assert tree >= 0, os.strerror(ctypes.get_errno())
                fd = os.open(f'/proc/self/fd/{tree}', os.O_RDONLY)
                os.read(fd, 10)
                """.formatted(file));
        seen.untilEnd(kernel, process);
        assertThat(Sandbox.output(process)).isEmpty();
        assertThat(seen.closed).anySatisfy(close -> {
            assertThat(file.toString()).endsWith(close.path()); // without the mount point of its file system
            assertThat(close.path()).endsWith(folder.getFileName() + "/secret");
            assertThat(close.read()).isEqualTo(1);
        });
    }

    @Test
    void aFileThatIsOpenAtTheEndIsClosedBeforeTheProcessExits() throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "x".repeat(500));
        final Process process = sandbox.shell("exec 7<" + file + "; read line <&7; kill -9 $$");
        seen.untilEnd(kernel, process);
        assertThat(seen.closed).anyMatch(close -> close.path().equals(file.toString()) && close.read() > 0);
        assertThat(seen.order.lastIndexOf(process.pid() + " closed " + file))
                .isGreaterThanOrEqualTo(0)
                .isLessThan(seen.order.indexOf(process.pid() + " exit"));
    }

    @Test
    void jsonOverPipesIsSeenOnTheWritingSideInWhateverPieces() throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import os
                r, w = os.pipe()
                os.write(w, b'{"jsonrpc":"2.0","id":1}')
                os.write(w, b'\\n')
                os.writev(w, [b'{"jsonrpc":', b'"2.0",', b'"id":2}\\n'])
                os.read(r, 1000)
                q, v = os.pipe()
                os.write(v, b'no JSON\\n')
                """);
        seen.untilEnd(kernel, process);
        assertThat(seen.stdio.values())
                .singleElement()
                .satisfies(stream -> assertThat(stream.text())
                        .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":1}\n{\"jsonrpc\":\"2.0\",\"id\":2}\n"))
                .satisfies(stream -> assertThat(stream.missing).isZero());
    }

    @Test
    void theTwoDirectionsOfASocketPairAreToldApart() throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import socket
                a, b = socket.socketpair()
                a.sendall(b'{"id":1}\\n'); b.recv(100)
                b.sendmsg([b'{"id":', b'1,"result":{}}\\n']); a.recv(100)
                """);
        seen.untilEnd(kernel, process);
        assertThat(seen.stdio.values().stream().map(Observed.Stream::text))
                .containsExactlyInAnyOrder("{\"id\":1}\n", "{\"id\":1,\"result\":{}}\n");
    }

    @Test
    void aLargeMessageArrivesWhole() throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import os, threading
                r, w = os.pipe()
                threading.Thread(target=lambda: [os.read(r, 1 << 20) for _ in range(20000)], daemon=True).start()
                data = b'{' + b'y' * 1000000
                while data: data = data[os.write(w, data):]
                """);
        seen.untilEnd(kernel, process);
        assertThat(seen.stdio.values()).singleElement().satisfies(stream -> {
            assertThat(stream.missing).isZero();
            assertThat(stream.text()).isEqualTo("{" + "y".repeat(1_000_000));
        });
    }

    @Test
    void nothingIsSeenOfOtherCgroups() throws IOException, InterruptedException {
        final Path file = Files.writeString(folder.resolve("data"), "x");
        try (Sandbox other = new Sandbox("other")) {
            other.shell("cat " + file).waitFor();
        }
        final Process marker = sandbox.shell("true");
        seen.untilEnd(kernel, marker);
        assertThat(seen.opened).noneMatch(open -> open.path().equals(file.toString()));
        assertThat(seen.cgroupOf.values()).containsOnly(sandbox.containerId());
        assertThat(seen.cgroups).containsExactly(sandbox.containerId());
    }

    @Test
    void whatTheContainerRuntimeDoesBeforeItStartsAProgramIsNotTheAgents() throws IOException, InterruptedException {
        final Path before = Files.writeString(folder.resolve("before"), "x");
        final Path after = Files.writeString(folder.resolve("after"), "y");
        sandbox.shell("true").waitFor();
        final Process runtime = new ProcessBuilder(
                        "/usr/bin/python3", "-c", """
                        import os
                        if os.fork() == 0:
                            open('%s/cgroup.procs', 'w').write(str(os.getpid()))
                            open('%s').read()
                            os.execv('/usr/bin/python3', ['python3', '-c', \"""
                        import os
                        if os.fork() == 0: open('%s').read(); os._exit(0)
                        os.wait()\"""])
                        os.wait()
                        """.formatted(sandbox.pod().resolve("container"), before, after))
                .inheritIO()
                .start();
        assertThat(runtime.waitFor()).isZero();
        seen.until(
                kernel,
                "what the program read",
                () -> seen.opened.stream().anyMatch(open -> open.path().equals(after.toString())));
        assertThat(seen.opened).noneMatch(open -> open.path().equals(before.toString()));
    }

    @Test
    void aRuntimeThatExecutesItselfInTheContainersCgroupIsNotTheAgent() throws IOException, InterruptedException {
        final Path before = Files.writeString(folder.resolve("before"), "x");
        final Path after = Files.writeString(folder.resolve("after"), "y");
        kernel.expectContainers();
        sandbox.shell("true").waitFor();
        // as runc does it: a copy of itself in the cgroup, then a mount namespace, then the container's program
        final Process runtime = new ProcessBuilder(
                        "/bin/sh",
                        "-c",
                        "sh -c 'echo $$ > \"$0\"/cgroup.procs && exec sh -c \"read x < $1; exec unshare -m cat $2\"' "
                                + sandbox.pod().resolve("container") + " " + before + " " + after)
                .start();
        assertThat(runtime.waitFor()).isZero();
        seen.until(
                kernel,
                "what the program read",
                () -> seen.opened.stream().anyMatch(open -> open.path().equals(after.toString())));
        assertThat(seen.opened).noneMatch(open -> open.path().equals(before.toString()));
    }

    @Test
    void commandsAreFollowedWhereverTheyAreWithWhatTheyStart() throws IOException, InterruptedException {
        final Path early = Files.writeString(folder.resolve("early"), "x");
        final Path late = Files.writeString(folder.resolve("late"), "x");
        final Path other = Files.writeString(folder.resolve("other"), "x");
        final Process running =
                new ProcessBuilder("/bin/sh", "-c", "read go; (cat " + early + "); : the-agent-to-follow").start();
        kernel.followCommands(line -> line.contains("the-agent-to-follow") ? Long.MIN_VALUE : 0);
        try (var in = running.outputWriter()) {
            in.write("go\n");
        }
        new ProcessBuilder("cat", other.toString()).start().waitFor();
        seen.untilEnd(kernel, running);
        final Process started =
                new ProcessBuilder("/bin/sh", "-c", "read go; sh -c 'cat " + late + "'; : the-agent-to-follow").start();
        seen.until(kernel, "its program", () -> seen.started.containsKey((int) started.pid()));
        try (var in = started.outputWriter()) {
            in.write("go\n");
        }
        seen.untilEnd(kernel, started);
        assertThat(seen.closed.stream().filter(close -> close.path().startsWith(folder.toString())))
                .extracting(Observed.Close::path, Observed.Close::read)
                .containsExactlyInAnyOrder(tuple(early.toString(), 1L), tuple(late.toString(), 1L));
        assertThat(seen.cgroupOf.values()).containsOnly(Long.MIN_VALUE);
    }

    @Test
    void processesThatRunAlreadyAreToldParentsFirstWithTheirOwnCgroup() throws IOException {
        kernel.untrack(sandbox.podId());
        final Process shell = sandbox.shell("sleep 60 & echo $!; read word; kill $!");
        final int child = Integer.parseInt(shell.inputReader().readLine());
        kernel.track(sandbox.pod());
        seen.until(kernel, "both", () -> seen.running.size() == 2);
        assertThat(seen.running)
                .extracting(Observed.Running::tgid, Observed.Running::ppid, Observed.Running::cgroupId)
                .containsExactly(
                        tuple((int) shell.pid(), (int) ProcessHandle.current().pid(), sandbox.containerId()),
                        tuple(child, (int) shell.pid(), sandbox.containerId()));
        shell.getOutputStream().close();
        seen.untilEnd(kernel, shell);
        assertThat(seen.running.getFirst().startTicks())
                .isEqualTo(new KernelProcess()
                        .set(0, 0, requireNonNull(seen.started.get((int) shell.pid())), 0, 0)
                        .startTicks());
    }

    @Test
    void whatRunsAlreadyIsFollowedFromNowOn() throws IOException, InterruptedException {
        try (Sandbox early = new Sandbox("early");
                HttpsServer server = new HttpsServer(shared)) {
            final Process client = early.start("node", "-e", """
                    const https = require('node:https'), fs = require('node:fs');
                    process.stdin.once('data', () => {
                      https.get({host: 'localhost', port: PORT, ca: fs.readFileSync('CA')}, (answer) => {
                        answer.on('data', () => {}); answer.on('end', () => process.exit(0)); });
                    });
                    console.log('ready');
                    """.replace("PORT", String.valueOf(server.port()))
                    .replace("CA", shared.resolve("certificate.pem").toString()));
            assertThat(client.inputReader().readLine()).isEqualTo("ready");
            kernel.track(early.pod());
            kernel.settle(seen);
            try (var in = client.outputWriter()) {
                in.write("go\n");
            }
            seen.untilEnd(kernel, client);
        }
        assertThat(sent()).startsWith("GET / HTTP/1.1\r\n");
    }

    @Test
    void aProcessIsTerminatedAndALaterOneWithItsNumberIsNot() throws IOException, InterruptedException {
        final Process process = sandbox.start("sleep", "100");
        final int tgid = (int) process.pid();
        seen.until(
                kernel,
                "sleep",
                () -> seen.programs.contains("/usr/bin/sleep") || seen.programs.contains("/bin/sleep"));
        final long started = seen.started.getOrDefault(tgid, 0L);
        assertThat(kernel.terminate(tgid, started - TimeUnit.SECONDS.toNanos(5)))
                .isEqualTo(new TerminateResult.AlreadyGone());
        assertThat(process.isAlive()).isTrue();
        assertThat(kernel.terminate(tgid, started)).isEqualTo(new TerminateResult.Terminated());
        assertThat(process.waitFor()).isEqualTo(128 + 9);
        assertThat(kernel.terminate(tgid, started)).isEqualTo(new TerminateResult.AlreadyGone());
    }

    @Test
    void aProcessThatDiesInACallLeavesNothingToALaterOneWithItsNumber() throws IOException, InterruptedException {
        final Map<Long, StringBuilder> sentIn = new HashMap<>(); // by cgroup
        final Observed watching = new Observed() {
            @Override
            public void tls(
                    final KernelProcess process,
                    final long ssl,
                    final Direction direction,
                    final long position,
                    final MemorySegment data) {
                super.tls(process, ssl, direction, position, data);
                if (direction == Direction.SENT) {
                    final StringBuilder sent = sentIn.computeIfAbsent(process.cgroupId(), _ -> new StringBuilder());
                    assertThat(position).isEqualTo(sent.length());
                    sent.append(StandardCharsets.UTF_8.decode(data.asByteBuffer()));
                }
            }
        };
        final String client =
                """
                import ssl, socket
                s = ssl.create_default_context(cafile='CA').wrap_socket(socket.create_connection(('127.0.0.1', PORT)), server_hostname='localhost')
                s.sendall(b'POST / HTTP/1.1\\r\\nHost: NAME\\r\\nContent-Length: LENGTH\\r\\n\\r\\n12345')
                print('sent', flush=True)
                s.recv(1000)
                """.replace("CA", shared.resolve("certificate.pem").toString());
        try (HttpsServer server = new HttpsServer(shared);
                Sandbox other = new Sandbox("other")) {
            kernel.track(other.pod());
            survey(watching);
            final String to = client.replace("PORT", String.valueOf(server.port()));
            final Process first = sandbox.start(
                    "/usr/bin/python3", "-c", to.replace("NAME", "first").replace("LENGTH", "10"));
            assertThat(first.inputReader().readLine()).isEqualTo("sent");
            first.destroyForcibly().waitFor(); // in SSL_read, which never returns
            final Process second =
                    other.start("/usr/bin/python3", "-c", """
                    import ctypes, os, signal
                    number = (ctypes.c_int * 1)(PID)
                    # struct clone_args (<linux/sched.h>): exit_signal is its fifth member, set_tid and its size the ninth and tenth
                    arguments = (ctypes.c_uint64 * 11)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(number), 1, 0)
                    child = ctypes.CDLL(None, use_errno=True).syscall(435, arguments, 88)
                    if child == 0:
                        os.execv('/usr/bin/python3', ['python3', '-c', \"""CLIENT\"""])
                    assert child == PID, os.strerror(ctypes.get_errno())
                    os.waitpid(child, 0)
                    """.replace("PID", String.valueOf(first.pid())).replace(
                            "CLIENT",
                            to.replace("NAME", "second").replace("LENGTH", "5").replace("\\", "\\\\")));
            assertThat(Sandbox.output(second)).isEqualTo("sent\n");
            watching.untilEnd(kernel, second);
            assertThat(sentIn.get(sandbox.containerId()))
                    .contains("Host: first")
                    .doesNotContain("second");
            assertThat(sentIn.get(other.containerId())).contains("Host: second").doesNotContain("first");
        }
    }

    @Test
    void whoOpensAHeldFileDoesNotReadItBeforeItIsJudged() throws IOException, InterruptedException {
        final Path secret = Files.writeString(folder.resolve("secret"), "s3cret");
        final Path plain = Files.writeString(folder.resolve("plain"), "plain");
        kernel.hold(List.of(secret.toString()));
        final Process free = sandbox.shell("cat " + plain);
        assertThat(Sandbox.output(free)).isEqualTo("plain"); // before anybody polls
        final Process held = sandbox.shell("cat " + secret + " " + plain);
        assertThat(held.waitFor(500, TimeUnit.MILLISECONDS)).isFalse();
        seen.untilEnd(kernel, held); // the sink did not end it
        assertThat(Sandbox.output(held)).isEqualTo("s3cretplain");

        final Process denied = sandbox.start("cat", secret.toString());
        final Observed judge = Observed.judge(kernel, secret);
        judge.untilEnd(kernel, denied);
        assertThat(Sandbox.output(denied)).isEmpty();
        assertThat(denied.waitFor()).isEqualTo(128 + 9);
    }

    @Test
    void nobodyStaysStoppedWhenTheSensorEnds() throws IOException, KernelUnavailableException {
        final Path secret = Files.writeString(folder.resolve("secret"), "s3cret");
        final Process held;
        try (Kernel ending = Kernel.open(options(RING))) {
            ending.track(sandbox.pod());
            ending.hold(List.of(""));
            held = sandbox.start("cat", secret.toString());
            assertThat(held.isAlive()).isTrue();
        }
        assertThat(Sandbox.output(held)).isEqualTo("s3cret");
    }

    @Test
    void aDestinationIsRefusedToThePodAndToNoOther() throws IOException, InterruptedException {
        try (HttpsServer server = new HttpsServer(shared);
                Sandbox other = new Sandbox("free")) {
            final String connect = "import socket; s = socket.create_connection(('127.0.0.1', " + server.port() + "))";
            sandbox.shell("true").waitFor();
            assertThat(kernel.block(sandbox.pod(), "127.0.0.1", server.port())).isEqualTo(new BlockResult.Blocked());
            assertThat(Sandbox.output(sandbox.start("/usr/bin/python3", "-c", connect)))
                    .contains("PermissionError: [Errno 1]");
            final String mapped = connect.replace("'127.0.0.1'", "'::ffff:127.0.0.1'");
            assertThat(Sandbox.output(sandbox.start("/usr/bin/python3", "-c", mapped)))
                    .contains("PermissionError: [Errno 1]");
            assertThat(Sandbox.output(other.start("/usr/bin/python3", "-c", connect)))
                    .isEmpty();
            assertThat(kernel.block(other.pod(), "127.0.0.1", 1)).isInstanceOf(BlockResult.Refused.class);
            assertThat(kernel.block(sandbox.pod(), "example.org", 1)).isInstanceOf(BlockResult.Refused.class);
        }
    }

    @Test
    void whatFindsNoRoomIsCountedAndTheNextPositionTellsHowMuchIsMissing()
            throws IOException, KernelUnavailableException {
        final int small = 64 << 10;
        try (Kernel full = Kernel.open(options(small))) {
            full.track(sandbox.pod());
            final Process process = sandbox.start("/usr/bin/python3", "-c", """
                    import os, sys, threading
                    r, w = os.pipe()
                    threading.Thread(target=lambda: [os.read(r, 1 << 20) for _ in range(20000)], daemon=True).start()
                    for i in range(50): os.write(w, b'{' + b'z' * 9999)
                    print('written', flush=True)
                    sys.stdin.read(1)
                    os.write(w, b'{"last":1}')
                    """);
            assertThat(process.inputReader().readLine()).isEqualTo("written");
            seen.until(full, "the loss", () -> seen.lostRecords > 0);
            try (var in = process.outputWriter()) {
                in.write("x");
            }
            seen.untilEnd(full, process);
        }
        assertThat(seen.stdio.values()).singleElement().satisfies(stream -> {
            assertThat(stream.text()).endsWith("{\"last\":1}");
            assertThat(stream.missing).isPositive();
            assertThat(stream.next).isEqualTo(50 * 10_000 + 10);
            assertThat(stream.bytes.size() + stream.missing).isEqualTo(stream.next);
        });
        assertThat(seen.lostBytes)
                .isGreaterThanOrEqualTo(seen.stdio.values().iterator().next().missing);
    }
}
