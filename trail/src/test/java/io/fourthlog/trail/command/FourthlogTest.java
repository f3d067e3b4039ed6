package io.fourthlog.trail.command;

import static io.fourthlog.trail.command.Run.json;
import static io.fourthlog.trail.command.Run.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.trail.Authority;
import io.fourthlog.trail.Push;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.Tsa;
import io.fourthlog.trail.collector.TestCollector;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command from the outside: arguments in; text and exit code out. */
final class FourthlogTest {

    private static final String DOCUMENT =
            "id,name\n1,Ada Lovelace,ada@example.org,4111 1111 1111 1111,waits for a refund\n";

    @TempDir
    private Path folder;

    private Path spool;

    @BeforeEach
    void writeScene() throws IOException {
        spool = folder.resolve("spool");
        final PartFingerprint sent =
                new PartFingerprint("input.tool", DOCUMENT.length(), sha256(DOCUMENT), null, null, null);
        Scene.spool(spool, Scene.SENSOR, Scene.helpdesk(List.of(sent)));
        Scene.spool(spool, Scene.SENSOR, Scene.curious());
        Scene.spool(spool, Scene.SENSOR, List.of(Scene.restart(31, 4_000, 6_000)));
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aTraceReadsFromThePromptToTheDataAndBack() {
        assertThat(run("trace", Scene.HELPDESK_TRACE, "--trail", spool)).isEqualTo(new Run(0, """
                trace 4bf92f3577b34da6a3ce929d0e0e4736  2026-01-31T12:00:00Z  0.060 s  6 events
                k8s://demo/support/Pod/helpdesk/helpdesk/agent
                 +0.000 s  model     approved-model at model.models.svc.cluster.local:443 · 812 → 24 tokens · in PII:email · asks for read_file{path: string(filesystem-sensitive)}
                 +0.001 s  ├─ identity  a credential · bearer k1:abababababababababababababababababababababababababababababababab
                 +0.040 s  └─ tool      read_file{path: string(filesystem-sensitive)} of files · ok · 182 B back · 12 ms · params filesystem-sensitive
                 +0.045 s     ├─ data      read file:///data/customers.csv · 182 B · holds PCI:pan PII:email
                 +0.060 s     └─ model     approved-model at model.models.svc.cluster.local:443 · 812 → 24 tokens
                """, ""));
    }

    @Test
    void whatPolicyLetPassIsShownWhenAskedFor() {
        final String line = "policy    ALLOW by support/support-agents";
        assertThat(run("trace", Scene.HELPDESK_TRACE, "--trail", spool).out()).doesNotContain(line);
        assertThat(run("trace", Scene.HELPDESK_TRACE, "--trail", spool, "--all").out())
                .contains(line);
    }

    @Test
    void aDenialSaysWhoDeniedAndWhatBecameOfItAndTheGapMeanwhileIsNamed() {
        assertThat(run("trace", "--last", "--trail", spool)).isEqualTo(new Run(0, """
                1 earlier trace is not shown: --limit 0 shows all

                trace 0af7651916cd43dd8448eb211c80319c  2026-01-31T12:00:05Z  0.001 s  2 events
                k8s://demo/support/Pod/curious/curious/agent
                 +0.000 s  data      read file:///etc/secrets/database.env · 0 B · holds filesystem-sensitive
                 +0.001 s  └─ policy    DENY by support/support-agents, rule no-secret-files · enforced (terminate) · read of file · critical
                not seen meanwhile: sensor.gap.restart · not seen: 2.0 s, proc://demo.support.node-1 at 2026-01-31T12:00:06Z
                """, ""));
    }

    @Test
    void theExportAsJsonLinesIsWhatStandsInTheLog() throws IOException {
        final StringBuilder entries = new StringBuilder();
        LogReader.open(spool.resolve("log"))
                .forEach(
                        0,
                        (leaf, entry) -> entries.append(new String(entry, StandardCharsets.UTF_8))
                                .append('\n'));
        assertThat(run("export", "--format", "jsonl", "--trail", spool)).isEqualTo(new Run(0, entries.toString(), ""));
    }

    @Test
    void theExportForOpenTelemetryIsOfWhatIsAskedFor() throws IOException {
        final Run run = run("export", "--format", "otlp", Scene.CURIOUS_TRACE, "--trail", spool);
        assertThat(run.code()).isZero();
        assertThat(json(run).findValuesAsText("traceId")).containsExactly(Scene.CURIOUS_TRACE, Scene.CURIOUS_TRACE);
    }

    @Test
    void anExportOfAFormatThatIsNotThereNamesThoseThatAre() {
        final Run run = run("export", "--format", "csv", "--trail", spool);
        assertThat(run.code()).isEqualTo(2);
    }

    /** Behind the last event, where the sensor may have been stopped by whom it watched. */
    @Test
    void aTimeThatIsAskedForAndWasNotSeenIsMissingFromEveryAnswer() throws IOException {
        final JsonNode answers = json(run(
                "ninety-day-test",
                "--workload",
                "*/helpdesk/*",
                "--since",
                "2026-01-31T12:00:00Z",
                "--until",
                "2026-01-31T12:00:10Z",
                "--trail",
                spool,
                "-o",
                "json"));
        assertThat(answers.path("answers"))
                .filteredOn(answer -> !answer.path("question").asText().contains("document")) // none is given
                .hasSizeGreaterThan(3)
                .allSatisfy(answer -> assertThat(answer.toString()).contains("sensor.gap.restart"));
    }

    @Test
    void aToolThatRanInAnotherTraceDidNotRunInThisOne() throws IOException {
        Scene.spool(spool, Scene.SENSOR, List.of(Scene.asked()));
        final JsonNode tools = json(run("ninety-day-test", "--trail", spool, "-o", "json"))
                .path("answers")
                .path(1)
                .path("facts");
        assertThat(tools.findValuesAsText("tool_name")).containsExactly("read_file", "read_file");
        assertThat(tools.findValuesAsText("ran")).containsExactly("true", "false");
    }

    @Test
    void onATerminalADenialIsRed() {
        final StringWriter out = new StringWriter();
        Fourthlog.execute(
                new Terminal(new PrintWriter(out), new PrintWriter(out), true, true),
                "trace",
                "--workload",
                "*/curious/*",
                "--trail",
                spool.toString());

        assertThat(out.toString()).contains("\u001B[1;31mDENY by support/support-agents");
    }

    @Test
    void programsGetTheEventsAsTheyAreInTheLog() throws IOException {
        final Run run = run("trace", "--workload", "*/curious/*", "--trail", spool, "-o", "json");

        assertThat(run.out()).containsPattern("\"enforcement\": *\"enforced\"");
        final JsonNode events = json(run).path("traces").get(0).path("events");
        assertThat(events).hasSize(2);
        assertThat(events.get(1).path("depth").asInt()).isEqualTo(1);
        assertThat(events.get(1).path("leaf").asInt()).isEqualTo(7);
        assertThat(run("trace", "--trail", spool, "--output", "yaml").out()).contains("event_type: model_invocation");
    }

    @ParameterizedTest
    @CsvSource({
        "*/helpdesk/*, 1",
        "k8s://demo/*, 2",
        "k8s://demo/support/Pod/c?rious/*, 1",
        "helpdesk, 0",
        "*/nobody/*, 0",
        "[a-z]*, 0",
    })
    void aWorkloadIsAGlob(String glob, int traces) throws IOException {
        assertThat(json(run("trace", "--workload", glob, "--trail", spool, "-o", "json"))
                        .path("traces"))
                .hasSize(traces);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-01-31, 2026-02-01, 2",
        "2026-01-31T12:00:01Z, 2026-02-01, 1",
        "2026-01-31, 2026-01-31T12:00:05Z, 1",
        "1m, 2999-01-01, 0",
    })
    void aTimeIsADayAnInstantOrHowLongAgo(String since, String until, int traces) throws IOException {
        assertThat(json(run("trace", "--since", since, "--until", until, "--trail", spool, "-o", "json"))
                        .path("traces"))
                .hasSize(traces);
    }

