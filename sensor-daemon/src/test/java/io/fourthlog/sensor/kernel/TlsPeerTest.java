package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the TLS connections of real programs lead that have several at once, on the same port; needs root. */
final class TlsPeerTest extends KernelFixture {
    private static final int TLS = 3;

    /** The library works on memory; its records are sent by libuv. */
    @Test
    void ofNode() throws IOException {
        asks("node", "-e", """
                const https = require('node:https'), fs = require('node:fs');
                const ask = (agent, address, n) => new Promise((done) => {
                  const request = https.request({host: address, port: process.argv[1], path: '/' + address, method: 'POST', agent,
                    servername: 'localhost', ca: fs.readFileSync(process.argv[2])}, (answer) => { answer.resume(); answer.on('end', done); });
                  request.end('x'.repeat(n));
                });
                setTimeout(async () => {
                  const agent = new https.Agent({keepAlive: true, maxSockets: 1});
                  for (const n of [10, 1000, 100000])
                    await Promise.all(['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => ask(agent, address, n)));
                  process.exit(0);
                }, 500);
                """);
    }

    /** The same, sent by Python. */
    @Test
    void ofAsyncio() throws IOException {
        asks("/usr/bin/python3", "-c", """
                import asyncio, ssl, sys
                async def talk(address):
                    context = ssl.create_default_context(cafile=sys.argv[2])
                    reader, writer = await asyncio.open_connection(address, int(sys.argv[1]), ssl=context, server_hostname='localhost')
                    for n in (10, 1000, 100000):
                        writer.write(f'POST /{address} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: {n}\\r\\n\\r\\n'.encode())
                        writer.write(b'x' * n)
                        await reader.readuntil(b'bytes')
                async def main():
                    await asyncio.sleep(0.5)
                    await asyncio.gather(*(talk(f'127.0.0.{i}') for i in (1, 2, 3)))
                asyncio.run(main())
                """);
    }

    /** The library sends by itself. */
    @Test
    void ofThreadsOnSockets() throws IOException {
        asks("/usr/bin/python3", "-c", """
                import http.client, ssl, sys, threading, time
                context = ssl._create_unverified_context()
                def talk(address, kept=[]):
                    client = http.client.HTTPSConnection(address, int(sys.argv[1]), context=context)
                    kept.append(client)
                    for n in (10, 1000, 100000):
                        client.request('POST', '/' + address, b'x' * n)
                        client.getresponse().read()
                time.sleep(0.5)
                threads = [threading.Thread(target=talk, args=(f'127.0.0.{i}',)) for i in (1, 2, 3)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
                """);
    }

    @Test
    void ofCurlInParallel() throws IOException, InterruptedException {
        survey(seen);
        asks("/usr/bin/sh", "-c", """
                exec curl -ksZ --no-progress-meter --parallel-immediate -d x "https://127.0.0.1:$0/127.0.0.1" "https://127.0.0.2:$0/127.0.0.2" "https://127.0.0.3:$0/127.0.0.3"
                """);
    }

    @Test
    void ofGo() throws IOException, InterruptedException {
        final Path program = strippedGoProgram("""
                package main

                import (
                	"crypto/tls"
                	"io"
                	"net/http"
                	"os"
                	"strings"
                	"sync"
                	"time"
                )

                func main() {
                	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
                	time.Sleep(time.Second)
                	var all sync.WaitGroup
                	for _, address := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"} {
                		all.Add(1)
                		go func() {
                			defer all.Done()
                			for _, n := range []int{10, 1000, 100000} {
                				answer, err := client.Post("https://"+address+":"+os.Args[1]+"/"+address, "text/plain", strings.NewReader(strings.Repeat("x", n)))
                				if err != nil {
                					panic(err)
                				}
                				io.Copy(io.Discard, answer.Body)
                				answer.Body.Close()
                			}
                		}()
                	}
                	all.Wait()
                }
                """);
        asks(program.toString());
    }

    /** A proxy's address is not the host's. */
    @Test
    void behindAProxyIsTheProxys() throws IOException, InterruptedException {
        final Path script = Files.writeString(folder.resolve("client.py"), """
                import socket, ssl, sys, threading
                def move(source, target):
                    while data := source.recv(65536): target.sendall(data)
                    target.shutdown(socket.SHUT_WR)
                def serve(listener):
                    inner = listener.accept()[0]
                    inner.recv(1000)
                    outer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
                    inner.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')
                    threading.Thread(target=move, args=(outer, inner), daemon=True).start()
                    move(inner, outer)
                listener = socket.create_server(('127.0.0.1', 0))
                threading.Thread(target=serve, args=(listener,), daemon=True).start()
                client = socket.create_connection(listener.getsockname())
                client.sendall(b'CONNECT localhost:443 HTTP/1.1\\r\\nHost: localhost:443\\r\\n\\r\\n')
                client.recv(1000)
                client = ssl._create_unverified_context().wrap_socket(client)
                client.sendall(b'GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n')
                client.recv(1000)
                print(listener.getsockname()[1])
                """);
        try (HttpsServer server = new HttpsServer(shared)) {
            survey(seen);
            final Process client = sandbox.start("/usr/bin/python3", script.toString(), String.valueOf(server.port()));
            seen.untilEnd(kernel, client);
            final int proxy = Integer.parseInt(Sandbox.output(client).strip());
            assertThat(seen.tlsPeers.values()).containsExactly(new Peer("127.0.0.1", proxy, true, true));
        }
    }

