package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.testing.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a TLS client's handshake ends: data that no library says is told however little it is, a handshake alone is not; needs root. */
final class TlsHandshakeTest extends KernelFixture {
    /** Records as libraries send them, {@code type:length(first byte)}; where there is a bar, the server says something. */
    private static final List<String> HANDSHAKES = List.of(
            "22:201(1) | 22:37(16) 20:1 22:40(91) | 21:26 |", // OpenSSL, TLS 1.2
            "22:260(1) | 22:417(11) 22:37(16) 22:79(15) 20:1 22:40(0) | 21:26", // JSSE, TLS 1.2, with a certificate
            "22:180(1) | 22:533(11) 20:1 22:40(0) | 21:26", // NSS, the same
            "22:260(1) | 22:3700(11) 22:262(16) 22:264(15) 20:1 22:80(1) | 21:26", // a large one, keys by RSA
            "22:512(1) | 20:1 22:40(1) |", // OpenSSL, TLS 1.2, resumed
            "22:512(1) | 20:1 23:69 | 23:19", // OpenSSL, TLS 1.3
            "22:330(1) | 23:53 | 23:19", // wolfSSL
            "22:296(1) | 20:1 23:437 23:97 23:53 23:19", // Go, with a certificate
            "22:296(1) | 20:1 23:3000 23:281 23:53 | 23:19", // a large one
            "22:296(1) | 20:1 23:25 23:53 | 23:19", // Go, asked for a certificate and without one
            "22:512(1) | 20:1 22:512(1) | 23:69 | 23:19", // OpenSSL, asked for another hello
            "22:386(1) | 22:382(1) | 20:1 23:437 23:95 23:69 23:19", // GnuTLS, the same, with a certificate
            "22:223(1) | 20:1 23:556 | 23:19", // rustls, with a certificate
            "22:223(1) | 20:1 23:77 | 23:19", // rustls, asked for a certificate and without one
            "22:173(1) | 23:552 | 23:19", // NSS, with a certificate
            "22:417(1) | 20:1 23:85 23:35 | 23:35", // JSSE
            "22:417(1) | 20:1 23:69 | 23:35 23:35", // JSSE, SHA-256
            "22:417(1) | 20:1 23:453 23:112 23:85 | 23:35 23:35", // JSSE, with a certificate
            "22:417(1) | 22:413(1) | 20:1 23:41 23:85 | 23:35 23:35", // JSSE, asked for another hello, and for a
            // certificate, without one
            "22:223(1) | 20:1 23:19", // the server's certificate is not trusted
            "22:149(1) | 21:2",
            "22:223(1) | 20:1 23:53 | 23:22 | 23:19"); // keys are updated

    private static final List<String> WITH_DATA = List.of(
            "22:201(1) | 22:37(16) 20:1 22:40(1) | 23:64",
            "22:201(1) | 22:37(16) 20:1 22:40(1) 23:64", // false start
            "22:512(1) | 20:1 22:40(1) 23:64",
            "22:512(1) | 20:1 23:69 | 23:57",
            "22:512(1) | 20:1 23:69 | 23:35 23:19", // as long as one of JSSE's alerts
            "22:296(1) | 20:1 23:53 23:35",
            "22:296(1) | 20:1 23:53 23:57 23:19",
            "22:296(1) | 20:1 23:437 23:97 23:53 23:57 23:19",
            "22:512(1) | 20:1 22:512(1) | 23:69 | 23:57",
            "22:322(1) 20:1 23:57 | 23:21 23:69", // early data
            "22:223(1) | 20:1 23:557 23:57 23:19",
            "22:223(1) | 20:1 23:557 23:120 |",
            "22:223(1) | 20:1 23:557 | 23:57",
            "22:417(1) | 20:1 23:85 | 23:73 23:35 23:35",
            "22:417(1) | 20:1 23:85 | 23:36");

    /** Certificates of clients; their curve is the one that a server takes which asks for another hello. */
    @BeforeAll
    static void own() throws IOException, InterruptedException {
        for (final String command : List.of(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp384r1 -nodes -keyout own-key.pem -out own.pem -subj /CN=own",
                "pkcs12 -export -in own.pem -inkey own-key.pem -out own.p12 -passout pass:secret")) {
            Command.run(shared, ("openssl " + command).split(" ", -1));
        }
    }

