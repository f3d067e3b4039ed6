package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.fourthlog.actionlog.log.FollowResult.Contradicted;
import io.fourthlog.actionlog.log.FollowResult.Current;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FollowedLogTest {

    private static final SigningKey WITNESS = SigningKey.generateWitness("witness.example");
    private static final String NAME = Logs.KEY.verifierKey().name();

    @TempDir
    Path folder;

    private Path sensor;
    private Path published;
    private Path copy;

    @BeforeEach
    void folders() {
        sensor = folder.resolve("sensor");
        published = folder.resolve("published");
        copy = folder.resolve("copy");
    }

    private FollowResult follow() throws IOException {
        return follow(name -> PublishedLog.read(published, name));
    }

    private FollowResult follow(FollowedLog.Source source) throws IOException {
        try (FollowedLog log = FollowedLog.open(copy, NAME)) {
            return log.follow(source, List.of(WITNESS.verifierKey()), size -> {});
        }
    }

    /** The sensor's log grows to this size, and the witness publishes it. */
    private void publish(long size) throws IOException {
        final Checkpoint checkpoint = Logs.grow(sensor, size);
        try (MirrorLog mirror = MirrorLog.open(published, WITNESS, Clock.systemUTC())) {
            final long from = mirror.size();
            assertThat(mirror.accept(from, Logs.entries(from, size), checkpoint.note(), Logs.KEY.verifierKey()))
                    .isInstanceOf(AcceptResult.Accepted.class);
        }
    }

    private void assertFinding(FollowResult result, Finding.Kind kind) {
        assertThat(result)
                .asInstanceOf(type(Contradicted.class))
                .extracting(contradicted -> contradicted.finding().kind())
                .isEqualTo(kind);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 255, 256, 257, 700, 66_000})
    void aCopyOfAnySizeHoldsAndIsByteForByteWhatWasPublished(long size) throws IOException {
        publish(size);

        assertThat(follow()).isEqualTo(new Current(Checkpoint.parse(PublishedLog.read(published, "checkpoint")), size));

        assertThat(LogVerifier.verify(copy, List.of(Logs.KEY.verifierKey(), WITNESS.verifierKey()))
                        .findings())
                .isEmpty();
        for (final Path file : Logs.files(copy)) {
            assertThat(file).hasSameBinaryContentAs(published.resolve(copy.relativize(file)));
        }
    }

    @Test
    void aCopyFetchesOnlyWhatIsNew() throws IOException {
        publish(1_000);
        follow();
        publish(1_030);
        final List<String> asked = new ArrayList<>();

        assertThat(follow(name -> {
                    asked.add(name);
                    return PublishedLog.read(published, name);
                }))
                .asInstanceOf(type(Current.class))
                .extracting(Current::added)
                .isEqualTo(30L);

        assertThat(asked).containsExactly("checkpoint", "tombstones.json", "tile/entries/003", "tile/entries/004.p/6");
        assertThat(Files.exists(copy.resolve("tile/entries/003.p"))).isFalse();
        assertThat(follow())
                .asInstanceOf(type(Current.class))
                .extracting(Current::added)
                .isEqualTo(0L);
    }

    @Test
    void anEntryThatWasAlteredIsNamedAndTheCopyStaysAsItWas() throws IOException {
        publish(300);
        follow();
        publish(700);
        final Path bundle = published.resolve("tile/entries/001");
        final byte[] bytes = Files.readAllBytes(bundle);
        bytes[bytes.length - 1] ^= 1; // the last byte of leaf 511
        Files.write(bundle, bytes);

        assertThat(follow()).asInstanceOf(type(Contradicted.class)).satisfies(contradicted -> {
            assertThat(contradicted.finding().kind()).isEqualTo(Finding.Kind.ENTRY_ALTERED);
            assertThat(contradicted.finding().leafIndex()).isEqualTo(511L);
        });

        assertThat(LogReader.open(copy).size()).isEqualTo(300);
        assertThat(LogVerifier.verify(copy, List.of(Logs.KEY.verifierKey())).findings())
                .isEmpty();
    }

    @Test
    void aServerThatAltersTheTileAsWellIsCaughtByTheRoot() throws IOException {
        publish(3);
        final Path bundle = published.resolve("tile/entries/000.p/3");
        final byte[] bytes = Files.readAllBytes(bundle);
        bytes[bytes.length - 1] ^= 1;
        Files.write(bundle, bytes);
        final EntryBundle altered = EntryBundle.parse(bytes, 3, true);
        final Path tile = published.resolve("tile/0/000.p/3");
        final byte[] hashes = Files.readAllBytes(tile);
        altered.leafHash(2).copyTo(hashes, 2 * Hash.LENGTH);
        Files.write(tile, hashes);

        assertFinding(follow(), Finding.Kind.ROOT_MISMATCH);
        assertThat(Files.exists(copy.resolve("checkpoint"))).isFalse();
    }

    @Test
    void aLogThatWasRolledBackOrRewrittenIsNotFollowed() throws IOException {
        publish(10);
        follow();
        final Path honest = published;
        published = folder.resolve("shorter");
        sensor = folder.resolve("shorter-sensor");
        publish(5);
        assertFinding(follow(), Finding.Kind.HISTORY);

        published = folder.resolve("rewritten");
        try (LogWriter writer = LogWriter.open(folder.resolve("rewritten-sensor"), Logs.KEY);
                MirrorLog mirror = MirrorLog.open(published, WITNESS, Clock.systemUTC())) {
            final List<byte[]> entries = Logs.entries(100, 110);
            entries.forEach(writer::append);
            mirror.accept(0, entries, writer.commit().note(), Logs.KEY.verifierKey());
        }
        assertFinding(follow(), Finding.Kind.HISTORY);

        published = honest;
        assertThat(follow()).isInstanceOf(Current.class);
    }

    @Test
    void aCheckpointOfAnotherKeyOrWithoutTheWitnessIsNotFollowed() throws IOException {
        publish(3);
        follow();
        final Checkpoint unwitnessed = Logs.grow(sensor, 5);
        final SigningKey other = SigningKey.generate(NAME);
        final Checkpoint foreign = Checkpoint.sign(other, 5, unwitnessed.rootHash());

        assertFinding(
                follow(name ->
                        name.equals("checkpoint") ? unwitnessed.note().bytes() : PublishedLog.read(sensor, name)),
                Finding.Kind.COSIGNATURE);
        assertFinding(
                follow(name -> name.equals("checkpoint") ? foreign.note().bytes() : PublishedLog.read(sensor, name)),
                Finding.Kind.SIGNATURE);
    }

    @Test
    void aMissingOrBrokenBundleIsAFindingAndAFailingSourceIsNot() throws IOException {
        publish(300);
        assertFinding(
                follow(name -> {
                    if (name.contains("entries")) {
                        throw new NoSuchFileException(name);
                    }
                    return PublishedLog.read(published, name);
                }),
                Finding.Kind.MISSING);
        assertFinding(
                follow(name -> name.contains("entries") ? new byte[7] : PublishedLog.read(published, name)),
                Finding.Kind.MALFORMED);
        assertThatThrownBy(() -> follow(name -> {
                    if (name.equals("tile/entries/001.p/44")) {
                        throw new IOException("the line is down");
                    }
                    return PublishedLog.read(published, name);
                }))
                .hasMessage("the line is down");

        assertThat(follow())
                .asInstanceOf(type(Current.class))
                .extracting(Current::added)
                .isEqualTo(300L);
    }

    @Test
    void nothingButTheFilesOfALogIsPublished() throws IOException {
        publish(3);
        Files.writeString(folder.resolve("secret"), "secret");
        for (final String name : List.of(
                "../secret",
                "lock",
                "tile/../../secret",
                "tile/0/000.p/../../../../secret",
                "/etc/passwd",
                "",
                "tile",
                "log.json.tmp")) {
            assertThatThrownBy(() -> PublishedLog.read(published, name)).isInstanceOf(NoSuchFileException.class);
        }
    }
}
