package io.fourthlog.trail.command;

import static io.fourthlog.trail.command.Run.json;
import static io.fourthlog.trail.command.Run.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.trail.Scene;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code fourthlog policy} from the outside: real files and a real trail in; text and exit code out. */
final class PolicyCommandTest {

    private static final Path LIBRARY = Path.of("..", "config", "samples", "library");
    private static final String CUSTOMERS = "event.resource_uri.startsWith('file:///data/')";

    @TempDir
    private Path folder;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    /** A policy that denies reads. */
    private Path policy(String namespace, String when) throws IOException {
        return write("reads.yaml", """
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: reads%s}
                spec:
                  validationActions: [Deny]
                  rules:
                  - {name: read, on: [data_access], when: "%s", decision: deny, messageExpression: "'read of ' + event.resource_uri"}
                  - {name: tool, on: [tool_invocation], when: "event.tool_name == 'read_file'", decision: flag}
                """.formatted(namespace.isEmpty() ? "" : ", namespace: " + namespace, when));
    }

    // check

    @Test
    void nothingIsFoundInTheLibrary() {
        assertThat(run("policy", "check", LIBRARY)).isEqualTo(new Run(0, "26 files, 26 policies: nothing found\n", ""));
    }

    @Test
    void aFaultIsNamedWithItsPlaceAndWhatWasMeant() throws IOException {
        final Path file = policy("support", "event.resource_url == 'x'");

        assertThat(run("policy", "check", file))
                .isEqualTo(new Run(
                        1,
                        "error  " + file
                                + ": support/reads: spec.rules[0].when: 1:6: event has no field \"resource_url\"; did you mean"
                                + " \"resource_uri\"?\n1 file, 1 policy: 1 error, 0 warnings\n",
                        ""));
    }

    @Test
    void whatIsProbablyNotMeantIsAFindingOfItsKind() throws IOException {
        final Path file = write("lint.yaml", """
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: lint}
                spec:
                  rules:
                  - {name: a, on: [data_access], when: "event.access_mode == 'read' && event.access_mode == 'write'", decision: flag}
                  - {name: b, on: [data_access], when: "1 == 1", decision: flag}
                  - {name: c, on: [data_access], when: "event.access_mode == 'read' && 1 == 1", decision: flag}
                  - {name: d, on: [data_access], when: "trace.tools.all(a, trace.hosts.all(b, a != b))", decision: flag}
                """);
        final Run run = run("policy", "check", file, "-o", "json");

        assertThat(run.code()).isEqualTo(1);
        assertThat(json(run).path("findings"))
                .extracting(each ->
                        each.path("path").asText() + " " + each.path("kind").asText())
                .containsExactlyInAnyOrder(
                        "spec.rules[0].when unreachable",
                        "spec.rules[1].when always_true",
                        "spec.rules[2].when shadowed",
                        "spec.rules[3].when unbounded");
    }

