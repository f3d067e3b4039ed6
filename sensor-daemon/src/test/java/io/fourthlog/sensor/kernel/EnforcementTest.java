package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is stopped of what real programs do; needs root. */
final class EnforcementTest extends KernelFixture {
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
    void theConnectionsToADestinationAreResetAndNoOthers() throws IOException, InterruptedException {
        final InetAddress here = InetAddress.getLoopbackAddress();
        try (ServerSocket denied = new ServerSocket(0, 2, here);
                ServerSocket other = new ServerSocket(0, 2, here)) {
            final Process process =
                    sandbox.start("/usr/bin/python3", "-c", """
                    import socket
                    plain = socket.create_connection(('127.0.0.1', DENIED))
                    mapped = socket.create_connection(('::ffff:127.0.0.1', DENIED))
                    other = socket.create_connection(('127.0.0.1', OTHER))
                    for each in plain, mapped:
                        try:
                            each.recv(1)
                        except ConnectionError:
                            print('reset')
                    print(other.recv(9).decode())
                    """.replace("DENIED", "" + denied.getLocalPort())
                            .replace("OTHER", "" + other.getLocalPort()));
            try (Socket plain = denied.accept();
                    Socket mapped = denied.accept();
                    Socket kept = other.accept()) {
                seen.until(kernel, "the program", () -> seen.started.containsKey((int) process.pid()));
                final long started = seen.started.getOrDefault((int) process.pid(), 0L);
                assertThat(reset(process, started - TimeUnit.SECONDS.toNanos(5), denied))
                        .isEqualTo(new ResetResult.NotThere());
                assertThat(reset(process, started, denied)).isEqualTo(new ResetResult.Reset());
                assertThatThrownBy(() -> plain.getInputStream().read()).hasMessageContaining("reset");
                assertThatThrownBy(() -> mapped.getInputStream().read()).hasMessageContaining("reset");
                assertThat(reset(process, started, denied)).isEqualTo(new ResetResult.NotThere());
                kept.getOutputStream().write("still".getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(Sandbox.output(process)).isEqualTo("reset\nreset\nstill\n");
            assertThat(kernel.reset(1, 0, sandbox.pod(), "example.org", 1)).isInstanceOf(ResetResult.Refused.class);
        }
    }

    private ResetResult reset(final Process process, final long startNs, final ServerSocket to) {
        return kernel.reset((int) process.pid(), startNs, sandbox.pod(), "127.0.0.1", to.getLocalPort());
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

    /** As a Service's is that is balanced in {@code connect}, by a program on a cgroup above the pod's. */
    @Test
    void aDestinationIsRefusedUnderTheAddressThatWasAskedFor() throws IOException, InterruptedException {
        try (HttpsServer server = new HttpsServer(shared);
                Sandbox node = new Sandbox("node");
                SocketBalancer _ = new SocketBalancer(node.pod())) {
            node.shell("true").waitFor();
            final Path pod = node.pod().resolve("container");
            kernel.track(pod);
            final String[] connect = {
                "/usr/bin/python3",
                "-c",
                "import socket; socket.create_connection(('10.96.0.1', " + server.port() + "))"
            };
            assertThat(Sandbox.output(node.start(connect))).isEmpty();
            assertThat(kernel.block(pod, "127.0.0.1", server.port())).isEqualTo(new BlockResult.Blocked());
            assertThat(Sandbox.output(node.start(connect))).contains("PermissionError: [Errno 1]");
        }
    }
}
