package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.binary.SmallProgram;
import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import io.fourthlog.testing.Command;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What real programs send without TLS, over sockets and pipes, and what of it is not followed; needs root. */
final class PlainCaptureTest extends KernelFixture {
    @ParameterizedTest
    @CsvSource({
        "send, io-uring",
        "poller, io-uring",
        "compat, compat",
        "quic, tls-unhookable",
        "memory, ipc",
        "traced, ipc",
        "queue, ipc",
        "posix-queue, ipc"
    })
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
            assumeTrue(types.hasStruct("trace_event_raw_io_uring_submit_req"), "any ring is one on this kernel");
        }
        runTwice(how);
        assertThat(seen.blindSpots).isEmpty();
    }

    /** As profilers read their own, to be told where there is none. */
    @Test
    void theMemoryOfItsOwnProcessIsNoBlindSpot() throws IOException, InterruptedException {
        runTwice("own");
        assertThat(seen.blindSpots).isEmpty();
    }

    private void runTwice(final String how) throws IOException, InterruptedException {
        final String program = SmallProgram.compile(folder, "unseen.c", "-O1").toString();
        final Process process = sandbox.shell(program + " " + how + " && " + program + " " + how);
        seen.untilEnd(kernel, process);
        final String said = Sandbox.output(process);
        assumeTrue(said.isEmpty(), said); // this kernel has it not
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
        assertThat(seen.peers).hasSize(2).contains(new Peer("127.0.0.1", port, false, true));
        assertThat(seen.peers).extracting(Peer::connected).containsExactlyInAnyOrder(true, false);
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

    /** A call that does not return before its first message was acted on, as that of a writer whose processor is given to others. */
    @ParameterizedTest
    @ValueSource(strings = {"pipe", "socketpair"})
    void whatFollowsFromAMessageIsToldBehindIt(final String how) throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "content");
        final Process both = sandbox.start("/usr/bin/python3", "-c", """
                import os, socket, sys
                first = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\\n'
                more = b'{"jsonrpc":"2.0","id":2,"method":"' + b'm' * 1000000 + b'"}\\n'
                back, done = os.pipe()
                if sys.argv[1] == 'pipe':
                    here, there = os.pipe()
                else:
                    here, there = (end.detach() for end in socket.socketpair())
                if os.fork() == 0:
                    assert os.read(here, len(first)) == first
                    open(sys.argv[2]).read()
                    os.write(done, b'x')
                    while os.read(here, 65536)[-2:] != b'}\\n': pass
                    os._exit(0)
                os.write(there, first + more)
                assert os.read(back, 1) == b'x'
                os.wait()
                """, how, file.toString());
        seen.untilEnd(kernel, both);
        final List<String> order = seen.order.stream()
                .map(each -> each.substring(each.indexOf(' ') + 1))
                .filter(each -> each.equals("opened " + file) || each.startsWith("stdio 0+"))
                .toList();
        assertThat(order).hasSize(2).last().isEqualTo("opened " + file);
        assertThat(seen.times.get(order.getFirst())).isLessThanOrEqualTo(seen.times.get(order.getLast()));
        assertThat(seen.stdio.values())
                .singleElement()
                .satisfies(stream -> assertThat(stream.missing).isZero());
    }

    /** From outside of what is followed: nobody tells of the write. */
    @Test
    void aRequestBehindAnEmptyLineIsSeenByItsServer() throws IOException {
        final Process server = sandbox.start("/usr/bin/python3", "-c", """
                import socket
                s = socket.create_server(('127.0.0.1', 0))
                c = socket.create_connection(s.getsockname()); d = s.accept()[0]
                c.sendall(b'\\r\\nPOST /chat HTTP/1.1\\r\\n\\r\\n'); d.recv(100)
                """);
        seen.untilEnd(kernel, server);
        assertThat(seen.sockets.entrySet())
                .filteredOn(stream -> stream.getKey().startsWith("RECEIVED"))
                .map(stream -> stream.getValue().text())
                .containsExactly("\r\nPOST /chat HTTP/1.1\r\n\r\n");
    }

    /** Its socket's address is used again at once, for the next client's: that one has another address, and asks something else. */
    @Test
    void whatAServerReadsOfAClientThatResetTheConnectionIsNotTheNextOnes() throws IOException, InterruptedException {
        final Process server = sandbox.start("/usr/bin/python3", "-u", "-c", """
                import socket, time
                s = socket.socket(socket.AF_INET6); s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                s.bind(('::', 0)); s.listen(); print(s.getsockname()[1])
                for i in range(8):
                    d = s.accept()[0]; time.sleep(0.05)
                    try: d.recv(1000); d.recv(1000)
                    except OSError: pass
                    d.close(); print(i)
                """);
        final String port = server.inputReader().readLine();
        final Process clients = new ProcessBuilder("/usr/bin/python3", "-c", """
                        import socket, struct, sys, time
                        for i in range(8):
                            c = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
                            c.sendall(b'GET /%d HTTP/1.1\\r\\n\\r\\n' % i); time.sleep(0.01)
                            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close()
                            time.sleep(0.1)
                        """, port)
                .inheritIO()
                .start();
        assertThat(clients.waitFor()).isZero();
        seen.untilEnd(kernel, server);
        assertThat(seen.peers).hasSize(8).extracting(Peer::port).doesNotHaveDuplicates();
        seen.until(kernel, "the end of the sockets", () -> seen.socketsClosed == 8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n",
                "post /chat HTTP/1.1\r\n\r\n",
                "Delete / HTTP/1.1\r\n\r\n"
            })
    void whatIsAskedOtherwiseIsSeenByItsServer(final String request) throws IOException {
        final Process server = sandbox.start("/usr/bin/python3", "-c", """
                import socket, sys
                s = socket.create_server(('127.0.0.1', 0))
                c = socket.create_connection(s.getsockname()); d = s.accept()[0]
                c.sendall(sys.argv[1].encode()); d.recv(100)
                """, request);
        seen.untilEnd(kernel, server);
        assertThat(seen.sockets.entrySet())
                .filteredOn(stream -> stream.getKey().startsWith("RECEIVED"))
                .map(stream -> stream.getValue().text())
                .containsExactly(request);
    }

    @Test
    void whoReadsWhatNobodyIsSeenToWriteIsToldAsWell() throws IOException {
        final Path file = Files.writeString(folder.resolve("data"), "content");
        final Process reader = sandbox.start("/usr/bin/python3", "-u", "-c", """
                import sys
                for line in sys.stdin: print(open(sys.argv[1]).read() + line, end='')
                """, file.toString());
        for (int line = 0; line < 5; line++) {
            reader.outputWriter().write("{\"n\": " + line + "}\n");
            reader.outputWriter().flush();
            assertThat(reader.inputReader().readLine()).isEqualTo("content{\"n\": " + line + "}");
        }
        reader.outputWriter().close();
        seen.untilEnd(kernel, reader);
        assertThat(seen.closed)
                .filteredOn(close -> close.path().equals(file.toString()))
                .hasSize(5);
    }

    @Test
    void bytesAreSeenByWhicheverCallTheyMove() throws IOException, InterruptedException {
        final Path file = Files.writeString(folder.resolve("data"), "f".repeat(1000));
        final Process process =
                sandbox.start(SmallProgram.compile(folder, "calls.c", "-O1").toString(), file.toString());
        seen.untilEnd(kernel, process);
        assertThat(Sandbox.output(process)).isEmpty();
        final List<String> calls = List.of("plain", "vector", "offset", "message", "to", "messages");
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
        assertThat(seen.closed).anyMatch(close -> close.path().equals(file.toString()) && close.read() == 2000);
        assertThat(seen.stdio.values())
                .filteredOn(stream -> stream.missing != 0)
                .singleElement()
                .satisfies(stream -> assertThat(stream.missing).isEqualTo(1000))
                .satisfies(stream -> assertThat(stream.text()).endsWith("#".repeat(20)));
        assertThat(seen.stdio.values().stream()
                        .filter(stream -> stream.missing == 0)
                        .map(Observed.Stream::text))
                .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                calls.stream().map(call -> "{\"jsonrpc\":\"2.0\",\"method\":\"" + call + "\"}\n"),
                                Stream.of("plain", "vector", "offset")
                                        .map(call -> "{\"jsonrpc\":\"2.0\",\"pipe\":\"" + call + "\"}\n"))
                        .toList());
    }

    @Test
    void whatIsNotReadIsNotTakenFromASocketAndIsCountedAtBothEnds() throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import socket
                s = socket.create_server(('127.0.0.1', 0))
                c = socket.create_connection(s.getsockname()); d = s.accept()[0]
                c.sendall(b'+PING\\r\\n'); d.recv(100); d.sendall(b'+PONG!\\r\\n'); c.recv(100)
                e = socket.create_connection(s.getsockname()); s.accept()[0].close()
                print(s.getsockname()[1])
                """);
        final int port = Integer.parseInt(process.inputReader().readLine());
        seen.untilEnd(kernel, process);
        assertThat(seen.sockets).isEmpty();
        seen.until(kernel, "the closing of the sockets", () -> !seen.others.isEmpty() && !seen.served.isEmpty());
        assertThat(seen.others).containsExactly(new Observed.Other(port, 7, 8));
        assertThat(seen.served).containsExactly(new Observed.Served("127.0.0.1", 8, 7));
    }

    @Test
    void aConnectionThatIsRefusedCarriesNothing() throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import socket
                s = socket.create_server(('127.0.0.1', 0))
                for each in range(3):
                    e = socket.socket(); e.connect_ex(('127.0.0.1', 1)); e.close()
                c = socket.create_connection(s.getsockname()); c.sendall(b'+PING\\r\\n'); c.close()
                print(s.getsockname()[1])
                """);
        final int port = Integer.parseInt(process.inputReader().readLine());
        seen.untilEnd(kernel, process);
        seen.until(kernel, "the closing of the socket", () -> !seen.others.isEmpty());
        assertThat(seen.others).containsExactly(new Observed.Other(port, 7, 0));
        assertThat(seen.served).isEmpty();
    }

    /** A server that has not read all of what it was sent, or is in a hurry, resets the connection behind its answer. */
    @Test
    void whatIsReadOfAConnectionThatWasResetIsPartOfIt() throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import socket, struct
                s = socket.create_server(('127.0.0.1', 0))
                pings = b'+PING\\r\\n', b'+PONG!\\r\\n'
                gets = b'GET / HTTP/1.1\\r\\n\\r\\n', b'HTTP/1.1 204 No Content\\r\\n\\r\\n'
                for asks, answers in pings, gets:
                    c = socket.create_connection(s.getsockname()); d = s.accept()[0]
                    c.sendall(asks); d.recv(100); d.sendall(answers)
                    d.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); d.close()
                    c.recv(100); c.close()
                print(s.getsockname()[1])
                """);
        final int port = Integer.parseInt(process.inputReader().readLine());
        seen.untilEnd(kernel, process);
        seen.until(kernel, "the closing of the sockets", () -> seen.socketsClosed == 2);
        assertThat(seen.others).containsExactly(new Observed.Other(port, 7, 8));
        assertThat(seen.served).containsExactly(new Observed.Served("127.0.0.1", 8, 7));
        assertThat(seen.peers).hasSize(2);
        final String said = process.pid() + " socket";
        assertThat(seen.order)
                .filteredOn(each -> each.startsWith(said))
                .endsWith(said + "Closed", said + " RECEIVED 0+27", said + "Closed");
    }

    /** What a process sends may be what the other end resets the connection for: it is done with before the call has returned. */
    @Test
    void whatWasResetWhileItSentIsNotTakenForTheNextSocketAtItsAddress() throws IOException, InterruptedException {
        final Process process = sandbox.start("/usr/bin/python3", "-u", "-c", """
                import socket, sys
                s = socket.create_server(('127.0.0.1', 0), backlog=64)
                print(s.getsockname()[1])
                for each in range(64): c = s.accept()[0]; c.recv(1); c.send(b'x' * 24); c.close()
                print('reset'); sys.stdin.read()
                """);
        final BufferedReader said = process.inputReader();
        final int port = Integer.parseInt(said.readLine());
        for (int i = 0; i < 64; i++) {
            new Socket(InetAddress.ofLiteral("127.0.0.1"), port).close();
        }
        assertThat(said.readLine()).isEqualTo("reset");
        Command.run(folder, "/usr/bin/python3", "-c", """
                import socket
                s = socket.create_server(('127.0.0.2', 0), backlog=300)
                next = [e for _ in range(300) for e in (socket.create_connection(s.getsockname()), s.accept()[0])]
                for each in next: each.close()
                """);
        process.outputWriter().close();
        seen.untilEnd(kernel, process);
        assertThat(seen.others).isEmpty();
        assertThat(seen.served).extracting(Observed.Served::address).doesNotContain("127.0.0.2");
    }

    /** In the guise of a TLS client: what sends much before it hears an answer, or is greeted first, sends what no library says. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "c.sendall(b'\\x16\\x03' + b'x' * 5000)",
                "c.sendall(b'\\x16\\x03' + b'x' * 2000); c.sendall(b'x' * 3000)",
                "d.sendall(b'\\x16\\x03\\x03'); c.recv(100); c.sendall(b'x' * 5000)",
                "c.sendall(b'x'); d.recv(1); d.sendall(b'\\x16\\x03\\x03'); c.recv(100); c.sendall(b'x' * 5000)"
            })
    void whatOnlyLooksLikeTlsIsNotPassedOver(final String says) throws IOException {
        final Process process = guise(says);
        seen.until(kernel, "that nobody said it", () -> !seen.blindSpots.isEmpty());
        assertThat(seen.blindSpots.getFirst().tgid()).isEqualTo((int) process.pid());
        assertThat(seen.blindSpots.getFirst().detail()).startsWith("it sent over TLS");
    }

    @Test
    void whatGreetsAsTlsAndHearsNoAnswerIsCounted() throws IOException {
        final Process process = guise("c.sendall(b'\\x16\\x03' + b'x' * 1000)");
        final int port = Integer.parseInt(process.inputReader().readLine());
        seen.until(kernel, "the closing of the socket", () -> !seen.others.isEmpty());
        assertThat(seen.others).containsExactly(new Observed.Other(port, 1002, 0));
        assertThat(seen.blindSpots).isEmpty();
    }

    /** As with SQL Server, where TLS may end behind the login; its hello is in packets there, and in others behind a word of their own. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "c.sendall(b'hi'); d.sendall(h); c.recv(99); c.sendall(b'packet' + h)               | 53",
                "c.sendall(b'hi'); c.sendall(h); d.sendall(h); c.recv(99); c.sendall(b'\\x14\\3\\3\\0\\1x' + h) | 98"
            })
    void whatIsSaidBehindTheEndOfTlsIsCounted(final String begins, final int before)
            throws IOException, InterruptedException {
        final String over = "h = b'\\x16\\3\\3\\0\\x28\\x10' + b'x' * 39; r = b'\\x17\\3\\3\\1\\0' + b'\\1' * 256; "
                + begins + "; c.sendall(r + r[:100]); c.sendall(r[100:]); c.sendmsg([r[:3], r[3:]])";
        guise(over);
        kernel.settle(seen);
        assertThat(seen.others).isEmpty();
        final Process process = guise(over + "; c.sendall(b'\\1\\x09plain'); c.sendall(b'more')");
        final int port = Integer.parseInt(process.inputReader().readLine());
        seen.until(kernel, "the closing of the socket", () -> !seen.others.isEmpty());
        assertThat(seen.others).containsExactly(new Observed.Other(port, before + 3 * 261 + 7 + 4, 45));
    }

    /** Of MPTCP, a socket goes through others, which the kernel has for itself. */
    @Test
    void aConnectionOverSeveralPathsIsCountedOnce() throws IOException {
        assumeTrue(Files.exists(Path.of("/proc/sys/net/mptcp/enabled")), "the kernel has no MPTCP");
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import socket
                s = socket.create_server(('127.0.0.1', 0))
                for says in (b'secret', b'GET / HTTP/1.1\\r\\n\\r\\n'):
                    c = socket.socket(proto=262); c.connect(s.getsockname()); d = s.accept()[0]
                    c.sendall(says); d.sendall(b'four'); c.recv(9); c.close()
                """);
        seen.untilEnd(kernel, process);
        seen.until(kernel, "the closing of the socket", () -> !seen.others.isEmpty());
        assertThat(seen.others)
                .singleElement()
                .satisfies(other -> assertThat(other).isEqualTo(new Observed.Other(other.port(), 6, 4)));
    }

    @Test
    void whatIsServedOverTlsThatNoLibrarySaysIsCounted() throws IOException {
        guise("c.sendall(b'\\x16\\x03' + b'x' * 1000); d.recv(4096); d.sendall(b'\\x16\\x03' + b'x' * 3000)");
        seen.until(kernel, "the closing of the socket", () -> !seen.served.isEmpty());
        assertThat(seen.served).containsExactly(new Observed.Served("127.0.0.1", 3002, 1002));
    }

    /** NATS and STOMP have a command of the name that HTTP has for asking a proxy. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "b'INFO {}'   | b'CONNECT {\"verbose\":false}', b'PUB a 2'",
                "b''          | b'CONNECT\\nhost:a', b'SEND\\n\\nhello'"
            })
    void aCommandOfAnotherProtocolThatIsCalledAsAMethodOfHttpIsNone(final String greeting, final String says)
            throws IOException {
        final Process process = guise("[d.sendall(" + greeting + "), [c.sendall(part) for part in (" + says + ")]]");
        final int port = Integer.parseInt(process.inputReader().readLine());
        seen.until(kernel, "the closing of the socket", () -> !seen.others.isEmpty());
        assertThat(seen.sockets).isEmpty();
        assertThat(seen.others).extracting(Observed.Other::port).containsExactly(port);
    }

    /** Both ends of a connection in one process. */
    private Process guise(final String says) throws IOException {
        final Process process = sandbox.start(
                "/usr/bin/python3",
                "-c",
                String.join(
                        "\n",
                        "import socket",
                        "s = socket.create_server(('127.0.0.1', 0))",
                        "c = socket.create_connection(s.getsockname()); d = s.accept()[0]",
                        says + "; c.close()",
                        "print(s.getsockname()[1], flush=True)"));
        seen.untilEnd(kernel, process);
        return process;
    }

    /** Both ends in one process, as a real client and server of each database spoke. */
    @ParameterizedTest
    @ValueSource(strings = {"postgres-psycopg", "postgres-asyncpg", "mysql-pymysql"})
    void whatADatabaseSaysIsSeenAtItsClient(final String recorded) throws IOException, URISyntaxException {
        final Path capture = Path.of(Transcript.class
                .getResource("transcripts/" + recorded + ".capture")
                .toURI());
        final Process both = sandbox.start("/usr/bin/python3", "-c", """
                import socket, struct, sys
                server = socket.create_server(('127.0.0.1', 0))
                client = socket.create_connection(server.getsockname()); served = server.accept()[0]
                recorded = open(sys.argv[1], 'rb')
                while direction := recorded.read(1):
                    bytes = recorded.read(struct.unpack('>i', recorded.read(4))[0])
                    to, at = (client, served) if direction == b'>' else (served, client)
                    to.sendall(bytes)
                    left = len(bytes)
                    while left: left -= len(at.recv(left))
                print(server.getsockname()[1])
                """, capture.toString());
        final int port = Integer.parseInt(both.inputReader().readLine());
        seen.untilEnd(kernel, both);
        assertThat(seen.peers).containsExactly(new Peer("127.0.0.1", port, false, true));
        assertThat(seen.sockets.values())
                .allSatisfy(stream -> assertThat(stream.missing).isZero());
        assertThat(seen.sockets).hasSize(2);
        for (final boolean sent : new boolean[] {true, false}) {
            final StringBuilder said = new StringBuilder();
            for (final Transcript.Chunk chunk : Transcript.load(recorded + ".capture")) {
                if (chunk.sent() == sent) {
                    said.append(new String(chunk.bytes(), StandardCharsets.UTF_8));
                }
            }
            assertThat(seen.sockets.entrySet())
                    .filteredOn(stream -> stream.getKey().startsWith(sent ? "SENT" : "RECEIVED"))
                    .singleElement()
                    .satisfies(stream -> assertThat(stream.getValue().text()).isEqualTo(said.toString()));
        }
    }

    /** Else an urgent byte in the middle of a request's target would make another one of it, and what is thrown away a forged answer. */
    @Test
    void whatIsBesideAStreamOrThrownAwayIsMissingInIt() throws IOException {
        final Process both = sandbox.start("/usr/bin/python3", "-c", """
                import ctypes, socket
                s = socket.create_server(('127.0.0.1', 0))
                c = socket.create_connection(s.getsockname()); d = s.accept()[0]
                c.sendall(b'GET /inno'); c.sendmsg([b'c'], [], socket.MSG_OOB); c.sendall(b'ent HTTP/1.1\\r\\n\\r\\n')
                d.recv(9, socket.MSG_WAITALL); assert d.recv(1, socket.MSG_OOB) == b'c'; d.recv(100)
                d.sendall(b'HTTP/1.1 500 real\\r\\n\\r\\n'); d.sendall(b'HTTP/1.1 204 No Content\\r\\n\\r\\n')
                forged = ctypes.create_string_buffer(b'HTTP/1.1 200 forged\\r\\n\\r\\n')
                assert ctypes.CDLL(None).recv(c.fileno(), forged, 21, socket.MSG_TRUNC) == 21
                c.recv(100)
                """);
        seen.untilEnd(kernel, both);
        assertThat(seen.sockets.entrySet())
                .filteredOn(stream -> stream.getValue().missing != 0)
                .map(stream -> stream.getKey().replaceFirst(" .*", "") + " " + stream.getValue().missing + " "
                        + stream.getValue().text())
                .containsExactlyInAnyOrder(
                        "SENT 1 GET /innoent HTTP/1.1\r\n\r\n", "RECEIVED 21 HTTP/1.1 204 No Content\r\n\r\n");
    }

    /** A process that is not followed gets the descriptor of one that is. */
    @ParameterizedTest
    @ValueSource(strings = {"", "GET / HTTP/1.1\r\n\r\n"})
    void whatAnotherProcessSaysOverASocketIsCounted(final String before) throws IOException, InterruptedException {
        final Process outside = new ProcessBuilder(
                        "/usr/bin/python3",
                        "-u",
                        "-c",
                        """
                import socket, sys
                u = socket.socket(socket.AF_UNIX); u.bind(sys.argv[1]); u.listen(); print('here')
                v = u.accept()[0]; s = socket.socket(fileno=socket.recv_fds(v, 9, 1)[1][0])
                s.sendall(b'secret'); s.recv(100); s.close(); v.sendall(b'done')
                """,
                        folder.resolve("unix").toString())
                .start();
        assertThat(outside.inputReader().readLine()).isEqualTo("here");
        final Process agent = sandbox.start(
                "/usr/bin/python3", "-c", """
                import socket, sys
                s = socket.create_server(('127.0.0.1', 0))
                c = socket.create_connection(s.getsockname()); d = s.accept()[0]
                c.sendall(sys.argv[2].encode())
                u = socket.socket(socket.AF_UNIX); u.connect(sys.argv[1])
                d.sendall(b'four')
                socket.send_fds(u, [b'x'], [c.fileno()]); u.recv(9); c.close()
                """, folder.resolve("unix").toString(), before);
        seen.untilEnd(kernel, agent);
        outside.waitFor();
        seen.until(kernel, "the closing of the socket", () -> seen.others.size() + seen.socketsClosed > 0);
        if (before.isEmpty()) {
            assertThat(seen.others)
                    .singleElement()
                    .satisfies(other -> assertThat(other).isEqualTo(new Observed.Other(other.port(), 6, 4)));
        } else {
            assertThat(seen.sockets.entrySet())
                    .filteredOn(stream -> stream.getKey().startsWith("SENT"))
                    .singleElement()
                    .satisfies(stream -> assertThat(stream.getValue().missing).isEqualTo(6));
        }
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
                for blanks in b' ', b'\\t\\r\\n  ':
                    q, v = os.pipe()
                    os.write(v, blanks + b'{"id":3}\\n')
                """);
        seen.untilEnd(kernel, process);
        assertThat(seen.stdio.values())
                .extracting(Observed.Stream::text)
                .containsExactlyInAnyOrder(
                        "{\"jsonrpc\":\"2.0\",\"id\":1}\n{\"jsonrpc\":\"2.0\",\"id\":2}\n",
                        " {\"id\":3}\n",
                        "\t\r\n  {\"id\":3}\n");
        assertThat(seen.stdio.values())
                .allSatisfy(stream -> assertThat(stream.missing).isZero());
    }

    /** As a server that greets before its first answer. */
    @Test
    void whatIsSaidOnAChannelBeforeItSpeaksJsonIsNotMissing() throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import os
                r, w = os.pipe()
                for said in b'hello\\n', b'{"id":1}\\n', b'{"id":2}\\n':
                    os.write(w, said)
                """);
        seen.untilEnd(kernel, process);
        assertThat(seen.stdio.values()).singleElement().satisfies(stream -> {
            assertThat(stream.missing).isZero();
            assertThat(stream.text()).isEqualTo("{\"id\":1}\n{\"id\":2}\n");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"STREAM", "SEQPACKET", "DGRAM"})
    void theTwoDirectionsOfASocketPairAreToldApart(final String type) throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import socket, sys
                a, b = socket.socketpair(socket.AF_UNIX, getattr(socket, 'SOCK_' + sys.argv[1]))
                a.sendall(b'{"id":1}\\n'); b.recv(100)
                b.sendmsg([b'{"id":', b'1,"result":{}}\\n']); a.recv(100)
                """, type);
        seen.untilEnd(kernel, process);
        assertThat(seen.stdio.values().stream().map(Observed.Stream::text))
                .containsExactlyInAnyOrder("{\"id\":1}\n", "{\"id\":1,\"result\":{}}\n");
    }

    /** Whoever opens a terminal by whatever name. */
    @ParameterizedTest
    @ValueSource(strings = {"os.ttyname(slave)", "'/dev/tty'"})
    void theTwoDirectionsOfATerminalAreToldApart(final String name) throws IOException {
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import fcntl, os, sys, termios, tty
                os.setsid(); master, slave = os.openpty(); tty.setraw(slave)
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                terminal = os.open(NAME, os.O_RDWR)
                os.write(master, b'{"id":1}\\n'); os.read(terminal, 100)
                os.writev(terminal, [b'{"id":', b'1,"result":{}}\\n']); os.read(master, 100)
                """.replace("NAME", name));
        seen.untilEnd(kernel, process);
        assertThat(seen.stdio.values().stream().map(Observed.Stream::text))
                .containsExactlyInAnyOrder("{\"id\":1}\n", "{\"id\":1,\"result\":{}}\n");
        assertThat(seen.stdio.values())
                .allSatisfy(stream -> assertThat(stream.missing).isZero());
    }

    /** As under {@code kubectl exec -it}: the container's runtime holds the other end. */
    @Test
    void whatIsWrittenToATerminalThatIsReadFromOutsideIsNotTaken() throws IOException {
        final Process outside = new ProcessBuilder("/usr/bin/python3", "-u", "-c", """
                import os, pty, sys, tty
                master, slave = pty.openpty(); tty.setraw(slave); print(os.ttyname(slave))
                while data := os.read(master, 9): print(data)
                """).start();
        try {
            final String terminal = outside.inputReader().readLine();
            final Process process = sandbox.start("/usr/bin/python3", "-c", """
                    import os, sys
                    os.write(os.open(sys.argv[1], os.O_RDWR), b'{"id":1}\\n')
                    """, terminal);
            seen.untilEnd(kernel, process);
            assertThat(Sandbox.output(process)).isEmpty();
            assertThat(outside.inputReader().readLine()).isEqualTo("b'{\"id\":1}\\n'");
        } finally {
            outside.destroyForcibly();
        }
        assertThat(seen.stdio).isEmpty();
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