    /** Each by a process of its own: a record a call, all at once, in pieces, in segments of a vector, and with answers that are not read. */
    @Test
    void isToldByTheClientsRecords() throws IOException, InterruptedException {
        final Path script = Files.writeString(folder.resolve("play.py"), """
                import os, re, socket, sys
                def record(type, length, first):
                    return bytes([type, 3, 3, length >> 8, length & 255, first]) + os.urandom(length - 1)
                def play(turns, send):
                    listener = socket.create_server(('127.0.0.1', 0))
                    client = socket.create_connection(listener.getsockname())
                    server = listener.accept()[0]
                    for i, turn in enumerate(turns.split('|')):
                        if i:
                            server.sendall(record(22, 200, 2))
                            if send is spliced: os.splice(client.fileno(), os.pipe()[1], 1000)
                            else: client.recv(1000)
                        send(client, [record(int(t), int(n), int(f or 85)) for t, n, f in re.findall(r'(\\d+):(\\d+)(?:\\((\\d+)\\))?', turn)])
                def records(client, all):
                    for each in all: client.sendall(each)
                def flights(client, all):
                    if all: client.sendall(b''.join(all))
                def pieces(client, all):
                    bytes = b''.join(all)
                    for i in range(0, len(bytes), 7): client.sendall(bytes[i:i + 7])
                def segments(client, all):
                    if all: client.sendmsg([part for each in all for part in (each[:3], each[3:5], b'', each[5:])])
                def spliced(client, all): # answers are moved within the kernel, as a proxy moves them
                    flights(client, all)
                for turns in sys.stdin.read().splitlines():
                    for send in (records, flights, pieces, segments, spliced):
                        child = os.fork()
                        if child == 0:
                            play(turns, send)
                            os._exit(0)
                        os.waitpid(child, 0)
                        print(child, send.__name__ + ' ' + turns, sep='\\t', flush=True)
                """);
        final Path plays = Files.write(
                folder.resolve("plays"),
                Stream.concat(HANDSHAKES.stream(), WITH_DATA.stream()).toList());
        final Process process = sandbox.shell("/usr/bin/python3 " + script + " < " + plays);
        seen.untilEnd(kernel, process);
        final Map<Integer, String> played = Sandbox.output(process)
                .lines()
                .map(line -> line.split("\t", -1))
                .collect(Collectors.toMap(words -> Integer.parseInt(words[0]), words -> words[1]));
        kernel.settle(seen);
        assertThat(played).hasSize(5 * (HANDSHAKES.size() + WITH_DATA.size()));
        assertThat(seen.blindSpots)
                .extracting(each -> played.get(each.tgid()))
                .containsExactlyInAnyOrderElementsOf(WITH_DATA.stream()
                        .flatMap(turns -> Stream.of("records ", "flights ", "pieces ", "segments ", "spliced ")
                                .map(call -> call + turns))
                        .toList());
    }

