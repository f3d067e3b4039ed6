package io.fourthlog.trail.command;

import static io.fourthlog.trail.command.Run.json;
import static io.fourthlog.trail.command.Run.run;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.trail.Authority;
import io.fourthlog.trail.Push;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.Tsa;
import io.fourthlog.trail.collector.TestCollector;
import io.fourthlog.trail.folder.NumberedFiles;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.timestamp.Timestamp;
import io.fourthlog.trail.tls.TlsFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When it was written: timestamps in what {@code verify} and {@code prove} say, and in bundles under three verifiers. */
final class TimestampTest {

    private static final String ANSWER =
            "Dear Ms Lovelace, your refund of 120.00 EUR was approved on the third of January.";

    @TempDir
    private Path folder;

    private Tsa tsa;
    private Path ca;
    private Path otherCa;
    private TestCollector collector;
    private List<Object> fromServer;
    private Path trail;
    private Path document;
    private Path bundle;

    /** A trail of which the first token covers the events, and the second what came after. */
    @BeforeEach
    void stampTrail() throws Exception {
        tsa = new Tsa();
        ca = tsa.root(folder.resolve("tsa-ca.pem"));
        try (Tsa other = new Tsa()) {
            otherCa = other.root(folder.resolve("other-ca.pem"));
        }
        final Authority authority = new Authority();
        trail = folder.resolve("trail");
        collector = new TestCollector(trail, authority.issue("CN=trail", folder.resolve("server")));
        final TlsFiles sensor = authority.issue("CN=sensor:support", folder.resolve("sensor"));
        final TlsFiles reader = authority.issue("CN=reader:default", folder.resolve("reader"));
        fromServer = collector.options(reader, folder.resolve("copy"));
        final Path state = folder.resolve("state");
        final String hash =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(ANSWER.getBytes(UTF_8)));
        Scene.spool(
                state,
                Scene.SENSOR,
                Scene.helpdesk(List.of(new PartFingerprint("output", ANSWER.length(), hash, null, null, null))));
        push(sensor, state);
        collector.stamp(tsa);
        Scene.spool(state, Scene.SENSOR, Scene.curious());
        push(sensor, state);
        collector.stamp(tsa);
        document = Files.writeString(folder.resolve("answer.txt"), ANSWER);
        bundle = folder.resolve("out.json");
    }

    private void push(TlsFiles sensor, Path state) throws Exception {
        assertThat(Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(state, 0)))
                .isEqualTo(200);
    }

    @AfterEach
    void stop() throws Exception {
        collector.close();
        tsa.close();
    }

    @Test
    void verifySaysSinceWhenTheEventsExistAndWhoVouchesForThat() throws Exception {
        final Run run = run("verify", "--trail", trail, "--timestamp-ca", ca);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .containsPattern("stamped  its first 6 events existed at 20[-0-9T:]+Z, says CN=Example Timestamps\n")
                .containsPattern(
                        "its first 8 events existed at 20[-0-9T:]+Z, says CN=Example Timestamps; 2 timestamps");
        assertThat(run("verify", "--trail", trail).out()).contains("whom nobody vouches for: --timestamp-ca");
        final Run other = run("verify", "--trail", trail, "--timestamp-ca", otherCa);
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.out()).contains("FOUND").contains("not certified by a trusted authority");
    }

    @Test
    void aCopyHasTheTimestampsAsWell() throws Exception {
        final List<Object> verify = new ArrayList<>(List.of("verify", "--timestamp-ca", ca, "-o", "json"));
        verify.addAll(fromServer);
        final Run run = run(verify.toArray());
        assertThat(run.code()).isZero();
        assertThat(json(run).at("/logs/0/timestamps/1/size").asLong()).isEqualTo(8);
        assertThat(json(run).at("/logs/0/timestamps/1/trusted").asBoolean()).isTrue();
    }

    @Test
    void aLogThatIsNotWhatWasStampedIsFound() throws Exception {
        final NumberedFiles kept = new TrailFolder(trail).timestamps();
        final Timestamp good = Timestamp.parse(kept.read(2));
        final String root = good.checkpoints().getFirst().split("\n", -1)[2];
        for (final String checkpoint : List.of(
                Scene.SENSOR + "\n9\n" + root + "\n", // more than there is
                Scene.SENSOR + "\n7\n" + root + "\n")) { // another tree
            final String statement = Timestamp.statement(List.of(checkpoint));
            kept.write(
                    2,
                    new Timestamp(
                                    statement,
                                    List.of(checkpoint),
                                    Base64.getEncoder()
                                            .encodeToString(tsa.stamp(statement.getBytes(UTF_8), Instant.now())))
                            .bytes());
            final Run run = run("verify", "--trail", trail, "--timestamp-ca", ca);
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out()).contains("timestamps/00000002.json").contains("DOES NOT HOLD");
        }
    }

    @Test
    void aLogThatWasCutOffAfterItWasStampedIsFoundByProveAsWell() throws Exception {
        final NumberedFiles kept = new TrailFolder(trail).timestamps();
        final Timestamp good = Timestamp.parse(kept.read(2));
        for (final int number : List.of(1, 2)) {
            final String checkpoint =
                    Scene.SENSOR + "\n9\n" + good.checkpoints().getFirst().split("\n", -1)[2] + "\n";
            final String statement = Timestamp.statement(List.of(checkpoint));
            final byte[] token = tsa.stamp(statement.getBytes(UTF_8), Instant.now());
            kept.write(
                    number,
                    new Timestamp(
                                    statement,
                                    List.of(checkpoint),
                                    Base64.getEncoder().encodeToString(token))
                            .bytes());
            final Run run = run("prove", document, "--trail", trail, "--timestamp-ca", ca);
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out()).contains("it was of 9 leaves, and has 8: the rest was cut off");
        }
    }

    @Test
    void aBundleShowsWhenItsEventsExistedAndThreeVerifiersAgree() throws Exception {
        final Run proof = run("prove", document, "--trail", trail, "--bundle", bundle, "--timestamp-ca", ca);
        assertThat(proof.err()).isEmpty();
        assertThat(proof.code()).isZero();
        assertThat(proof.out()).containsPattern("existed   at 20[-0-9T:]+Z, says CN=Example Timestamps\n");
        final ObjectNode written = (ObjectNode) new JsonMapper().readTree(bundle.toFile());
        assertThat(written.at("/logs/0/timestamps")).hasSize(2); // the first over the event, and the last

        assertThat(run("verify", bundle, "--timestamp-ca", ca).code()).isZero();
        assertThat(Run.verdict(folder, bundle, "--timestamp-ca", otherCa)).isEqualTo(1);
        final Run theirs = Run.independent(folder, bundle, "--timestamp-ca", ca);
        assertThat(theirs.err()).isEmpty();
        assertThat(theirs.code()).isZero();
        assertThat(theirs.out()).containsPattern("existed: first 6 events of " + Scene.SENSOR + ", .*Time stamp: ");
        assertThat(Run.independent(folder, bundle).out()).contains("not checked without --timestamp-ca");
    }

    @Test
    void bothVerifiersFindEachForgeryOfATimestamp() throws Exception {
        run("prove", document, "--trail", trail, "--bundle", bundle);
        final List<Consumer<ObjectNode>> forgeries = List.of(
                stamp -> stamp.put(
                        "checkpoint", stamp.path("checkpoint").asText().replace("\n6\n", "\n5\n")),
                stamp -> stamp.put("statement", stamp.path("statement").asText().replace("\n1\n", "\n2\n")),
                stamp -> stamp.put("index", 1),
                stamp -> stamp.withArray("path").add(stamp.at("/consistency/0")),
                stamp -> ((ArrayNode) stamp.path("consistency")).remove(0),
                stamp -> stamp.put("token", "AAAA"),
                stamp -> stamp.put("token", stamp.path("token").asText().replace('A', 'B')),
                stamp -> {
                    final String checkpoint = Scene.SENSOR + "\n6\n" + "A".repeat(43) + "=\n";
                    stamp.put("checkpoint", checkpoint).put("statement", Timestamp.statement(List.of(checkpoint)));
                });
        Run.assertNoneHolds(folder, bundle, "/logs/0/timestamps/0", forgeries, "--timestamp-ca", ca);
    }

    @Test
    void theDocumentedOpensslCommandChecksATokenOfTheFolder() throws Exception {
        final Timestamp timestamp =
                Timestamp.parse(new TrailFolder(trail).timestamps().read(1));
        Files.writeString(folder.resolve("statement.txt"), timestamp.statement());
        Files.write(folder.resolve("token.der"), timestamp.der());
        final String documented = Files.readString(Path.of("../docs/trail.md"))
                .lines()
                .filter(line -> line.startsWith("openssl ts -verify"))
                .findFirst()
                .orElseThrow();
        final Run run = Run.process(folder, List.of("sh", "-c", "cd " + folder + " && " + documented));
        assertThat(run.out() + run.err()).contains("Verification: OK");
        assertThat(run.code()).isZero();
    }
}
