package io.fourthlog.sensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.log.LogReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchCommandTest {

    @TempDir
    private Path folder = Path.of("");

    private final StringWriter said = new StringWriter();

    @Test
    void aProgramIsStartedAuditedAndItsExitCodePassedOn() throws IOException, EventFormatException {
        final Path file = Files.writeString(folder.resolve("notes"), "0123456789");
        assertThat(watch("--", "/bin/sh", "-c", "read x < " + file + "; exit 7"))
                .isEqualTo(7);
        assertThat(events(DataAccess.class))
                .filteredOn(access -> access.resourceUri().endsWith("/notes"))
                .singleElement()
                .satisfies(access -> {
                    assertThat(access.byteCount()).isPositive();
                    assertThat(access.header().workloadId()).matches("proc://[^/]+/cgroup/fourthlog-[0-9]+-sh");
                });
        assertThat(said.toString()).contains("fourthlog trace --trail " + folder.resolve("state"));
    }

    /** The probes are on the program and on the libraries of this machine before it runs. */
    @Test
    void whatAProgramSaysFirstIsHeard() throws IOException, EventFormatException {
        final Process server = new ProcessBuilder("/usr/bin/python3", "-u", "-c", """
                import os, socket, ssl, sys
                os.system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key -out certificate -subj /CN=localhost 2>errors")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain("certificate", "key")
                listener = socket.create_server(("127.0.0.1", 0))
                print(listener.getsockname()[1])
                with context.wrap_socket(listener.accept()[0], server_side=True) as client:
                    while b"Who?" not in client.recv(65536):
                        pass
                    client.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 72\\r\\n\\r\\n'
                                   b'{"model":"m-1","choices":[{"index":0,"message":{"content":"canary"}}]}  ')
                """)
                .directory(folder.toFile())
                .redirectError(folder.resolve("errors").toFile())
                .start();
        try (BufferedReader printed = server.inputReader()) {
            final String address = "https://localhost:" + printed.readLine() + "/v1/chat/completions";
            final String question = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"}]}";
            assertThat(watch("--", "curl", "-sk", "-o", "/dev/null", "-d", question, address))
                    .isZero();
        } finally {
            server.destroyForcibly();
        }
        assertThat(events(ModelInvocation.class))
                .extracting(ModelInvocation::modelId)
                .containsExactly("m-1");
        assertThat(events(ErrorEvent.class)).isEmpty();
    }

    @Test
    void aPolicyHoldsWithoutACluster() throws IOException, EventFormatException {
        final Path secret = Files.writeString(
                Files.createDirectory(folder.resolve("secret")).resolve("key"), "s");
        final Path policy = Files.writeString(folder.resolve("policy.yaml"), """
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: local}
                spec:
                  podSelector: {}
                  redactionProfileRef: {name: default}
                  retentionTierRef: {name: standard}
                  validationActions: [Deny]
                  rules:
                  - name: no-key
                    on: [data_access]
                    when: "event.resource_uri.startsWith('file://%s/')"
                    decision: deny
                    enforce: terminate
                """.formatted(secret.getParent()));
        final Path copy = folder.resolve("copy");
        final int code = watch(
                "--policy", policy.toString(), "--", "/bin/sh", "-c", "cat " + secret + " > " + copy + " || exit 3");
        assertThat(code).isEqualTo(3);
        assertThat(copy).isEmptyFile();
        assertThat(events(PolicyDecision.class))
                .filteredOn(decision -> decision.decision() == Decision.DENY)
                .extracting(PolicyDecision::ruleFired, PolicyDecision::enforcement)
                .containsExactly(tuple("no-key", Enforcement.ENFORCED));
    }

    @Test
    void aDeniedQuestionsConnectionIsReset() throws IOException, EventFormatException {
        final Path policy = Files.writeString(folder.resolve("policy.yaml"), """
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: local}
                spec:
                  validationActions: [Deny]
                  rules:
                  - {name: no-mail, on: [model_invocation], when: "'PII:email' in event.input_sensitivity", decision: deny, enforce: reset}
                """);
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) { // that never answers
            final String question =
                    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Who is ann@example.org?\"}]}";
            final String address = "http://127.0.0.1:" + server.getLocalPort() + "/v1/chat/completions";
            final int receiveError = 56; // curl(1)
            assertThat(watch("--policy", policy.toString(), "--", "curl", "-s", "-d", question, address))
                    .isEqualTo(receiveError);
        }
        assertThat(events(PolicyDecision.class))
                .filteredOn(decision -> decision.decision() == Decision.DENY)
                .extracting(PolicyDecision::ruleFired, PolicyDecision::enforcement, PolicyDecision::enforcementAction)
                .containsExactly(tuple("no-mail", Enforcement.ENFORCED, "reset"));
        assertThat(events(ModelInvocation.class)).hasSize(1);
    }

    @Test
    void aPolicyWithAFaultIsRefusedByItsFileAndField() throws IOException {
        final Path policy = Files.writeString(folder.resolve("policy.yaml"), """
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: local}
                spec:
                  rules:
                  - {name: a, on: [data_access], when: "event.nothing", decision: flag}
                """);
        assertThat(watch("--policy", policy.toString(), "--", "true")).isEqualTo(2);
        assertThat(said.toString()).contains("rules[0].when").contains("nothing");
    }

    @Test
    void itHasToBeToldWhatToFollow() {
        assertThat(watch()).isEqualTo(2);
        assertThat(said.toString()).contains("--unit NAME");
    }

    private int watch(final String... arguments) {
        final List<String> all = new ArrayList<>(
                List.of("watch", "--state", folder.resolve("state").toString()));
        all.addAll(List.of(arguments));
        return SensorMain.commandLine().setErr(new PrintWriter(said, true)).execute(all.toArray(String[]::new));
    }

    private <T extends Event> List<T> events(final Class<T> type) throws IOException, EventFormatException {
        final List<T> events = new ArrayList<>();
        final LogReader log = LogReader.open(folder.resolve("state/log"));
        for (long i = 0; i < log.size(); i++) {
            final Event event = EventCodec.decode(log.entry(i));
            if (type.isInstance(event)) {
                events.add(type.cast(event));
            }
        }
        return events;
    }
}
