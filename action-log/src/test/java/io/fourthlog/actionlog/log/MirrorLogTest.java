package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.fourthlog.actionlog.log.AcceptResult.Accepted;
import io.fourthlog.actionlog.log.AcceptResult.Conflict;
import io.fourthlog.actionlog.log.AcceptResult.Refused;
import io.fourthlog.actionlog.log.AcceptResult.Stale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MirrorLogTest {

    private static final SigningKey WITNESS = SigningKey.generateWitness("witness.example");
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochSecond(1_700_000_000), ZoneOffset.UTC);
    private static final VerifierKey KEY = Logs.KEY.verifierKey();

    @TempDir
    Path folder;

    private Path sensor;
    private MirrorLog mirror;

    @BeforeEach
    void open() throws Exception {
        sensor = folder.resolve("sensor");
        mirror = MirrorLog.open(folder.resolve("mirror"), WITNESS, CLOCK);
    }

    @AfterEach
    void close() throws Exception {
        mirror.close();
    }

    @Test
    void acceptedEntriesAreCosignedAndTheMirrorVerifiesLikeTheLog() throws Exception {
        ship(0, Logs.grow(sensor, 300));
        final AcceptResult result = ship(300, Logs.grow(sensor, 700));

        assertThat(result).asInstanceOf(type(Accepted.class)).satisfies(accepted -> {
            assertThat(accepted.checkpoint().note().signatures()).last().isEqualTo(accepted.cosignature());
            assertThat(accepted.checkpoint()
                            .note()
                            .verify(List.of(KEY, WITNESS.verifierKey()))
                            .valid())
                    .containsExactly(KEY, WITNESS.verifierKey());
        });
        assertThat(verifyMirror().findings()).isEmpty();
        assertThat(LogReader.open(folder.resolve("mirror")).entry(699)).isEqualTo(Logs.entry(699));
    }

    @Test
    void theSameAgainIsAcceptedWithTheSameCosignature() throws Exception {
        final Checkpoint checkpoint = Logs.grow(sensor, 3);

        assertThat(ship(0, checkpoint)).isEqualTo(ship(0, checkpoint)).isInstanceOf(Accepted.class);
        assertThat(mirror.size()).isEqualTo(3);
    }

    @Test
    void anOverlapIsPassedOverAndAHoleIsToldWhereToBegin() throws Exception {
        final Checkpoint first = Logs.grow(sensor, 3);
        ship(0, first);
        final Checkpoint second = Logs.grow(sensor, 7);

        assertThat(ship(5, second)).isEqualTo(new Stale(3));
        assertThat(ship(1, second)).isInstanceOf(Accepted.class);
        assertThat(ship(0, first)).isEqualTo(new Stale(7));
        assertThat(verifyMirror().findings()).isEmpty();
    }

    @Test
    void aLogThatIsFarBehindShipsPrefixes() throws Exception {
        Logs.grow(sensor, 1000);
        try (LogWriter writer = LogWriter.open(sensor, Logs.KEY)) {
            for (long to = 400; to <= 1000; to += 300) {
                assertThat(ship(mirror.size(), writer.signPrefix(to))).isInstanceOf(Accepted.class);
            }
        }
        assertThat(mirror.checkpoint().orElseThrow().rootHash())
                .isEqualTo(LogReader.open(sensor).checkpoint().rootHash());
    }

    @Test
    void aSensorThatRewritesItsPastIsCaughtWithBothNotes() throws Exception {
        final Checkpoint honest = Logs.grow(sensor, 5);
        ship(0, honest);
        final Checkpoint forged = rewritten(5);

        assertThat(mirror.accept(0, List.of(), forged.note(), KEY))
                .asInstanceOf(type(Conflict.class))
                .extracting(Conflict::contradiction)
                .satisfies(found -> {
                    assertThat(found.kind()).isEqualTo("fork");
                    assertThat(found.held().text()).isEqualTo(honest.note().text());
                    assertThat(found.offered()).isEqualTo(forged.note());
                    assertThat(found.offered().verify(List.of(KEY)).holds()).isTrue();
                });
        assertThat(mirror.checkpoint().orElseThrow().rootHash()).isEqualTo(honest.rootHash());
    }

    @Test
    void aSensorThatIsRolledBackAndGoesOnIsCaught() throws Exception {
        Logs.grow(sensor, 3);
        final Path snapshot = Logs.copy(sensor, folder.resolve("snapshot"));
        final Checkpoint held = Logs.grow(sensor, 5);
        ship(0, held);

        try (LogWriter writer = LogWriter.open(snapshot, Logs.KEY)) {
            writer.append(Logs.entry(-1));
            assertThat(mirror.accept(3, List.of(Logs.entry(-1)), writer.commit().note(), KEY))
                    .asInstanceOf(type(Conflict.class))
                    .extracting(Conflict::contradiction)
                    .satisfies(found -> {
                        final Contradiction.Fork fork = found.fork().orElseThrow();
                        assertThat(fork.consistency().verify(fork.root(), held.rootHash()))
                                .isTrue();
                        assertThat(fork.root())
                                .isEqualTo(LogReader.open(sensor).rootAt(4))
                                .isNotEqualTo(Checkpoint.parse(found.offered()).rootHash());
                    });
            Logs.entries(4, 8).forEach(writer::append);
            assertThat(mirror.accept(5, Logs.entries(5, 8), writer.commit().note(), KEY))
                    .asInstanceOf(type(Conflict.class))
                    .extracting(conflict -> conflict.contradiction().kind())
                    .isEqualTo("entries");
        }
        assertThat(mirror.size()).isEqualTo(5);
        assertThat(verifyMirror().findings()).isEmpty();
    }

    @Test
    void entriesThatWereAlteredOnTheWayAreNotStored() throws Exception {
        ship(0, Logs.grow(sensor, 2));
        final Checkpoint next = Logs.grow(sensor, 3);

        assertThat(mirror.accept(2, List.of(Logs.entry(-1)), next.note(), KEY)).isInstanceOf(Conflict.class);
        assertThat(ship(2, next)).isInstanceOf(Accepted.class);
    }

    @Test
    void whatIsNotSignedByTheFirstKeyIsRefused() throws Exception {
        final SigningKey other = SigningKey.generate(KEY.name());
        ship(0, Logs.grow(sensor, 2));
        final Checkpoint forged = Checkpoint.sign(other, 3, Logs.grow(sensor, 3).rootHash());

        assertThat(mirror.accept(2, Logs.entries(2, 3), forged.note(), other.verifierKey()))
                .isInstanceOf(Refused.class);
        assertThat(mirror.accept(2, Logs.entries(2, 3), forged.note(), KEY)).isInstanceOf(Refused.class);
        assertThat(mirror.accept(2, List.of(), Logs.grow(sensor, 3).note(), KEY))
                .isInstanceOf(Refused.class);
        assertThat(mirror.accept(
                        2, List.of(new byte[65_536]), Logs.grow(sensor, 3).note(), KEY))
                .isInstanceOf(Refused.class);
        assertThat(mirror.size()).isEqualTo(2);
    }

    @Test
    void aMirrorGoesOnAfterItWasClosed() throws Exception {
        ship(0, Logs.grow(sensor, 300));
        mirror.close();
        mirror = MirrorLog.open(folder.resolve("mirror"), WITNESS, CLOCK);

        assertThat(mirror.recovered()).isEqualTo(new Recovery(300, 0, 0, 0));
        assertThat(ship(300, Logs.grow(sensor, 301))).isInstanceOf(Accepted.class);
    }

    @Test
    void aMirrorThatThisWitnessDidNotCosignIsNotOpened() throws Exception {
        ship(0, Logs.grow(sensor, 3));
        mirror.close();

        assertThatThrownBy(() ->
                        MirrorLog.open(folder.resolve("mirror"), SigningKey.generateWitness("witness.example"), CLOCK))
                .isInstanceOf(LogCorruptException.class);
    }

    @Test
    void aFirstBatchThatACrashCutOffIsTakenAgain() throws Exception {
        final Checkpoint checkpoint = Logs.grow(sensor, 3);
        ship(0, checkpoint);
        mirror.close();
        Files.delete(folder.resolve("mirror/checkpoint"));
        Files.write(folder.resolve("mirror/tile/entries/000.p/3"), new byte[1]);
        mirror = MirrorLog.open(folder.resolve("mirror"), WITNESS, CLOCK);

        assertThat(mirror.size()).isZero();
        assertThat(ship(0, checkpoint)).isInstanceOf(Accepted.class);
        assertThat(verifyMirror().findings()).isEmpty();
    }

    @Test
    void aMirrorCosignsWithAllItsKeysAndTheVerifierMissesOneThatIsCutOut() throws Exception {
        final SigningKey lasting = SigningKey.generateMlDsaWitness("witness.example");
        ship(0, Logs.grow(sensor, 3));
        mirror.close();
        mirror = MirrorLog.open(folder.resolve("mirror"), WITNESS, List.of(lasting), List.of(), CLOCK);

        final Accepted accepted = (Accepted) ship(3, Logs.grow(sensor, 5));
        final List<VerifierKey> all = List.of(KEY, WITNESS.verifierKey(), lasting.verifierKey());
        assertThat(accepted.cosignature().keyId())
                .isEqualTo(WITNESS.verifierKey().id());
        assertThat(LogVerifier.verify(folder.resolve("mirror"), all).signers()).containsExactlyElementsOf(all);
        assertThat(LogVerifier.verify(folder.resolve("mirror"), all).findings()).isEmpty();

        final Note note = accepted.checkpoint().note();
        final Note cut = new Note(note.text(), note.signatures().subList(0, 2));
        Files.write(folder.resolve("mirror/checkpoint"), cut.bytes());
        assertThat(LogVerifier.verify(folder.resolve("mirror"), all).findings())
                .extracting(Finding::kind)
                .containsExactly(Finding.Kind.COSIGNATURE);
    }

    private AcceptResult ship(long from, Checkpoint checkpoint) throws IOException {
        return mirror.accept(from, Logs.entries(from, checkpoint.size()), checkpoint.note(), KEY);
    }

    /** What a sensor signs whose log was made anew with one entry changed. */
    private Checkpoint rewritten(long size) throws IOException {
        try (LogWriter writer = LogWriter.open(folder.resolve("rewritten"), Logs.KEY)) {
            writer.append(Logs.entry(-1));
            Logs.entries(1, size).forEach(writer::append);
            return writer.commit();
        }
    }

    private VerificationReport verifyMirror() {
        return LogVerifier.verify(folder.resolve("mirror"), List.of(KEY, WITNESS.verifierKey()));
    }
}