    @Test
    void whatIsNotYamlIsAFindingWithItsLine() throws IOException {
        final Path file = write("broken.yaml", "kind: AgentAuditPolicy\nspec: [");

        assertThat(run("policy", "check", file)).satisfies(run -> {
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out())
                    .startsWith("error  " + file + ": not YAML: 2:")
                    .hasLineCount(2);
        });
    }

    // test

    @Test
    void theLibraryPassesItsTests() throws IOException {
        final Run run = run("policy", "test", LIBRARY, "-o", "json");

        assertThat(run.code()).isZero();
        assertThat(json(run).path("holds").asBoolean()).isTrue();
        assertThat(json(run).path("files")).hasSize(26);
    }

    @Test
    void aTestThatFailsSaysWhatWasDecided() throws IOException {
        final Path file = policy("", CUSTOMERS);
        final Path tests = write("reads.test.yaml", """
                policies: [reads.yaml]
                tests:
                - name: customers
                  when: {data_access: {resource_uri: "file:///data/customers.csv", access_mode: read}}
                  expect: {decision: allow}
                - name: hosts
                  when: {data_access: {resource_uri: "file:///etc/hosts", access_mode: read}}
                  expect: {decision: allow}
                """);
        final Run failed = new Run(1, """
                FAIL     TESTS  2 tests
                         customers
                           decision: expected allow, got deny
                1 file, 2 tests: 1 FAIL
                """.replace("TESTS", tests.toString()), "");

        assertThat(run("policy", "test", tests)).isEqualTo(failed);
        assertThat(run("policy", "test", file)).isEqualTo(failed);
        assertThat(run("policy", "test", folder, tests)).isEqualTo(failed);
    }

    @Test
    void aTestThatCannotBeRunIsBadInput() throws IOException {
        policy("", CUSTOMERS);
        write("reads.test.yaml", """
                policies: [reads.yaml]
                tests:
                - {name: a, when: {data_acces: {}}, expect: {decision: allow}}
                """);

        assertThat(run("policy", "test", folder)).satisfies(run -> {
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.out()).startsWith("NOT RUN");
            assertThat(run.err()).contains("tests[0].when: this names no type of event");
        });
    }

    // replay

    private Path spool;

    @BeforeEach
    void writeScene() throws IOException {
        spool = folder.resolve("spool");
        Scene.spool(spool, Scene.SENSOR, Scene.helpdesk());
        Scene.spool(spool, Scene.SENSOR, Scene.curious());
    }

    @Test
    void aReplayShowsWhatEachRuleWouldHaveDoneAndWhatThatChanges() throws IOException {
        assertThat(run("policy", "replay", policy("support", CUSTOMERS), "--trail", spool))
                .isEqualTo(new Run(0, """
                        Replay  6 events of support: 1 would be denied, 1 of them not at the time

                        RULE                WOULD DENY  WOULD FLAG  EXAMPLES
                        support/reads/read           1           0  2026-01-31T12:00:00.045Z  trace 4bf92f3577b34da6a3ce929d0e0e4736  read of file:///data/customers.csv
                        support/reads/tool           0           1  2026-01-31T12:00:00.040Z  trace 4bf92f3577b34da6a3ce929d0e0e4736  rule tool of support/reads

                        Against the decisions in the trail:
                          deny → allow  1 event
                        Not in a trail: labels of pods, so that podSelector selects all (--workload narrows), and where tools connected to.
                        """, ""));
    }

    @Test
    void whatWouldBeDeniedAnewFailsOnlyWhenThatIsAskedFor() throws IOException {
        final Path anew = policy("", CUSTOMERS);
        assertThat(run("policy", "replay", anew, "--trail", spool).code()).isZero();
        assertThat(run("policy", "replay", anew, "--trail", spool, "--fail-on-deny")
                        .code())
                .isEqualTo(1);

        final Path asBefore = policy("", "event.resource_uri.startsWith('file:///etc/secrets/')");
        final Run run = run("policy", "replay", asBefore, "--trail", spool, "--fail-on-deny", "-o", "json");
        assertThat(run.code()).isZero();
        assertThat(json(run).path("denied").asInt()).isEqualTo(1);
        assertThat(json(run).path("newly_denied").asInt()).isZero();
        assertThat(json(run).path("against_record")).isEmpty();
    }

    @Test
    void onlyWhatIsAskedForIsJudged() throws IOException {
        final Path file = policy("", "true");

        final JsonNode rule = json(run(
                        "policy", "replay", file, "--trail", spool, "--workload", "*/curious/*", "-o", "json"))
                .path("rules")
                .get(0);
        assertThat(rule.path("would_deny").asInt()).isEqualTo(1);
        assertThat(rule.path("examples").get(0).path("message").asText())
                .isEqualTo("read of file:///etc/secrets/database.env");
        assertThat(run(
                                "policy",
                                "replay",
                                policy("sales", "true"),
                                "--trail",
                                spool,
                                "--namespace",
                                "support",
                                "-o",
                                "yaml")
                        .out())
                .contains("namespace: support", "would_deny: 2");
    }

    @Test
    void logsOfSeveralSensorsAreReplayedInTheOrderOfTime() throws IOException {
        final Path trail = folder.resolve("trail");
        for (final String sensor : new String[] {"demo.support.node-1", "demo.support.node-2"}) {
            final Path state = Scene.spool(
                    folder.resolve(sensor), sensor, sensor.endsWith("1") ? Scene.curious() : Scene.helpdesk());
            Files.createDirectories(trail.resolve("logs"));
            Files.move(state.resolve("log"), trail.resolve("logs").resolve(sensor));
        }
        final JsonNode examples = json(run("policy", "replay", policy("", "true"), "--trail", trail, "-o", "json"))
                .path("rules")
                .get(0)
                .path("examples");
        assertThat(examples)
                .extracting(each -> each.path("message").asText())
                .containsExactly("read of file:///data/customers.csv", "read of file:///etc/secrets/database.env");
    }

    @Test
    void whereSomebodyWatchesTheProgressIsShownAndTakenAway() throws IOException {
        final Path busy = Scene.spool(
                folder.resolve("busy"),
                Scene.SENSOR,
                Collections.nCopies(200, Scene.helpdesk()).stream()
                        .flatMap(List::stream)
                        .toList());
        final StringWriter out = new StringWriter();
        final StringWriter err = new StringWriter();
        Fourthlog.execute(
                new Terminal(new PrintWriter(out), new PrintWriter(err), true, false),
                "policy",
                "replay",
                policy("", CUSTOMERS).toString(),
                "--trail",
                busy.toString());

        assertThat(err.toString()).contains("replaying [", "1000/1200").endsWith("\r\u001B[K");
        assertThat(out.toString()).contains("1000 events: 200 would be denied");
    }

    @Test
    void aLogThatCannotBeReadIsBadInput() throws IOException {
        try (var entries = Files.walk(spool.resolve("log/tile/entries"))) {
            for (final Path file : entries.filter(Files::isRegularFile).toList()) {
                Files.write(file, "x".getBytes(StandardCharsets.UTF_8));
            }
        }

        assertThat(run("policy", "replay", policy("", CUSTOMERS), "--trail", spool))
                .satisfies(run -> {
                    assertThat(run.code()).isEqualTo(2);
                    assertThat(run.err())
                            .contains("cannot read", "fourthlog verify")
                            .hasLineCount(1);
                });
    }

    @Test
    void aPolicyWithAFaultIsNotReplayed() throws IOException {
        assertThat(run("policy", "replay", policy("support", "evnt.x"), "--trail", spool))
                .isEqualTo(
                        new Run(
                                2,
                                "",
                                "fourthlog: support/reads: spec.rules[0].when: 1:1: there is no \"evnt\"; did you mean \"event\"?\n"));
    }

    @ParameterizedTest
    @CsvSource({
        "policy check nowhere.yaml, cannot read nowhere.yaml",
        "policy check SPOOL, there is no policy in",
        "policy test nowhere.yaml, there is no file or folder nowhere.yaml",
        "policy test SPOOL, there is no NAME.test.yaml in",
        "policy test POLICY, has no tests beside it",
        "policy replay POLICY, say where the trail is",
        "policy replay POLICY --trail nowhere, nowhere is not a folder",
        "policy replay POLICY --trail SPOOL --since yesterday, --since yesterday",
        "policy replay POLICY --trail SPOOL -n sales, there is no event of namespace sales",
        "redact, run dist/bin/fourthlog redact",
    })
    void whatTheUserHasToPutRightIsOneLineAndExitCode2(String arguments, String message) throws IOException {
        final String named = arguments
                .replace("SPOOL", spool.toString())
                .replace("POLICY", policy("", CUSTOMERS).toString());
        final Run run = run((Object[]) named.split(" "));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains(message).hasLineCount(1);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void policiesOfSeveralNamespacesNeedOne() throws IOException {
        final Path one = policy("support", CUSTOMERS);
        final Path other = Files.copy(one, folder.resolve("other.yaml"));
        Files.writeString(other, Files.readString(other).replace("namespace: support", "namespace: sales"));

        assertThat(run("policy", "replay", one, other, "--trail", spool)).satisfies(run -> {
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains("support, sales", "--namespace");
        });
        assertThat(run("policy", "replay", one, other, "--trail", spool, "-n", "support")
                        .code())
                .isZero();
    }
}