    @ParameterizedTest
    @CsvSource({
        "trace, say where the trail is",
        "trace --trail nowhere, nowhere is not a folder",
        "trace xyz --trail ., 32 lower-case hex digits",
        "trace --since yesterday --trail ., --since yesterday",
        "trace --limit -1 --trail ., --limit -1",
        "verify --key nonsense+x ., --key nonsense+x",
        "verify --key nowhere ., cannot be read",
        "status --server https://localhost:1, --ca",
        "ninety-day-test --document nowhere --trail ., nowhere",
    })
    void whatTheUserHasToPutRightIsOneLineAndExitCode2(String arguments, String message) {
        final Run run = run((Object[]) arguments.split(" "));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains(message).hasLineCount(1);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void aFolderThatIsNoTrailSaysWhatOneLooksLike() throws IOException {
        final Path empty = Files.createDirectories(folder.resolve("empty"));
        final Run run = run("verify", empty);

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("holds no trail").contains("logs/");
    }

    @Test
    void aTrailThatHoldsIsSaidToHoldAndWhatThatIsWorth() {
        final Run run = run("verify", spool);

        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("size     9 events, root ")
                .contains("signed   by " + Scene.SENSOR + "+")
                .contains("blind    sensor.gap.restart ×1")
                .contains("result   holds")
                .contains("not whose it is");
    }

    @Test
    void aFlippedByteIsFoundWithItsLeafAndItsEvent() throws IOException {
        final Path bundle = spool.resolve("log/tile/entries/000.p/9");
        final byte[] bytes = Files.readAllBytes(bundle);
        final int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("database.env");
        bytes[at] ^= 1;
        Files.write(bundle, bytes);

        final Run run = run("verify", spool);
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("leaf 6, event " + Scene.id(21)).contains("DOES NOT HOLD");
        final JsonNode found = json(run("verify", spool, "-o", "json"));
        assertThat(found.path("holds").asBoolean(true)).isFalse();
        assertThat(found.path("logs")
                        .get(0)
                        .path("findings")
                        .get(0)
                        .path("leaf")
                        .asInt())
                .isEqualTo(6);
        assertThat(run("ninety-day-test", "--trail", spool).code()).isEqualTo(1);
    }

    @Test
    void everyByteOfTheEntriesMatters() throws IOException {
        final Path bundle = spool.resolve("log/tile/entries/000.p/9");
        final byte[] good = Files.readAllBytes(bundle);
        for (int at = 0; at < good.length; at += 97) {
            final byte[] bytes = good.clone();
            bytes[at] ^= 1;
            Files.write(bundle, bytes);
            assertThat(run("verify", spool)).as("byte %d", at).satisfies(run -> {
                assertThat(run.code()).isEqualTo(1);
                assertThat(run.out()).contains("leaf ");
            });
        }
    }

    @Test
    void aKeyThatIsPinnedIsTheOnlyOneThatCounts() throws IOException {
        final Path other = Scene.spool(folder.resolve("other"), Scene.SENSOR, Scene.curious());
        final String own = vkey(spool);

        assertThat(run("verify", spool, "--key", own).code()).isZero();
        assertThat(run("verify", spool, "--key", own).out()).doesNotContain("not whose it is");
        assertThat(run("verify", spool, "--key", Files.writeString(folder.resolve("own.vkey"), own + "\n"))
                        .code())
                .isZero();
        assertThat(run("verify", other, "--key", own)).satisfies(run -> {
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out()).contains("no trusted key of " + Scene.SENSOR);
        });
    }

