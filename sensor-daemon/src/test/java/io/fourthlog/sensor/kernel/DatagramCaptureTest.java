package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.kernel.KernelEventSink.Flow;
import io.fourthlog.sensor.kernel.Observed.Datagrams;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Datagrams of real programs, by where they go; needs root. */
final class DatagramCaptureTest extends KernelFixture {
    private static final int ICMP = 1;
    private static final int UDP = 17;

    /** Two sockets that answer, of a process that is not followed. */
    private static final String SERVER = """
            import select, socket
            four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); four.bind(('127.0.0.1', 0))
            six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); six.bind(('::1', 0))
            print(four.getsockname()[1], six.getsockname()[1])
            while True:
                for ready in select.select([four, six], [], [], 60)[0]:
                    data, whence = ready.recvfrom(65536)
                    ready.sendto(b'a' * 1000, whence)
            """;

    private record Ports(int four, int six) {}

    private static Ports ports(final Process server) throws IOException {
        final String[] ports = server.inputReader().readLine().split(" ", -1);
        return new Ports(Integer.parseInt(ports[0]), Integer.parseInt(ports[1]));
    }

    private Process client(final Ports to, final String code) throws IOException {
        return sandbox.start("/usr/bin/python3", "-c", """
                import socket, struct, sys
                FOUR, SIX = ('127.0.0.1', %d), ('::1', %d)
                def udp(family=socket.AF_INET): return socket.socket(family, socket.SOCK_DGRAM)
                """.formatted(to.four(), to.six()) + code);
    }

    @Test
    void oneFlowForAllThatGoesToADestinationByWhicheverCallAndSocket() throws IOException {
        final Process server = new ProcessBuilder("/usr/bin/python3", "-u", "-c", SERVER).start();
        try {
            final Ports ports = ports(server);
            final Process client = client(ports, """
                    one = udp(); one.connect(FOUR)
                    one.send(b'q' * 10); one.recv(65536)
                    one.sendmsg([b'q' * 4, b'q' * 6]); one.recv(65536, socket.MSG_PEEK); one.recvmsg(65536)
                    one.close()
                    for i in range(20):
                        each = udp(); each.sendto(b'q' * 10, FOUR); each.recvfrom(65536); each.close()
                    both = udp(); both.connect(FOUR) # and to another by name
                    both.send(b'q' * 10); both.sendto(b'q' * 10, ('127.0.0.2', FOUR[1]))
                    mapped = udp(socket.AF_INET6); mapped.sendto(b'q' * 10, ('::ffff:127.0.0.1', FOUR[1])); mapped.recvfrom(65536)
                    six = udp(socket.AF_INET6); six.sendto(b'q' * 20, SIX); six.recvmsg(65536)
                    """);
            seen.untilEnd(kernel, client);
            assertThat(seen.ended)
                    .containsExactlyInAnyOrder(
                            new Datagrams(UDP, "127.0.0.1", ports.four(), 240, 23_000),
                            new Datagrams(UDP, "127.0.0.2", ports.four(), 10, 0),
                            new Datagrams(UDP, "0:0:0:0:0:0:0:1", ports.six(), 20, 1000));
            assertThat(seen.flows).hasSize(3);
        } finally {
            server.destroy();
        }
    }

    /** What glibc asks a name's server with. */
    @Test
    void datagramsOfOneCallAreSeenEach() throws IOException {
        final Process server = new ProcessBuilder("/usr/bin/python3", "-u", "-c", SERVER).start();
        try {
            final Ports ports = ports(server);
            final Process client = client(ports, """
                    import ctypes
                    libc = ctypes.CDLL(None)
                    text = ctypes.create_string_buffer(b'q' * 30)
                    name = ctypes.create_string_buffer(struct.pack('<H', socket.AF_INET) + struct.pack('>H', FOUR[1]) + socket.inet_aton(FOUR[0]) + bytes(8), 16)
                    segment = ctypes.create_string_buffer(struct.pack('<QQ', ctypes.addressof(text), 30))
                    message = struct.pack('<QQQQQQQQ', ctypes.addressof(name), 16, ctypes.addressof(segment), 1, 0, 0, 0, 0)
                    # of no length is no name: it goes where the socket leads
                    unnamed = struct.pack('<QQQQQQQQ', ctypes.addressof(name), 0, ctypes.addressof(segment), 1, 0, 0, 0, 0)
                    six = udp(socket.AF_INET6); six.connect(SIX)
                    four = udp()
                    assert libc.sendmmsg(four.fileno(), message * 2, 2, 0) == 2
                    assert libc.sendmsg(six.fileno(), unnamed, 0) == 30
                    """);
            seen.untilEnd(kernel, client);
            assertThat(seen.ended)
                    .containsExactlyInAnyOrder(
                            new Datagrams(UDP, "127.0.0.1", ports.four(), 60, 0),
                            new Datagrams(UDP, "0:0:0:0:0:0:0:1", ports.six(), 30, 0));
        } finally {
            server.destroy();
        }
    }

