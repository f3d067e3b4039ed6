package io.fourthlog.trail.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.folder.TrailFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys on a disk, and what is left of them. */
final class EraserTest {

    private static final String POD = "k8s://demo/support/Pod/helpdesk/helpdesk/agent";
    private static final String OTHER = "k8s://demo/support/Pod/curious/curious/agent";
    private static final Instant MORNING = Instant.parse("2026-01-31T08:00:00Z");

    @TempDir
    private Path directory;

    private TrailFolder folder;
    private Eraser eraser;
    private VerifierKey witness;

    /** The power goes. */
    private static final class PowerCut extends IOException {
        private static final long serialVersionUID = 1;

        PowerCut(String at) {
            super("before " + at);
        }
    }

    @BeforeEach
    void setUp() throws Exception {
        folder = new TrailFolder(directory);
        final SigningKey key = SigningKey.generateWitness("witness.example");
        key.store(folder.witnessKey());
        witness = key.verifierKey();
        eraser = new Eraser(folder, Clock.systemUTC());
    }

    private StoredKey key(String workload, int hours, boolean legalHold) throws IOException {
        final StoredKey key = new StoredKey(
                SubjectKey.generate(),
                workload,
                "demo.support.node-1",
                MORNING.plus(Duration.ofHours(hours)),
                legalHold);
        eraser.keep(List.of(key));
        return key;
    }

    private SubjectKeyFolder keys() {
        return new SubjectKeyFolder(folder.subjectKeys());
    }

    private Erasures erasures() throws IOException {
        return Erasures.read(folder.erasures(), List.of(witness));
    }