    /** Neither has an address. */
    @Test
    void overAUnixSocketItIsNotTold() throws IOException, InterruptedException {
        survey(seen);
        final Process client = sandbox.start("/usr/bin/python3", "-c", """
                import socket, ssl, sys, threading
                ours, theirs = socket.socketpair()
                server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                server.load_cert_chain(sys.argv[1] + '/certificate.pem', sys.argv[1] + '/key.pem')
                def serve():
                    with server.wrap_socket(theirs, server_side=True) as s: s.sendall(s.recv(100))
                threading.Thread(target=serve).start()
                with ssl._create_unverified_context().wrap_socket(ours) as c:
                    c.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n'); c.recv(100)
                """, shared.toString());
        seen.untilEnd(kernel, client);
        assertThat(seen.tlsPeers).isEmpty();
        assertThat(seen.tls.values()).extracting(Observed.Stream::text).contains("GET / HTTP/1.1\r\n\r\n");
    }

    /** What it hears of others is none of what it says to others. */
    @Test
    @Timeout(60)
    void whatIsServedIsKnownToBe() throws IOException {
        final List<String> served = new ArrayList<>();
        final Process process = sandbox.start("node", "-e", """
                const https = require('node:https'), fs = require('node:fs'), folder = process.argv[1];
                setTimeout(() => {
                  const server = https.createServer({key: fs.readFileSync(folder + '/key.pem'), cert: fs.readFileSync(folder + '/certificate.pem')},
                    (request, answer) => answer.end('served'));
                  server.listen(0, '127.0.0.1', () => https.get({port: server.address().port, rejectUnauthorized: false},
                    (answer) => { answer.resume(); answer.on('end', () => process.exit(0)); }));
                }, 500);
                """, shared.toString());
        while (!seen.exited.contains((int) process.pid())) {
            kernel.poll(Duration.ofMillis(20), seen, record -> {
                if (record.integer(0) == TLS && record.integer(72) == 0) {
                    final byte[] data = record.bytes(80, record.integer(68)).toArray(ValueLayout.JAVA_BYTE);
                    served.add(record.integer(76) + " " + new String(data, StandardCharsets.UTF_8).split(" ", 2)[0]);
                }
            });
        }
        assertThat(served).containsExactly("0 GET", "1 HTTP/1.1");
        assertThat(seen.tlsPeers.values()).extracting(Peer::connected).containsExactlyInAnyOrder(true, false);
        assertThat(seen.served).isEmpty();
    }

    /** With the socket in the library's hands, and with memory between the two. */
    @ParameterizedTest
    @ValueSource(strings = {"""
                def serve():
                    with server.wrap_socket(listener.accept()[0], server_side=True) as s: s.recv(100); s.sendall(b'x' * 5000)
                threading.Thread(target=serve).start()
                """, """
                async def answer(reader, writer):
                    await reader.read(100); writer.write(b'x' * 5000); await writer.drain(); writer.close(); await writer.wait_closed()
                async def serve():
                    async with await asyncio.start_server(answer, sock=listener, ssl=server) as s: await s.serve_forever()
                threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
                """})
    void whatIsServedAndHeardIsNotCountedAsUnread(final String serve) throws IOException, InterruptedException {
        survey(seen);
        final Process process = sandbox.start("/usr/bin/python3", "-c", """
                import asyncio, socket, ssl, sys, threading
                listener = socket.create_server(('127.0.0.1', 0))
                server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                server.load_cert_chain(sys.argv[1] + '/certificate.pem', sys.argv[1] + '/key.pem')
                HERE
                c = ssl._create_unverified_context().wrap_socket(socket.create_connection(listener.getsockname()))
                c.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')
                while c.recv(10000): pass
                """.replace("HERE", serve), shared.toString());
        seen.untilEnd(kernel, process);
        assertThat(Sandbox.output(process)).isEmpty();
        assertThat(seen.tls.values()).extracting(Observed.Stream::text).contains("x".repeat(5000));
        assertThat(seen.served).isEmpty();
    }

    /** Runs a program that asks each of three servers for the path that is its address, on a connection that it keeps. */
    private void asks(final String... command) throws IOException {
        final Map<String, Peer> expected = new TreeMap<>();
        try (HttpsServer server = HttpsServer.onThreeAddresses(shared)) {
            final String[] words = java.util.Arrays.copyOf(command, command.length + 2);
            words[command.length] = String.valueOf(server.port());
            words[command.length + 1] = shared.resolve("certificate.pem").toString();
            final Process client = sandbox.start(words);
            seen.untilEnd(kernel, client);
            assertThat(Sandbox.output(client).replaceAll("got \\d+ bytes", "")).isEmpty();
            for (int i = 1; i <= 3; i++) {
                expected.put("/127.0.0." + i, new Peer("127.0.0." + i, server.port(), false, true));
            }
        }
        final Map<String, Peer> told = seen.tls.entrySet().stream()
                .filter(stream -> stream.getKey().startsWith("SENT"))
                .collect(Collectors.toMap(
                        stream -> stream.getValue().text().split(" ", -1)[1],
                        stream -> seen.tlsPeers.getOrDefault(
                                Long.parseLong(stream.getKey().substring("SENT ".length())),
                                new Peer("", 0, false, true)),
                        (one, other) -> {
                            assertThat(other).isEqualTo(one); // Go may open more than one
                            return one;
                        }));
        assertThat(told).containsExactlyInAnyOrderEntriesOf(expected);
        assertThat(seen.tlsPeersLate).isEmpty();
    }
}
