package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.binary.SmallProgram;
import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import io.fourthlog.testing.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS of real programs, as their libraries have it, and what of it was not heard; needs root. */
final class TlsCaptureTest extends KernelFixture {
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

    /** The kernel ends a program whose calls return in another order than it knows of. */
    @Test
    void fibersThatReadAtOnceAreNotHarmed() throws IOException, InterruptedException {
        final Path program = SmallProgram.compile(folder, "fibers.c", "-O1 -Wno-unused-parameter", "-lssl -lcrypto");
        survey(seen);
        final Process process = sandbox.start(program.toString());
        seen.untilEnd(kernel, process);
        assertThat(Sandbox.output(process)).isEqualTo("2\n");
        assertThat(seen.lostRecords).isPositive(); // that one of them was not listened to is told
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

    /** As in fasthttp: a connection's first write makes its handshake. */
    @Test
    void aGoProgramIsHeardThatWritesBeforeTheHandshake() throws IOException, InterruptedException {
        final Path program = strippedGoProgram("""
                package main

                import (
                	"crypto/tls"
                	"crypto/x509"
                	"fmt"
                	"io"
                	"net"
                	"os"
                	"strings"
                )

                func main() {
                	pem, _ := os.ReadFile(os.Args[1])
                	pool := x509.NewCertPool()
                	pool.AppendCertsFromPEM(pem)
                	socket, err := net.Dial("tcp", os.Args[2])
                	if err != nil {
                		panic(err)
                	}
                	connection := tls.Client(socket, &tls.Config{RootCAs: pool, ServerName: "localhost"})
                	head := "POST / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\nContent-Length: 500\\r\\n\\r\\n"
                	if _, err := io.WriteString(connection, head+strings.Repeat("g", 500)); err != nil {
                		panic(err)
                	}
                	answer, _ := io.ReadAll(connection)
                	fmt.Println(string(answer))
                	connection.Close()
                }
                """);
        kernel.prepare(List.of(program));
        try (HttpsServer server = new HttpsServer(shared)) {
            final Process client = sandbox.start(
                    program.toString(), shared.resolve("certificate.pem").toString(), "localhost:" + server.port());
            seen.untilEnd(kernel, client);
            assertThat(seen.tlsPeers.values()).containsExactly(new Peer("127.0.0.1", server.port(), false, true));
        }
        assertThat(sent()).startsWith("POST / HTTP/1.1\r\n").endsWith("g".repeat(500));
        assertThat(received()).startsWith("HTTP/1.1 200 OK\r\n").contains("got 500 bytes");
        assertThat(seen.freed).isEqualTo(1);
        assertThat(seen.blindSpots).isEmpty();
    }

    /** @param prepared whether it was known before it was started, as what {@code watch} starts is */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStrippedGoProgramIsHeard(final boolean prepared) throws IOException, InterruptedException {
        final Path program = strippedGoProgram("""
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
        if (prepared) {
            kernel.prepare(List.of(program));
        }
        try (HttpsServer server = new HttpsServer(shared)) {
            final Process client = sandbox.start(
                    program.toString(),
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

    @Test
    void aHandshakeThatFailsIsNoBlindSpot() throws IOException {
        try (HttpsServer server = new HttpsServer(shared)) {
            final Process client =
                    sandbox.shell("sleep 0.5; curl -s https://localhost:" + server.port() + "/; sleep 3");
            seen.untilEnd(kernel, client);
            assertThat(seen.blindSpots).isEmpty();
        }
    }
}