    /** Whether a key is anywhere in the folder, as bytes or in base64. */
    private boolean lies(StoredKey key) throws IOException {
        final String raw = new String(key.key().bytes(), StandardCharsets.ISO_8859_1);
        final String base64 = Base64.getEncoder().encodeToString(key.key().bytes());
        try (Stream<Path> files = Files.walk(directory)) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                final String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                if (content.contains(raw) || content.contains(base64)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void aKeyIsItsOwnersOnlyAndIsFound() throws Exception {
        final StoredKey key = key(POD, 0, false);

        final StoredKey found = keys().find(key.key().id()).orElseThrow();
        assertThat(found.key().bytes()).isEqualTo(key.key().bytes());
        assertThat(found.workload()).isEqualTo(POD);
        try (Stream<Path> files = Files.walk(folder.subjectKeys())) {
            assertThat(files.filter(file -> file.toString().endsWith(".json")))
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
        }
        assertThat(lies(key)).isTrue(); // so that its absence means something below
    }

    @Test
    void whatIsErasedIsGoneAndRecordedAndWhatIsNotIsThere() throws Exception {
        final StoredKey yesterday = key(POD, -24, false);
        final StoredKey today = key(POD, 0, false);
        final StoredKey other = key(OTHER, 0, false);

        eraser.erase("*/helpdesk/*", "ticket 4711");

        assertThat(lies(yesterday)).isFalse();
        assertThat(lies(today)).isFalse();
        assertThat(lies(other)).isTrue();
        assertThat(erasures().findings()).isEmpty();
        assertThat(erasures().of(today.key().id()))
                .hasValueSatisfying(erased -> assertThat(erased.describe())
                        .matches("key destroyed on 20[-0-9T:]+Z: erasure of " + POD + ", ticket 4711"));
        assertThat(erasures().of(other.key().id())).isEmpty();
        assertThat(eraser.plan("*").keys()).hasSize(1);
    }

    @Test
    void aSensorThatSendsAnErasedKeyAgainDoesNotBringItBack() throws Exception {
        final StoredKey key = key(POD, 0, false);
        eraser.erase(POD, "ticket 4711");

        eraser.keep(List.of(key));

        assertThat(keys().find(key.key().id())).isEmpty();
        assertThat(lies(key)).isFalse();
    }

    @Test
    void aKeyThatIsThereStaysAsItCame() throws Exception {
        final StoredKey held = key(POD, 0, true);
        final Path file;
        try (Stream<Path> files = Files.walk(folder.subjectKeys())) {
            file = files.filter(each -> each.toString().endsWith(".json"))
                    .findFirst()
                    .orElseThrow();
        }
        final Object inode = Files.getAttribute(file, "unix:ino");

        assertThat(eraser.keep(List.of(held))).isEmpty(); // an answer was lost
        final String id = held.key().id();
        final byte[] other = SubjectKey.generate().bytes();
        final List<StoredKey> others = List.of(
                new StoredKey(new SubjectKey(id, other), POD, held.sensor(), held.from(), true),
                new StoredKey(held.key(), POD, "demo.other.node-9", MORNING, false));
        assertThat(eraser.keep(others)).containsExactly(id, id);
        eraser.keep(List.of(new StoredKey(held.key(), OTHER, held.sensor(), MORNING, false)));

        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
        final StoredKey found = keys().find(id).orElseThrow();
        assertThat(found.key().bytes()).isEqualTo(held.key().bytes());
        assertThat(found.workload()).isEqualTo(POD);
        assertThat(found.legalHold()).isTrue();
    }

    @Test
    void whatACrashLeftOfAKeyIsDestroyedAtTheNextStart() throws Exception {
        final StoredKey key = key(POD, 0, false);
        try (Stream<Path> files = Files.walk(folder.subjectKeys())) {
            final Path file = files.filter(each -> each.toString().endsWith(".json"))
                    .findFirst()
                    .orElseThrow();
            Files.copy(file, file.resolveSibling(file.getFileName() + ".tmp"));
        }
        eraser.finish();
        eraser.erase(POD, "ticket 4711");
        assertThat(lies(key)).isFalse();
    }

    @Test
    void nothingIsErasedUnderALegalHold() throws Exception {
        final StoredKey free = key(POD, 0, false);
        key(OTHER, -24, false);
        final StoredKey held = key(OTHER, 0, true);

        assertThatThrownBy(() -> eraser.erase("*", "ticket 4711"))
                .isInstanceOf(LegalHoldException.class)
                .hasMessageContaining(OTHER)
                .hasMessageContaining("legalHold");
        assertThat(lies(free)).isTrue();
        assertThat(lies(held)).isTrue();
        assertThat(folder.erasures().numbers()).isEmpty();

        key(OTHER, 1, false); // the tier has it no more
        assertThat(eraser.erase(OTHER, "ticket 4711")).hasSize(3);
    }

    @Test
    void aLegalHoldOfTheFolderCountsAsWell() throws Exception {
        key(POD, 0, false);
        Files.writeString(folder.legalHold(), "# case 12/26\n\nk8s://demo/support/*\n");

        assertThatThrownBy(() -> eraser.erase("*", "ticket 4711"))
                .isInstanceOf(LegalHoldException.class)
                .hasMessageContaining("legal-hold");
        assertThat(eraser.plan("*").held()).containsOnlyKeys(POD);
    }

    @Test
    void whereverThePowerGoesNothingIsLostThatIsNotRecordedAndTheNextStartFinishes() throws Exception {
        final List<String> steps = new ArrayList<>();
        for (int cut = 0; ; cut++) {
            final List<StoredKey> keys = List.of(key(POD, cut, false), key(POD, cut, false), key(POD, cut, false));
            final int at = cut;
            steps.clear();
            boolean cutOff = false;
            try {
                new Eraser(folder, Clock.systemUTC(), action -> {
                            steps.add(action);
                            if (steps.size() > at) {
                                throw new PowerCut(action);
                            }
                        })
                        .erase(POD, "ticket " + cut);
            } catch (PowerCut e) {
                cutOff = true;
            }
            for (final StoredKey key : keys) {
                final boolean recorded = erasures().of(key.key().id()).isPresent();
                assertThat(recorded || keys().find(key.key().id()).isPresent())
                        .as("cut at step " + cut + " " + steps)
                        .isTrue();
            }
            new Eraser(folder, Clock.systemUTC()).finish();
            for (final StoredKey key : keys) {
                assertThat(lies(key))
                        .as("cut at step " + cut + " " + steps)
                        .isEqualTo(erasures().of(key.key().id()).isEmpty());
            }
            if (!cutOff) {
                break;
            }
            eraser.erase(POD, "the rest of " + cut);
            assertThat(erasures().findings()).isEmpty();
        }
        assertThat(steps).hasSize(1 + 3 * 3); // a record, and three steps for each of three keys
    }

    @Test
    void aRecordThatWasAlteredOrIsOfAnotherWitnessIsNone() throws Exception {
        final StoredKey key = key(POD, 0, false);
        eraser.erase(POD, "ticket 4711");
        final String good = new String(folder.erasures().read(1), StandardCharsets.UTF_8);
        for (final String forged : List.of(
                good.replace("4711", "4712"),
                good.replace(key.key().id(), SubjectKey.generate().id()),
                good.substring(0, good.length() / 2),
                "",
                good.replace("fourthlog-erasure/1", "fourthlog-erasure/2"))) {
            folder.erasures().write(1, forged.getBytes(StandardCharsets.UTF_8));
            assertThat(erasures().findings()).hasSize(1);
            assertThat(erasures().of(key.key().id())).isEmpty();
        }
        folder.erasures().write(1, good.getBytes(StandardCharsets.UTF_8));
        final Erasures others = Erasures.read(
                folder.erasures(),
                List.of(SigningKey.generateWitness("witness.example").verifierKey()));
        assertThat(others.findings()).hasSize(1);
    }

    @Test
    void aReasonIsOneLineThatSaysSomething() throws Exception {
        key(POD, 0, false);
        for (final String reason : List.of("", "  ", "a\nkey 00", "x".repeat(5_000))) {
            assertThatThrownBy(() -> eraser.erase(POD, reason)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(eraser.plan(POD).keys()).hasSize(1);
    }
}
