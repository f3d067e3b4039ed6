package io.fourthlog.trail.command;

import static io.fourthlog.trail.command.Run.json;
import static io.fourthlog.trail.command.Run.run;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.trail.Authority;
import io.fourthlog.trail.Push;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.collector.TestCollector;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten workloads whose events are sealed, at a real collector: what readers see before an erasure, and after it. */
final class ErasureTest {

    private static final int WORKLOADS = 10;
    private static final String ANSWER =
            "Dear Ms Lovelace, your refund of 120.00 EUR was approved on the third of January.";
    private static final String CANARY = "customers-of-pod-";

    @TempDir
    private Path folder;

    private TestCollector collector;
    private TlsFiles sensor;
    private List<Object> fromServer;
    private Path trail;
    private Path state;
    private Path document;
    private Path bundle;
    private final Map<String, SubjectKey> keys = new LinkedHashMap<>();

    @BeforeEach
    void record() throws Exception {
        final Authority authority = new Authority();
        trail = folder.resolve("trail");
        collector = new TestCollector(trail, authority.issue("CN=trail", folder.resolve("server")));
        sensor = authority.issue("CN=sensor:support", folder.resolve("sensor"));
        final TlsFiles reader = authority.issue("CN=reader:default", folder.resolve("reader"));
        fromServer = collector.options(reader, folder.resolve("copy"));
        state = folder.resolve("state");
        document = Files.writeString(folder.resolve("answer.txt"), ANSWER);
        bundle = folder.resolve("out.json");
        final List<byte[]> entries = new ArrayList<>();
        for (int pod = 0; pod < WORKLOADS; pod++) {
            final SubjectKey key = SubjectKey.generate();
            keys.put(workload(pod), key);
            for (final Event event : events(pod)) {
                entries.add(SealedEvent.seal(event, key));
            }
        }
        entries.add(EventCodec.encode(Scene.restart(99, 1, 2))); // the sensor's own are nobody's
        Scene.entries(state, Scene.SENSOR, entries);
        assertThat(Push.sendKeys(collector.url(), sensor, Scene.SENSOR, keys, false))
                .isEqualTo(200);
        push();
    }