    /** What JSSE sends, which nobody hears here. */
    @ParameterizedTest
    @CsvSource({
        "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLSv1.3, TLS_AES_256_GCM_SHA384",
        "TLSv1.3, TLS_AES_128_GCM_SHA256"
    })
    void aSmallRequestThatNobodyHearsIsTold(final String version, final String suite)
            throws IOException, InterruptedException {
        Files.writeString(folder.resolve("Client.java"), """
                import java.io.IOException;
                import java.nio.file.Files;
                import java.nio.file.Path;
                import java.security.KeyStore;
                import java.security.cert.CertificateFactory;
                import javax.net.ssl.*;

                public class Client {
                    public static void main(String[] a) throws Exception {
                        KeyStore store = KeyStore.getInstance("PKCS12");
                        store.load(null, null);
                        store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509")
                                .generateCertificate(Files.newInputStream(Path.of("certificate.pem"))));
                        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
                        trust.init(store);
                        KeyStore own = KeyStore.getInstance("PKCS12");
                        own.load(Files.newInputStream(Path.of("own.p12")), "secret".toCharArray());
                        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
                        keys.init(own, "secret".toCharArray());
                        for (int port : new int[] {Integer.parseInt(a[0]), Integer.parseInt(a[1])}) {
                            for (KeyManager[] shown : new KeyManager[][] {null, keys.getKeyManagers()}) {
                                SSLContext context = SSLContext.getInstance("TLS");
                                context.init(shown, trust.getTrustManagers(), null);
                                for (int i = 0; i < 2; i++) { // and resumed
                                    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
                                        socket.setEnabledProtocols(new String[] {a[2]});
                                        socket.setEnabledCipherSuites(new String[] {a[3]});
                                        socket.startHandshake();
                                        if (a.length > 4) {
                                            socket.getOutputStream().write(a[4].getBytes("ASCII"));
                                            return;
                                        }
                                        socket.setSoTimeout(100);
                                        try {
                                            socket.getInputStream().read(); // what resumes
                                        } catch (IOException e) {
                                        }
                                    }
                                }
                            }
                        }
                        System.out.println("done");
                    }
                }
                """);
        try (HttpsServer server = new HttpsServer(shared);
                HttpsServer asking = HttpsServer.asking(shared)) {
            final String client = "cd " + shared + " && exec " + System.getProperty("java.home") + "/bin/java "
                    + folder.resolve("Client.java") + " " + server.port() + " " + asking.port() + " " + version + " "
                    + suite;
            final Process silent = sandbox.shell(client);
            seen.untilEnd(kernel, silent);
            assertThat(Sandbox.output(silent)).isEqualTo("done\n");
            kernel.settle(seen);
            assertThat(seen.blindSpots).isEmpty();
            final Process process = sandbox.shell(client + " 'GET /s HTTP/1.0'");
            seen.untilEnd(kernel, process);
            kernel.settle(seen);
            assertThat(seen.blindSpots).singleElement().satisfies(blind -> {
                assertThat(blind.tgid()).isEqualTo((int) process.pid());
                assertThat(blind.kind()).isEqualTo("tls-unhookable");
            });
        }
    }

    /** As a client does that connects before it has something to ask. */
    @Test
    void aHandshakeAloneIsNoBlindSpot() throws IOException, InterruptedException {
        try (HttpsServer server = new HttpsServer(shared);
                HttpsServer asking = HttpsServer.asking(shared)) {
            final Process process =
                    sandbox.start("sh", "-c", "cd " + shared + "; exec /usr/bin/python3 -c \"$0\"", """
                    import itertools, socket, ssl
                    for port, old, shows in itertools.product((PORT, ASKING), (False, True), (False, True)):
                        context = ssl.create_default_context(cafile='certificate.pem')
                        if old: context.maximum_version = ssl.TLSVersion.TLSv1_2
                        if shows: context.load_cert_chain('own.pem', 'own-key.pem')
                        session = None
                        for resumed in range(2):
                            with context.wrap_socket(socket.create_connection(('127.0.0.1', port)), server_hostname='localhost', session=session) as s:
                                s.settimeout(0.1)
                                try: s.recv(1)
                                except TimeoutError: pass
                                session = s.session
                                print(s.version(), s.session_reused)
                                if resumed: s.unwrap()
                    """.replace(
                                    "PORT", String.valueOf(server.port()))
                            .replace("ASKING", String.valueOf(asking.port())));
            seen.untilEnd(kernel, process);
            assertThat(Sandbox.output(process).lines()).hasSize(16).contains("TLSv1.3 True", "TLSv1.2 True");
        }
        kernel.settle(seen);
        assertThat(seen.blindSpots).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "curl -s --cacert certificate.pem https://localhost:PORT/",
                "curl -s --cacert certificate.pem --tls-max 1.2 https://localhost:PORT/",
                "wget -q -O - --ca-certificate=certificate.pem https://localhost:PORT/",
                "NODE_EXTRA_CA_CERTS=certificate.pem node -e \"fetch('https://localhost:PORT/').then((a) => a.text()).then(console.log)\""
            })
    void aSmallRequestThatIsHeardIsNoBlindSpot(final String client) throws IOException, InterruptedException {
        kernel.prepare(List.of(Path.of("/usr/bin/node")));
        try (HttpsServer server = new HttpsServer(shared)) {
            survey(seen);
            final Process process =
                    sandbox.shell("cd " + shared + "; " + client.replace("PORT", String.valueOf(server.port())));
            seen.untilEnd(kernel, process);
            assertThat(Sandbox.output(process)).contains("got 0 bytes");
        }
        kernel.settle(seen);
        assertThat(sent()).startsWith("GET / HTTP/1.1\r\n");
        assertThat(seen.blindSpots).isEmpty();
    }
}