    private static String vkey(Path spool) throws IOException {
        return LogReader.open(spool.resolve("log")).statedKeys().getFirst().toString();
    }

    @Test
    void theFiveAnswersOfAnIncident() throws IOException {
        final Path document = Files.writeString(folder.resolve("customers.csv"), DOCUMENT);
        final Run run = run("ninety-day-test", "--workload", "*/helpdesk/*", "--document", document, "--trail", spool);

        assertThat(run.code()).isZero();
        assertThat(run.out().replace(folder.toString(), "DIR"))
                .isEqualTo("""
                Ninety-day test  1 trace, 6 events; the trail holds

                1. What triggered it?  [complete]
                   2026-01-31T12:00:00Z  model: approved-model at model.models.svc.cluster.local:443 · 812 → 24 tokens · in PII:email · asks for read_file{path: string(filesystem-sensitive)} (root of the trace)

                2. Which tools ran, in order, and with what shape of parameters?  [complete]
                   2026-01-31T12:00:00.040Z  read_file{path: string(filesystem-sensitive)} of files · ok · 182 B back · 12 ms · params filesystem-sensitive

                3. Which resources were touched, and how much was read?  [complete]
                   read file:///data/customers.csv: 182 B in 1 access · holds PCI:pan PII:email

                4. Did the document leave through a model call?  [complete]
                   YES: DIR/customers.csv was compared with 1 text part that went to models in 2 calls
                   2026-01-31T12:00:00.060Z  input.tool (86 B) to approved-model at model.models.svc.cluster.local:443 is the document, byte for byte

                5. Under which identity?  [with gaps]
                   workload k8s://demo/support/Pod/helpdesk/helpdesk/agent
                   2026-01-31T12:00:00.001Z  a credential · bearer k1:abababababababababababababababababababababababababababababababab
                   not known: service_account: the token is opaque
                   not known: granted_scope: the token is opaque
                """.replace("86 B", DOCUMENT.length() + " B"));
    }

