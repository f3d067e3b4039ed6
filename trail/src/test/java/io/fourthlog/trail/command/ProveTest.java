package io.fourthlog.trail.command;

import static io.fourthlog.trail.command.Run.json;
import static io.fourthlog.trail.command.Run.run;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.log.AcceptResult;
import io.fourthlog.actionlog.log.KeyFile;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.MirrorLog;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.fingerprint.Normalizer;
import io.fourthlog.fingerprint.Winnowing;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fourthlog prove}, and its bundles under two verifiers that share no code. */
final class ProveTest {

    private static final String ANSWER = "Dear Ms Lovelace,\n\nyour refund of 120.00 EUR was approved on the third of"
            + " January. It will be on your account within five working days.\n\nKind regards\n";
    private static final byte[] SECRET = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);

    @TempDir
    private Path folder;

    private Path trail;
    private Path hmac;
    private Path document;
    private Path bundle;
    private String first; // key of the log

    /** The scene at a collector: cosigned twice, and with an answer of which the sensor recorded everything. */
    @BeforeEach
    void writeTrail() throws Exception {
        final Path spool = folder.resolve("spool");
        final List<Event> events = new ArrayList<>(Scene.helpdesk(List.of()));
        events.add(answer());
        events.addAll(Scene.curious());
        Scene.spool(spool, Scene.SENSOR, events);
        first = LogReader.open(spool.resolve("log")).statedKeys().getFirst().toString();
        try (LogWriter writer = LogWriter.open(spool.resolve("log"), SigningKey.load(spool.resolve("log.key")))) {
            new KeyFile(spool.resolve("log.key"))
                    .evolve(writer); // the events are of the first key, the checkpoint of the second
        }
        Scene.spool(spool, Scene.SENSOR, List.of(Scene.restart(31, 4_000, 6_000)));
        trail = collect(spool);
        hmac = Files.createDirectory(folder.resolve("hmac"));
        Files.writeString(hmac.resolve("key-id"), "k2"); // k1, with which all was recorded, is retired
        Files.write(hmac.resolve("key"), new byte[32]);
        Files.writeString(hmac.resolve("retired"), "k1 " + Base64.getEncoder().encodeToString(SECRET) + "\n");
        document = Files.writeString(folder.resolve("answer.txt"), ANSWER);
        bundle = folder.resolve("out.json");
    }

    private static ModelInvocation answer() throws Exception {
        return ModelInvocation.builder(Scene.header(7, Scene.HELPDESK_TRACE, Scene.HELPDESK, Scene.id(4), 90))
                .unknown("agent_session_id", "the agent has none")
                .unknown("prompt_class", "the profile does not classify prompts")
                .modelId("approved-model")
                .promptTokenCount(812L)
                .outputTokenCount(40L)
                .outputHash(sha256(ANSWER.getBytes(UTF_8)))
                .fingerprints(List.of(
                        recorded("input.user", "What about the refund of Ms Lovelace? She has asked twice."),
                        recorded("output", ANSWER)))
                .httpStatus(200)
                .build();
    }

    /** What a sensor records of a text. */
    private static PartFingerprint recorded(String part, String text) throws Exception {
        final byte[] bytes = text.getBytes(UTF_8);
        final byte[] normalized = new byte[bytes.length];
        final int length = Normalizer.normalize(bytes, bytes.length, normalized);
        final boolean guessable = bytes.length < 64;
        return new PartFingerprint(
                part,
                bytes.length,
                guessable ? null : sha256(bytes),
                guessable ? null : sha256(Arrays.copyOf(normalized, length)),
                "k1:" + HexFormat.of().formatHex(hmac(bytes)),
                new Winnowing(hmac(Winnowing.PURPOSE.getBytes(UTF_8))).fingerprint(normalized, length));
    }

    private static byte[] hmac(byte[] bytes) throws Exception {
        final Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET, "HmacSHA256"));
        return mac.doFinal(bytes);
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private Path collect(Path spool) throws IOException {
        final TrailFolder collector = new TrailFolder(folder.resolve("trail"));
        Files.createDirectories(collector.logs());
        final SigningKey witness = SigningKey.generateWitness("witness.example");
        final SigningKey lasting = SigningKey.generateMlDsaWitness("witness.example");
        Files.writeString(collector.witnessVerifierKey(), witness.verifierKey() + "\n");
        Files.writeString(collector.lastingWitnessVerifierKey(), lasting.verifierKey() + "\n");
        final LogReader log = LogReader.open(spool.resolve("log"));
        final List<byte[]> entries = new ArrayList<>();
        log.forEach(0, (leaf, entry) -> entries.add(entry));
        try (MirrorLog mirror = MirrorLog.open(
                collector.log(new LogName(Scene.SENSOR)), witness, List.of(lasting), List.of(), Clock.systemUTC())) {
            assertThat(mirror.accept(
                            0,
                            entries,
                            log.checkpoint().note(),
                            log.statedKeys().getFirst(),
                            log.successions()))
                    .isInstanceOf(AcceptResult.Accepted.class);
        }
        return collector.directory();
    }

    private List<String> keys() throws IOException {
        final TrailFolder collector = new TrailFolder(trail);
        return List.of(first, Files.readString(collector.witnessVerifierKey()).strip());
    }

    @Test
    void anAnswerIsTracedToTheInvocationThatProducedItWithItsProof() throws Exception {
        final Run run = run("prove", document, "--trail", trail);

        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("2026-01-31T12:00:00.090Z  model  approved-model")
                .contains("produced  output: is the document, byte for byte")
                .contains("event     " + Scene.id(7) + ", leaf 6 of " + Scene.SENSOR)
                .contains("trace     " + Scene.HELPDESK_TRACE)
                .contains("workload  " + Scene.HELPDESK)
                .containsPattern("proof     [0-9]+ hashes to root [0-9a-f]{64} of size 11, signed by .*"
                        + "ED25519.*COSIGNATURE.*COSIGNATURE_ML_DSA_44.*cosigned at ")
                .contains("found in 1 invocation");
    }

    @Test
    void whiteSpaceAndExcerptsAreToldApart() throws Exception {
        Files.writeString(document, ANSWER.replace("\n", "\r\n  "));
        assertThat(likeness(run("prove", document, "--trail", trail, "-o", "json")))
                .containsExactly("normalized");

        Files.writeString(document, "They wrote: " + ANSWER.substring(19, 90) + " I have kept it.");
        final Run excerpt = run("prove", document, "--trail", trail, "--hmac", hmac, "-o", "json");
        assertThat(excerpt.code()).isZero();
        assertThat(likeness(excerpt)).containsExactly("excerpt");
        assertThat(json(excerpt).at("/excerpts/k").asInt()).isEqualTo(32);
        assertThat(json(excerpt).at("/excerpts/w").asInt()).isEqualTo(16);
        assertThat(json(excerpt).at("/excerpts/guaranteed_bytes").asInt()).isEqualTo(47);
    }

    private static Stream<String> likeness(Run run) throws IOException {
        return json(run)
                .at("/events/0/matches")
                .valueStream()
                .map(match -> match.path("likeness").asText());
    }

    @Test
    void nothingIsSaidWithHowCompleteTheRangeIsAndTheGapsAreNamed() throws Exception {
        Files.writeString(
                document, "Something else altogether, that is long enough to have fingerprints of its own, I think.");

        final Run run = run("prove", document, "--trail", trail, "--hmac", hmac, "--bundle", bundle);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out())
                .contains("searched  " + Scene.SENSOR + ": 9 of its 11 events, from 2026-01-31T12:00:00Z")
                .contains("compared  2 text parts of 4 invocations")
                .contains("excerpts  noticed for certain from 47 bytes on (k = 32, w = 16;")
                .contains("not seen  2026-01-31T12:00:06Z  sensor.gap.restart")
                .contains("not known invocations of which no text was recorded (1×)")
                .contains("nothing in this range matches, and 1 gap and 1 other reason above may hide it")
                .contains("none was written: there is nothing to prove");
        assertThat(bundle).doesNotExist();
    }

    @Test
    void aRangeWithoutAGapIsSaidToBeSeenAsAWhole() throws Exception {
        Files.writeString(
                document, "Something else altogether, that is long enough to have fingerprints of its own, I think.");

        final JsonNode whole = json(run(
                "prove",
                document,
                "--trail",
                trail,
                "--hmac",
                hmac,
                "--since",
                "2026-01-31T12:00:00.070Z",
                "--until",
                "2026-01-31T12:00:01Z",
                "-o",
                "json"));

        assertThat(whole.path("complete").asBoolean()).isTrue();
        assertThat(whole.path("gaps_in_range").asInt()).isZero();
        assertThat(whole.path("invocations").asInt()).isEqualTo(1);
    }

    @Test
    void withoutTheKeyExcerptsAreNotSaidToBeAbsent() throws Exception {
        Files.writeString(document, ANSWER.substring(19, 120));

        final Run run = run("prove", document, "--trail", trail);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out())
                .contains("were not looked for: that takes the installation's key")
                .contains("not known");
    }

    @Test
    void aTrailThatWasAlteredIsNoProof() throws Exception {
        final Path tile = new TrailFolder(trail).log(new LogName(Scene.SENSOR)).resolve("tile/entries/000.p/11");
        Files.writeString(
                tile, Files.readString(tile, ISO_8859_1).replace("customers.csv", "customerz.csv"), ISO_8859_1);

        final Run run = run("prove", document, "--trail", trail);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("FOUND").contains("THE TRAIL DOES NOT HOLD");
    }

    @Test
    void twoVerifiersAgreeThatABundleHolds() throws Exception {
        assertThat(run("prove", document, "--trail", trail, "--hmac", hmac, "--bundle", bundle)
                        .code())
                .isZero();

        final Run ours = run("verify", bundle, "--key", keys().get(0), "--key", keys().get(1), "--document", document);
        assertThat(ours.code()).isZero();
        assertThat(ours.out())
                .contains("produced  output: is the document, byte for byte")
                .doesNotContain("Keys:");
        final Run theirs =
                Run.independent(folder, bundle, "--key", keys().get(0), "--key", keys().get(1), "--document", document);
        assertThat(theirs.err()).isEmpty();
        assertThat(theirs.code()).isZero();
        assertThat(theirs.out())
                .contains("produced: exact at /output_hash")
                .contains("holds")
                .doesNotContain("keys as");

        assertThat(run("verify", bundle).out())
                .contains("result    holds")
                .contains("Keys: as they stand in the bundle");
        assertThat(Run.independent(folder, bundle).out()).contains("keys as they stand in the bundle");
    }

    @Test
    void anExcerptIsClaimedUntilTheDocumentAndTheKeyAreThere() throws Exception {
        Files.writeString(document, "They wrote: " + ANSWER.substring(19, 90) + " I have kept it.");
        assertThat(run("prove", document, "--trail", trail, "--hmac", hmac, "--bundle", bundle)
                        .code())
                .isZero();

        assertThat(run("verify", bundle).out()).contains("says the bundle; --document and --hmac check that");
        assertThat(Run.independent(folder, bundle).out()).contains("excerpt at /fingerprints/1, claimed, not proven");
        assertThat(run("verify", bundle, "--document", document, "--hmac", hmac).out())
                .doesNotContain("says the bundle");
        assertThat(Run.independent(folder, bundle, "--document", document, "--hmac", hmac)
                        .out())
                .contains("excerpt at /fingerprints/1")
                .doesNotContain("claimed");

        final byte[] good = Files.readAllBytes(bundle);
        final JsonMapper json = new JsonMapper();
        final ObjectNode elsewhere = (ObjectNode) json.readTree(good); // a part that has nothing of the document
        replace(elsewhere.at("/events/0/matches/0"), "field", "/fingerprints/1", "/fingerprints/0");
        json.writeValue(bundle.toFile(), elsewhere);
        assertThat(Run.verdict(folder, bundle, "--document", document)).isZero();
        assertThat(Run.verdict(folder, bundle, "--document", document, "--hmac", hmac))
                .isEqualTo(1);

        Files.write(bundle, good);
        Files.writeString(
                document, "Another document that is long enough to be compared with what the bundle is about.");
        assertThat(Run.verdict(folder, bundle, "--document", document, "--hmac", hmac))
                .isEqualTo(1);
    }

    @Test
    void aShortDocumentDoesNotStandInABundleWithAHashThatCouldBeGuessed() throws Exception {
        Files.writeString(document, "What about the refund of Ms Lovelace? She has asked twice.");
        assertThat(run("prove", document, "--trail", trail, "--hmac", hmac, "--bundle", bundle)
                        .code())
                .isZero();

        assertThat(new JsonMapper()
                        .readTree(bundle.toFile())
                        .at("/document/sha256")
                        .isNull())
                .isTrue();
        assertThat(Run.verdict(folder, bundle, "--document", document)).isZero();
    }

    @Test
    void bothVerifiersFindEachKindOfForgery() throws Exception {
        run("prove", document, "--trail", trail, "--bundle", bundle);
        final List<Consumer<ObjectNode>> forgeries = List.of(
                all -> replace(all.withArray("events").get(0), "entry", "approved-model", "approved-mode1"),
                all -> ((ObjectNode) all.withArray("events").get(0)).put("index", 5),
                all -> ((ArrayNode) all.at("/events/0/proof")).remove(0),
                all -> ((ArrayNode) all.at("/events/0/proof")).add(all.at("/events/0/proof/0")),
                all -> ((ArrayNode) all.at("/events/0/matches")).removeAll(),
                all -> replace(all.at("/events/0/matches/0"), "field", "output", "return"),
                all -> ((ObjectNode) all.path("document")).put("sha256", "ab".repeat(32)),
                all -> replace(all.at("/logs/0"), "checkpoint", "\n11\n", "\n10\n"),
                all -> replace(all.at("/logs/0"), "checkpoint", Scene.SENSOR + "\n", "demo.support.node-2\n"),
                ProveTest::flipTheLastCosignature,
                all -> ((ArrayNode) all.at("/logs/0/vkeys"))
                        .set(0, SigningKey.generate(Scene.SENSOR).verifierKey().toString()),
                all -> ((ArrayNode) all.at("/logs/0/vkeys"))
                        .add(SigningKey.generateWitness("another").verifierKey().toString()),
                all -> all.withArray("logs").add(all.at("/logs/0")),
                all -> all.withArray("gaps").add(all.at("/events/0")));
        Run.assertNoneHolds(folder, bundle, "", forgeries);
        final String other = SigningKey.generate(Scene.SENSOR).verifierKey().toString();
        final JsonMapper json = new JsonMapper();
        final ObjectNode unvouched = (ObjectNode) json.readTree(bundle.toFile());
        ((ArrayNode) unvouched.at("/logs/0/successions")).removeAll();
        json.writeValue(folder.resolve("unvouched.json").toFile(), unvouched);
        assertThat(Run.verdict(folder, folder.resolve("unvouched.json"), "--key", first))
                .isEqualTo(1);
        assertThat(Run.verdict(folder, bundle, "--key", other)).isEqualTo(1);
    }

    /** That by ML-DSA-44, which is the longest by far. */
    private static void flipTheLastCosignature(ObjectNode all) {
        final StringBuilder checkpoint =
                new StringBuilder(all.at("/logs/0/checkpoint").asText());
        final int at = checkpoint.length() - 1_000;
        checkpoint.setCharAt(at, checkpoint.charAt(at) == 'A' ? 'B' : 'A');
        ((ObjectNode) all.at("/logs/0")).put("checkpoint", checkpoint.toString());
    }

    private static void replace(JsonNode object, String member, String from, String to) {
        final String before = object.path(member).asText();
        assertThat(before).contains(from);
        ((ObjectNode) object).put(member, before.replace(from, to));
    }

    @Test
    void noByteOfWhatABundleProvesCanBeChanged() throws Exception {
        run("prove", document, "--trail", trail, "--hmac", hmac, "--bundle", bundle);
        final byte[] good = Files.readAllBytes(bundle);
        final String text = new String(good, UTF_8);
        final int said = text.indexOf("\"made_at\""); // the maker's words, and not proven
        final int digests = text.indexOf("\"document\"");
        final int searched = text.indexOf("\"searched\"");
        final int logs = text.indexOf("\"logs\"");
        final Random random = new Random(6962);
        for (int i = 0; i < 500; i++) {
            final int at = random.nextInt(good.length);
            final byte[] changed = good.clone();
            changed[at] ^= (byte) (1 << random.nextInt(7));
            final boolean white = Character.isWhitespace(good[at]) && Character.isWhitespace(changed[at]);
            if (white || (at >= said && at < digests) || (at >= searched && at < logs)) {
                continue;
            }
            Files.write(bundle, changed);
            assertThat(run("verify", bundle, "--key", first, "--document", document, "--hmac", hmac)
                            .code())
                    .as("byte " + at)
                    .isNotZero();
        }
    }

    @Test
    void whatIsNoBundleIsBadInputForBoth() throws Exception {
        for (final String content :
                List.of("", "[]", "{}", "null", "{\"format\":\"fourthlog-evidence/2\"}", "[".repeat(5000))) {
            Files.writeString(bundle, content);
            assertThat(Run.verdict(folder, bundle)).as(content).isEqualTo(2);
        }
    }
}