    private void push() throws Exception {
        assertThat(Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(state, 0)))
                .isEqualTo(200);
    }

    @AfterEach
    void stop() throws IOException {
        collector.close();
    }

    private static String workload(int pod) {
        return "k8s://demo/support/Deployment/agents/agents-" + pod + "/agent";
    }

    private static String trace(int pod) {
        return "%032x".formatted(0xA000 + pod);
    }

    private static List<Event> events(int pod) throws Exception {
        final String hash =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest((ANSWER + pod).getBytes(UTF_8)));
        final String own = pod == 3
                ? HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(ANSWER.getBytes(UTF_8)))
                : hash;
        return List.of(
                ModelInvocation.builder(Scene.header(pod * 2 + 1, trace(pod), workload(pod), null, pod))
                        .unknown("agent_session_id", "the agent has none")
                        .unknown("prompt_class", "the profile does not classify prompts")
                        .modelId("approved-model")
                        .promptTokenCount(812L)
                        .outputTokenCount(24L)
                        .outputHash(own)
                        .httpStatus(200)
                        .build(),
                new DataAccess(
                        Scene.header(pod * 2 + 2, trace(pod), workload(pod), Scene.id(pod * 2 + 1), pod)
                                .withUnknown("row_count", "a file has no rows"),
                        "file:///data/" + CANARY + pod + ".csv",
                        "read",
                        null,
                        182L,
                        List.of("PII:email")));
    }

    private Run erase(Object... arguments) {
        final List<Object> all = new ArrayList<>(List.of("erase", "--dir", trail));
        all.addAll(List.of(arguments));
        final StringWriter out = new StringWriter();
        final StringWriter err = new StringWriter();
        final int code = TestCollector.main(all, new PrintWriter(out, true), new PrintWriter(err, true));
        return new Run(code, out.toString(), err.toString());
    }

    private Run erasePod3() {
        final Run run = erase("--workload", "*/agents-3/*", "--reason", "ticket 4711, Art. 17 GDPR", "--confirm");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return run;
    }

    private Run read(Object... arguments) {
        final List<Object> all = new ArrayList<>(List.of(arguments));
        all.addAll(fromServer);
        return run(all.toArray());
    }

    @Test
    void readersWithTheKeysSeeWhatWasRecorded() throws Exception {
        for (final Run trace : List.of(run("trace", trace(3), "--trail", trail), read("trace", trace(3)))) {
            assertThat(trace.err()).isEmpty();
            assertThat(trace.out()).contains("read file:///data/" + CANARY + "3.csv");
        }
        final Run verify = run("verify", "--trail", trail);
        assertThat(verify.code()).isZero();
        assertThat(verify.out())
                .contains("sealed   20 events opened, each what its commitment says")
                .contains("sensor.gap.restart ×1");
        assertThat(run("export", "--format", "jsonl", "--trail", trail).out())
                .contains(new String(EventCodec.encode(events(7).get(1)), UTF_8));
        assertThat(run("ninety-day-test", "--workload", "*/agents-3/*", "--document", document, "--trail", trail)
                        .out())
                .contains(CANARY + "3.csv");
    }

    @Test
    void whatIsErasedIsSaidToBeAndBoundsWhatIsKnown() throws Exception {
        erasePod3();

        final String why =
                "sealed \\(key destroyed on 20[-0-9T:]+Z: erasure of " + workload(3) + ", ticket 4711, Art. 17 GDPR\\)";
        for (final Run verify : List.of(run("verify", "--trail", trail), read("verify"))) {
            assertThat(verify.err()).isEmpty();
            assertThat(verify.code()).isZero();
            assertThat(verify.out()).contains("18 events opened").containsPattern("2 events " + why);
        }
        final Run trace = run("trace", "--workload", "*/agents-3/*", "--trail", trail);
        assertThat(trace.code()).isZero();
        assertThat(trace.out()).contains("No trace fits").containsPattern("2 events " + why);
        assertThat(run("trace", "--workload", "*/agents-4/*", "--trail", trail).out())
                .contains(CANARY + "4.csv")
                .doesNotContain("erasure of");
        final Run export = run("export", "--format", "jsonl", "--trail", trail);
        assertThat(export.code()).isZero();
        assertThat(export.out().lines()).hasSize(2 * WORKLOADS - 2 + 1);
        assertThat(export.err()).containsPattern("2 events left out: " + why);
        final Run ninety = run("ninety-day-test", "--workload", "*/agents-3/*", "--trail", trail);
        assertThat(ninety.code()).isZero();
        assertThat(ninety.out()).containsPattern("not known: 2 events are " + why);
        final Run prove = run("prove", document, "--trail", trail);
        assertThat(prove.code()).isEqualTo(1);
        assertThat(prove.out()).containsPattern("events that are " + why).contains("above may hide it");
        assertThat(json(run("verify", "--trail", trail, "-o", "json"))
                        .at("/logs/0/sealed")
                        .properties())
                .hasSize(1);
    }

    @Test
    void nothingInAnyFolderOpensWhatWasErased() throws Exception {
        read("verify"); // there is a copy
        final SubjectKey key = keys.get(workload(3));
        assertThat(lies(new String(requireNonNull(key).bytes(), ISO_8859_1))).isFalse(); // not raw even before
        assertThat(lies(Base64.getEncoder().encodeToString(key.bytes()))).isTrue();
        assertThat(lies(workload(3))).isTrue(); // with its key, before

        erasePod3();
        read("verify");

        assertThat(lies(Base64.getEncoder().encodeToString(key.bytes()))).isFalse();
        assertThat(lies(HexFormat.of().formatHex(key.bytes()))).isFalse();
        for (final Event event : events(3)) {
            final String json = new String(EventCodec.encode(event), UTF_8);
            for (final String canary : List.of(CANARY + "3", trace(3), json.substring(0, 40))) {
                assertThat(lies(canary)).as(canary).isFalse();
                for (int shift = 0; shift < 3; shift++) { // base64 of the same, wherever it began
                    final String encoded = Base64.getEncoder()
                            .withoutPadding()
                            .encodeToString((" ".repeat(shift) + canary).getBytes(UTF_8));
                    assertThat(lies(encoded.substring(shift == 0 ? 0 : 4, encoded.length() - 2)))
                            .as(canary)
                            .isFalse();
                }
            }
        }
    }

    /** Whether a text is in a file of the collector, of the copy or of the sensor. */
    private boolean lies(String text) throws IOException {
        for (final Path place : List.of(trail, folder.resolve("copy"), state)) {
            try (Stream<Path> files = Files.walk(place)) {
                for (final Path file : files.filter(Files::isRegularFile).toList()) {
                    if (Files.readString(file, ISO_8859_1).contains(text)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    @Test
    void anErasureHidesNoMutation() throws Exception {
        erasePod3();
        final Path entries =
                new TrailFolder(trail).log(new LogName(Scene.SENSOR)).resolve("tile/entries/000.p/21");
        final byte[] good = Files.readAllBytes(entries);
        final Random random = new Random(17);
        for (int i = 0; i < 40; i++) {
            final byte[] changed = good.clone();
            changed[random.nextInt(good.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            Files.write(entries, changed);
            assertThat(run("verify", "--trail", trail).code())
                    .as("mutation " + i)
                    .isEqualTo(1);
        }
        Files.write(entries, good);
        assertThat(run("verify", "--trail", trail).code()).isZero();
    }

    @Test
    void aMissingKeyWithoutARecordIsFound() throws Exception {
        final String id = requireNonNull(keys.get(workload(5))).id();
        Files.delete(
                new TrailFolder(trail).subjectKeys().resolve(id.substring(0, 2)).resolve(id + ".json"));

        for (final Run verify : List.of(run("verify", "--trail", trail), read("verify"))) {
            assertThat(verify.code()).isEqualTo(1);
            assertThat(verify.out()).contains("the key " + id + " is missing, and no erasure is recorded");
        }
    }

    @Test
    void aKeyThatCannotBeReadHidesNothingOfWhatFollows() throws Exception {
        final List<String> contents = List.of("garbage", "{}", "{\"key\":\"AAAA\"}");
        for (final String content : contents) {
            final String unreadable = requireNonNull(keys.get(workload(2))).id();
            Files.writeString(keyFile(unreadable), content);
            final String missing = requireNonNull(keys.get(workload(5))).id();
            Files.deleteIfExists(keyFile(missing));

            final Run verify = run("verify", "--trail", trail);
            assertThat(verify.code()).isEqualTo(1);
            assertThat(verify.out())
                    .containsPattern("leaf 4, event \\S+: its key cannot be read: ")
                    .containsPattern("leaf 5, event \\S+: its key cannot be read: ")
                    .contains("the key " + missing + " is missing, and no erasure is recorded")
                    .contains("16 events opened")
                    .contains("sensor.gap.restart ×1")
                    .contains("DOES NOT HOLD");

            final Run remote = read("verify"); // the collector answers 503 for that key
            assertThat(remote.code()).isEqualTo(1);
            assertThat(remote.out())
                    .containsPattern("leaf 4, event \\S+: its key cannot be read: .* 503 ")
                    .contains("16 events opened");
        }
    }

    private Path keyFile(String id) {
        return new TrailFolder(trail).subjectKeys().resolve(id.substring(0, 2)).resolve(id + ".json");
    }

    @Test
    void anEntryThatIsNoEventDoesNotKeepAKeyFromBeingDestroyed() throws Exception {
        Scene.entries(state, Scene.SENSOR, List.of("{\"commitment\":\"x\"}".getBytes(UTF_8)));
        push();

        final Run run = erase("--workload", "*/agents-3/*", "--reason", "ticket 4711", "--confirm");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("1 entry of " + Scene.SENSOR + " could not be counted")
                .contains(workload(3) + ": 2 events")
                .contains("Destroyed 1 key;");
        assertThat(keyFile(requireNonNull(keys.get(workload(3))).id())).doesNotExist();
    }

    @Test
    void aLogThatCannotBeReadDoesNotKeepAKeyFromBeingDestroyed() throws Exception {
        Files.writeString(new TrailFolder(trail).log(new LogName(Scene.SENSOR)).resolve("checkpoint"), "garbage");

        final Run run = erase("--workload", "*/agents-3/*", "--reason", "ticket 4711", "--confirm");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains(Scene.SENSOR + " cannot be read to its end")
                .contains("Destroyed 1 key;");
    }

    @Test
    void aRecordThatWasTakenAwayIsFoundByTheKeyThatIsMissing() throws Exception {
        erasePod3();
        Files.delete(new TrailFolder(trail).erasures().directory().resolve("00000001.note"));
        assertThat(run("verify", "--trail", trail).code()).isEqualTo(1);
    }

    @Test
    void aCopyWithoutTheServerIsVerifiedAndStaysClosed() throws Exception {
        read("verify");
        final Run verify = run("verify", "--trail", folder.resolve("copy"));
        assertThat(verify.code()).isZero();
        assertThat(verify.out()).contains("20 events sealed (its key is not kept here)");
    }

    @Test
    void withoutConfirmationItIsOnlySaidWhatWouldBeErased() throws Exception {
        final Run run = erase("--workload", "*/agents-?/*", "--reason", "ticket 4711");

        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains(workload(3) + ": 2 events, 1 keys")
                .contains("Nothing was destroyed. To destroy these keys for good, add --confirm.");
        assertThat(run("verify", "--trail", trail).out()).contains("20 events opened");
        assertThat(erase("--workload", "*/nobody/*", "--reason", "x", "--confirm")
                        .code())
                .isEqualTo(1);
    }

    @Test
    void aLegalHoldIsRespected() throws Exception {
        final Map<String, SubjectKey> held = Map.of(workload(3), SubjectKey.generate());
        assertThat(Push.sendKeys(collector.url(), sensor, Scene.SENSOR, held, true))
                .isEqualTo(200);

        final Run run = erase("--workload", "*/agents-3/*", "--reason", "ticket 4711", "--confirm");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("legal hold").contains(workload(3));
        assertThat(run("verify", "--trail", trail).out()).contains("20 events opened");
    }

    @Test
    void aKeyThatWasErasedIsNotServedAndTheSensorIsToldNotToUseItAgain() throws Exception {
        erasePod3();
        final SubjectKey key = requireNonNull(keys.get(workload(3)));
        Scene.entries(state, Scene.SENSOR, List.of(SealedEvent.seal(events(3).getFirst(), key)));

        assertThat(Push.answer(collector.url(), sensor, Scene.SENSOR, Push.body(state, 0)))
                .contains("\"erased\":[\"" + key.id() + "\"]");
        assertThat(Push.sendKeys(collector.url(), sensor, Scene.SENSOR, Map.of(workload(3), key), false))
                .isEqualTo(200);
        assertThat(run("verify", "--trail", trail).out()).containsPattern("3 events sealed \\(key destroyed");
    }

    @Test
    void onlyReadersGetKeysAndOnlyTheNamespacesSensorBringsThem() throws Exception {
        final String id = requireNonNull(keys.get(workload(3))).id();
        assertThat(Push.get(collector.url(), sensor, "/v1/subject-keys/" + id)).isEqualTo(403);
        assertThat(Push.get(collector.url(), sensor, "/v1/erasures")).isEqualTo(403);
        assertThat(Push.sendKeys(collector.url(), sensor, "demo.other.node-1", keys, false))
                .isEqualTo(403);
    }

    @Test
    void aBundleProvesAnEventAfterItsKeyWasDestroyed() throws Exception {
        assertThat(run("prove", document, "--trail", trail, "--bundle", bundle).code())
                .isZero();
        erasePod3();

        for (final Run verify : List.of(run("verify", bundle), Run.independent(folder, bundle))) {
            assertThat(verify.err()).isEmpty();
            assertThat(verify.code()).isZero();
            assertThat(verify.out()).contains(workload(3));
        }
        final List<Consumer<ObjectNode>> forgeries = List.of(
                leaf -> leaf.putNull("opened"),
                leaf -> replace((ObjectNode) leaf.path("opened"), "event", "approved-model", "approved-mode1"),
                leaf -> ((ObjectNode) leaf.path("opened")).put("salt", "A".repeat(22) + "=="),
                leaf -> ((ObjectNode) leaf.path("opened")).put("salt", "AAAA"),
                leaf -> replace(leaf, "entry", "model_invocation", "tool_invocation"));
        Run.assertNoneHolds(folder, bundle, "/events/0", forgeries);
    }

    private static void replace(ObjectNode object, String member, String from, String to) {
        final String before = object.path(member).asText();
        assertThat(before).contains(from);
        object.put(member, before.replace(from, to));
    }

    @Test
    void anErasureThatACrashCutOffIsFinishedWhenTheCollectorStarts() throws Exception {
        final String id = requireNonNull(keys.get(workload(3))).id();
        final Path file =
                new TrailFolder(trail).subjectKeys().resolve(id.substring(0, 2)).resolve(id + ".json");
        final byte[] content = Files.readAllBytes(file);
        erasePod3();
        Files.write(file, content); // as before the power went
        final Run found = run("verify", "--trail", trail);
        assertThat(found.code()).isEqualTo(1);
        assertThat(found.out()).contains("is recorded as destroyed, and is still there");
        assertThat(run("trace", trace(3), "--trail", trail).code()).isEqualTo(2); // and nobody uses it

        collector.close();
        collector = new TestCollector(trail, new Authority().issue("CN=trail", folder.resolve("again")));

        assertThat(file).doesNotExist();
        assertThat(run("verify", "--trail", trail).code()).isZero();
        assertThat(LogReader.open(new TrailFolder(trail).log(new LogName(Scene.SENSOR)))
                        .size())
                .isEqualTo(21);
    }
}