    @Test
    void aServersAnswersAreItsOwnAndWhatOnlyListensSendsNothing() throws IOException {
        final Process server = sandbox.start("/usr/bin/python3", "-u", "-c", """
                import socket
                here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); here.bind(('127.0.0.1', 0))
                print(here.getsockname()[1])
                here.recvfrom(65536)
                data, whence = here.recvfrom(65536)
                here.sendto(b'yes', whence)
                """);
        final int port = Integer.parseInt(server.inputReader().readLine());
        final Process client = sandbox.start("/usr/bin/python3", "-c", """
                import socket
                one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.connect(('127.0.0.1', PORT))
                one.send(b'first'); one.send(b'second'); one.recv(100)
                """.replace("PORT", Integer.toString(port)));
        seen.untilEnd(kernel, client);
        seen.untilEnd(kernel, server);
        assertThat(seen.ended).hasSize(2).contains(new Datagrams(UDP, "127.0.0.1", port, 11, 3));
        assertThat(seen.ended)
                .filteredOn(flow -> flow.port() != port)
                .singleElement()
                .satisfies(flow -> assertThat(flow.sent()).isEqualTo(3))
                .satisfies(flow -> assertThat(flow.received()).isZero());
    }

    @Test
    void otherProtocolsAreToldAsTheyAre() throws IOException {
        final Process client = client(new Ports(1, 1), """
                raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
                raw.sendto(bytes([8, 0, 0xf7, 0xff, 0, 0, 0, 0]) + b'secret', ('127.0.0.1', 0))
                """);
        seen.untilEnd(kernel, client);
        assertThat(seen.ended)
                .singleElement()
                .satisfies(
                        flow -> assertThat(flow).isEqualTo(new Datagrams(ICMP, "127.0.0.1", 0, 14, flow.received())));
    }

    @Test
    void whatEndsWithTheSensorIsTold() throws IOException, InterruptedException {
        final Process client = client(new Ports(9, 9), """
                one = udp(); one.sendto(b'q' * 10, FOUR); print('sent', flush=True); sys.stdin.read()
                """);
        assertThat(client.inputReader().readLine()).isEqualTo("sent");
        seen.until(kernel, "its flow", () -> !seen.flows.isEmpty());
        assertThat(seen.flows.getFirst()).isEqualTo(new Flow(1, UDP, "127.0.0.1", 9));
        assertThat(seen.ended).isEmpty();
        kernel.settle(seen);
        assertThat(seen.ended).containsExactly(new Datagrams(UDP, "127.0.0.1", 9, 10, 0));
    }

    /** A frame of its own making, and netlink, which only leads to the kernel. */
    @Test
    void socketsOfOtherFamiliesAreABlindSpot() throws IOException {
        final Process quiet = client(new Ports(1, 1), """
                link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
                link.send(struct.pack('=LHHLL', 16, 3, 0, 1, 0)) # NLMSG_DONE
                """);
        seen.untilEnd(kernel, quiet);
        assertThat(seen.blindSpots).isEmpty();
        final Process loud = client(new Ports(1, 1), """
                wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); wire.bind(('lo', 0))
                wire.send(bytes(12) + b'\\x88\\xb5' + b'secret'); wire.send(bytes(12) + b'\\x88\\xb5' + b'secret')
                """);
        seen.untilEnd(kernel, loud);
        assertThat(seen.blindSpots).extracting(Observed.Blind::kind).isEqualTo(List.of("family"));
    }
}