    @Test
    void whatWasNotSeenIsACaveatAndNothingIsGuessed() throws IOException {
        final Path document =
                Files.writeString(folder.resolve("other.txt"), "Another document, of which the trail has no trace.");
        final JsonNode answers = json(run("ninety-day-test", "--document", document, "--trail", spool, "-o", "json"))
                .path("answers");

        for (final JsonNode answer : answers) {
            assertThat(answer.path("certainty").asText()).isEqualTo("gaps");
            assertThat(answer.path("caveats").toString()).contains("sensor.gap.restart");
        }
        assertThat(answers.get(3).path("facts").get(0).path("left").asBoolean(true))
                .isFalse();
        assertThat(answers.get(3).path("caveats").toString()).contains("--hmac");

        final JsonNode nobody = json(run("ninety-day-test", "--workload", "nobody", "--trail", spool, "-o", "json"));
        nobody.path("answers")
                .forEach(answer -> assertThat(answer.path("certainty").asText()).isEqualTo("unknown"));
    }

    /** With a real collector between the sensor and the command. */
    @Test
    void aCopyCatchesUpVerifiesAndRefusesATamperedTrail() throws Exception {
        final Authority authority = new Authority();
        final TlsFiles reader = authority.issue("CN=reader:default", folder.resolve("reader"));
        final TlsFiles sensor = authority.issue("CN=sensor:support", folder.resolve("sensor"));
        final Path cache = folder.resolve("cache");
        try (TestCollector collector =
                new TestCollector(folder.resolve("trail"), authority.issue("CN=trail", folder.resolve("server")))) {
            assertThat(Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(spool, 0)))
                    .isEqualTo(200);
            final List<Object> remote = collector.options(reader, cache);

            assertThat(run(with("verify", remote))).satisfies(run -> {
                assertThat(run.err()).isEmpty();
                assertThat(run.code()).isZero();
                assertThat(run.out()).contains("witness  cosigned at ").contains("by fourthlog-trail");
            });
            final Path witness = new TrailFolder(folder.resolve("trail")).witnessVerifierKey();
            assertThat(run("verify", cache, "--key", witness, "--key", vkey(spool))
                            .out())
                    .as("whose name it is does not depend on the order of the keys")
                    .containsPattern("witness  cosigned at \\S+ by fourthlog-trail");
            assertThat(run(with("trace", remote)).out())
                    .isEqualTo(run("trace", "--trail", cache).out());
            assertThat(run(with("status", remote)).out()).contains(Scene.SENSOR);
            assertThat(run("verify", cache).code()).isZero();

            Scene.spool(spool, Scene.SENSOR, Scene.curious());
            assertThat(Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(spool, 9)))
                    .isEqualTo(200);
            final Path bundle = folder.resolve("trail/logs/" + Scene.SENSOR + "/tile/entries/000.p/11");
            final byte[] bytes = Files.readAllBytes(bundle);
            bytes[bytes.length - 20] ^= 1;
            Files.write(bundle, bytes);

