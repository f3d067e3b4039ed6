package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.sensor.kernel.KernelUnavailableException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent on Node.js that several users ask at once over TLS, seen by the real kernel side. Needs root. */
class LiveServedTest {
    private static final int AROUND = "Answer the question. Question: plain: who is it Answer:".length();

    @TempDir
    private Path certificates;

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void eachQuestionIsInTheTraceOfTheUserWhoAskedIt()
            throws IOException, InterruptedException, KernelUnavailableException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        LiveRun.certify(certificates);
        final List<String> traces = List.of("a1".repeat(16), "b2".repeat(16), "c3".repeat(16), "d4".repeat(16));
        final int port = freePort();
        final List<String> users = new ArrayList<>(List.of("node", "users.mjs", String.valueOf(port)));
        users.addAll(traces);
        try (LiveRun run = new LiveRun("asked")) {
            final Process asking = new ProcessBuilder(users)
                    .directory(LiveRun.SCRIPTS.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(certificates.resolve("users.log").toFile())
                    .start();
            try {
                run.ask(
                        certificates,
                        "cd " + LiveRun.SCRIPTS + " && export NODE_EXTRA_CA_CERTS="
                                + certificates.resolve("certificate.pem") + " && exec node agent.mjs BASE " + port + " "
                                + certificates + " " + traces.size());
            } finally {
                asking.destroyForcibly().waitFor();
            }
            assertThat(run.scene.models()).hasSize(traces.size()).allSatisfy(model -> {
                assertThat(model.header().traceId()).isEqualTo(traces.get(marks(model) - 1));
                assertThat(run.scene.cause(model)).isInstanceOfSatisfying(IdentityAssertion.class, user -> {
                    assertThat(user.clientAddress()).isEqualTo("127.0.0.1");
                    assertThat(user.request()).isEqualTo("POST https://127.0.0.1:" + port + "/chat");
                    assertThat(user.federatedIdentity()).startsWith("hmac:");
                });
            });
            assertThat(run.scene.models()).extracting(LiveServedTest::marks).doesNotHaveDuplicates();
            assertThat(run.scene.written()).doesNotContain("canary", "who is it");
        }
    }

    /** How many question marks the question ends with, which tells whose it is. */
    private static int marks(final ModelInvocation model) {
        return (int) model.fingerprints().stream()
                        .filter(print -> print.part().equals("input.user"))
                        .findFirst()
                        .orElseThrow()
                        .bytes()
                - AROUND;
    }
}