            assertThat(run(with("trace", remote))).satisfies(run -> {
                assertThat(run.code()).isEqualTo(1);
                assertThat(run.err()).contains("leaf 10");
                assertThat(run.out()).contains(Scene.CURIOUS_TRACE);
            });
            final Path document = Files.writeString(folder.resolve("customers.csv"), DOCUMENT);
            for (final String command : List.of("ninety-day-test", "prove " + document)) {
                final List<Object> json = new ArrayList<>(List.of(command.split(" ")));
                json.addAll(List.of("-o", "json"));
                json.addAll(remote);
                final Run run = run(json.toArray());
                assertThat(run.code()).isEqualTo(1);
                assertThat(json(run).path("holds").asBoolean(true)).isFalse();
                assertThat(json(run).path("findings")).hasSize(1);
            }
            assertThat(run("verify", cache).code()).isZero();
        }
        final Run gone = run(with(
                "status",
                List.of(
                        "--server",
                        "https://127.0.0.1:1",
                        "--ca",
                        reader.authority(),
                        "--client-cert",
                        reader.certificate(),
                        "--client-key",
                        reader.key())));
        assertThat(gone.code()).isEqualTo(2);
        assertThat(gone.err()).contains("nobody listens");
    }

    @Test
    void aLogThatWasTakenAwayOrPutInThePlaceOfAnotherIsFound() throws Exception {
        final String second = "demo.support.node-2";
        final Authority authority = new Authority();
        final TlsFiles sensor = authority.issue("CN=sensor:support", folder.resolve("sensor"));
        final Path other = Scene.spool(folder.resolve("other"), second, Scene.curious());
        final Path trail = folder.resolve("trail");
        try (TestCollector collector = new TestCollector(trail, authority.issue("CN=trail", folder.resolve("server")));
                Tsa tsa = new Tsa()) {
            assertThat(Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(spool, 0)))
                    .isEqualTo(200);
            assertThat(Push.send(collector.url(), sensor, second, Push.body(other, 0)))
                    .isEqualTo(200);
            collector.stamp(tsa);
        }
        final Path witness = new TrailFolder(trail).witnessVerifierKey();
        final Object[] verify = {
            "verify", trail, "--key", vkey(spool), "--key", vkey(other), "--key", witness,
        };
        assertThat(run(verify).code()).isZero();
        assertThat(run("verify", trail.resolve("logs/" + second), "--key", vkey(spool), "--key", vkey(other))
                        .code())
                .isZero();

        final Path logs = trail.resolve("logs");
        Files.move(logs.resolve(Scene.SENSOR), folder.resolve("away"));
        assertThat(run(verify)).satisfies(run -> {
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out())
                    .contains("logs/" + Scene.SENSOR + ": a key of this log was given, and it is not there")
                    .contains("timestamps/00000001.json: at ")
                    .contains(Scene.SENSOR + " was of 9 leaves, and is not there");
        });
        for (final String command : List.of("verify", "ninety-day-test")) { // without keys the stamp still says so
            assertThat(run(command, "--trail", trail)).satisfies(run -> {
                assertThat(run.code()).isEqualTo(1);
                assertThat(run.out()).contains("was of 9 leaves, and is not there");
            });
        }

        try (Stream<Path> files = Files.walk(logs.resolve(second))) {
            for (final Path file : files.toList()) {
                Files.copy(
                        file,
                        logs.resolve(Scene.SENSOR)
                                .resolve(logs.resolve(second).relativize(file).toString()));
            }
        }
        assertThat(run(verify)).satisfies(run -> {
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out()).contains("the log in this place calls itself " + second);
        });
        assertThat(run("verify", trail).code()).isEqualTo(1);
    }

    private static Object[] with(String command, List<Object> options) {
        final List<Object> all = new ArrayList<>(List.of(command));
        all.addAll(options);
        return all.toArray();
    }

    @Test
    void whatCouldNotBeWrittenIsNoSuccess() {
        final StringWriter err = new StringWriter();
        final OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("no space left on device");
            }
        };
        final int code = Fourthlog.execute(
                new Terminal(
                        new PrintWriter(new PrintStream(full), false, StandardCharsets.UTF_8),
                        new PrintWriter(err),
                        false,
                        false),
                "export",
                "--format",
                "jsonl",
                "--trail",
                spool.toString());
        assertThat(code).isEqualTo(2);
        assertThat(err.toString()).contains("could not be written");
    }

    @Test
    void signaturesOfAnyLengthAreFoundAndKeepNoOtherLogFromBeingVerified() throws Exception {
        final Authority authority = new Authority();
        final TlsFiles sensor = authority.issue("CN=sensor:support", folder.resolve("sensor"));
        final Path other = Scene.spool(folder.resolve("other"), "demo.support.node-2", Scene.curious());
        final Path trail = folder.resolve("trail");
        try (TestCollector collector =
                new TestCollector(trail, authority.issue("CN=trail", folder.resolve("server")))) {
            assertThat(Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(spool, 0)))
                    .isEqualTo(200);
            assertThat(Push.send(collector.url(), sensor, "demo.support.node-2", Push.body(other, 0)))
                    .isEqualTo(200);
        }
        final Path checkpoint = trail.resolve("logs/" + Scene.SENSOR + "/checkpoint");
        final String good = Files.readString(checkpoint);
        final String witness = good.lines()
                .filter(line -> line.startsWith("— fourthlog-trail "))
                .findFirst()
                .orElseThrow();
        final int name = witness.lastIndexOf(' ') + 1;
        final byte[] signature = Base64.getDecoder().decode(witness.substring(name));
        for (final byte filler : List.of((byte) 0, (byte) 0x7F, (byte) -1)) {
            for (final int length : List.of(5, 11, 12, 13, signature.length - 1, signature.length)) {
                final byte[] wrong = Arrays.copyOf(signature, length);
                Arrays.fill(wrong, 4, length, filler);
                final String line =
                        witness.substring(0, name) + Base64.getEncoder().encodeToString(wrong);
                for (final String changed : List.of(
                        good.replace(witness, line + "\n" + witness),
                        good.replace(witness, witness + "\n" + line),
                        good.replace(witness, line))) {
                    Files.writeString(checkpoint, changed);
                    final Run run = run("verify", trail);
                    assertThat(run.code()).as(line).isEqualTo(1);
                    assertThat(run.out()).contains("DOES NOT HOLD").contains("result   holds");
                }
            }
        }
    }

    @Test
    void anEntryThatIsNoEventCannotSteerTheTerminal() throws IOException {
        final Path hostile = Scene.entries(
                folder.resolve("hostile"),
                Scene.SENSOR,
                List.of(
                        "{\"event_type\":\"\\u001b]0;pwned\\u0007\\u001b[2J\\u009b31m\\u202e\"}"
                                .getBytes(StandardCharsets.UTF_8),
                        EventCodec.encode(Scene.restart(31, 4_000, 6_000))));
        final Path document = Files.writeString(folder.resolve("document"), DOCUMENT);
        final Path policy = Path.of("../config/samples/library").resolve("no-secret-files.yaml");
        for (final String command : List.of(
                "trace",
                "verify",
                "ninety-day-test",
                "prove " + document,
                "export --format jsonl",
                "export --format otlp",
                "policy replay " + policy)) {
            final List<Object> all = new ArrayList<>(List.of(command.split(" ")));
            all.addAll(List.of("--trail", hostile));
            final Run run = run(all.toArray());
            assertThat((run.out() + run.err()).replace("\n", ""))
                    .as(command)
                    .isNotEmpty()
                    .doesNotContainPattern("[\\p{Cc}\\p{Cf}]");
        }
    }

    @Test
    void namesFromOutsideCannotSteerTheTerminal() throws IOException {
        final Path hostile = Scene.spool(
                folder.resolve("hostile"),
                Scene.SENSOR,
                List.of(new DataAccess(
                        Scene.header(1, Scene.HELPDESK_TRACE, Scene.HELPDESK, null, 0)
                                .withUnknown("row_count", "none"),
                        "file:///\u001B[2Jx\u202E\u009B31m\u200Bhidden\u2028",
                        "read",
                        null,
                        1L,
                        List.of())));

        assertThat(Stream.of("trace", "ninety-day-test")
                        .map(command -> run(command, "--trail", hostile).out()))
                .noneMatch(out -> out.matches("(?s).*[\u001B\u202E\u009B\u200B\u2028].*"))
                .allMatch(out -> out.contains("\uFFFD"));
    }
}
