package io.fourthlog.trail.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fourthlog.trail.Authority;
import io.fourthlog.trail.Push;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.Tsa;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.NumberedFiles;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.timestamp.Timestamp;
import io.fourthlog.trail.timestamp.Timestamps;
import io.fourthlog.trail.tls.TlsFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real collector, and an authority that keeps to RFC 3161, or does not. */
final class TimestamperTest {

    private static final Duration PATIENT = Duration.ofMinutes(10);
    private static final Duration IMPATIENT = Duration.ofMillis(300);
    private static final String OTHER = "demo.support.node-2";

    @TempDir
    private Path folder;

    private final Authority authority = new Authority();
    private Tsa tsa;
    private TestCollector collector;
    private TlsFiles sensor;
    private NumberedFiles kept;

    @BeforeEach
    void start() throws Exception {
        tsa = new Tsa();
        collector = new TestCollector(folder.resolve("trail"), authority.issue("CN=trail", folder.resolve("server")));
        sensor = authority.issue("CN=sensor:support", folder.resolve("sensor"));
        kept = new TrailFolder(folder.resolve("trail")).timestamps();
    }

    @AfterEach
    void stop() throws Exception {
        tsa.close();
        collector.close();
    }

    private void push(String log, Path state) throws Exception {
        assertThat(Push.send(collector.url(), sensor, log, Push.body(state, 0))).isEqualTo(200);
    }

    @Test
    void oneTokenCoversAllLogsThatHaveGrown() throws Exception {
        final Path first = Scene.spool(folder.resolve("a"), Scene.SENSOR, Scene.helpdesk());
        push(Scene.SENSOR, first);
        push(OTHER, Scene.spool(folder.resolve("b"), OTHER, Scene.curious()));
        try (Timestamper timestamper = collector.timestamper(tsa, PATIENT)) {
            assertThat(timestamper.stamp()).isEqualTo(Timestamper.Result.STAMPED);
            assertThat(timestamper.stamp()).isEqualTo(Timestamper.Result.NOTHING_NEW);
            assertThat(tsa.requests()).isEqualTo(1);

            Scene.spool(folder.resolve("a"), Scene.SENSOR, Scene.curious());
            push(Scene.SENSOR, first);
            assertThat(timestamper.stamp()).isEqualTo(Timestamper.Result.STAMPED);
        }
        assertThat(kept.numbers()).containsExactly(1, 2);
        final Timestamps stamped = Timestamps.read(kept, List.of(tsa.root()));
        assertThat(stamped.findings()).isEmpty();
        assertThat(stamped.of(Scene.SENSOR)).extracting(Timestamps.Stamp::size).containsExactly(6L, 8L);
        assertThat(stamped.of(OTHER)).extracting(Timestamps.Stamp::size).containsExactly(2L);
        assertThat(stamped.firstOver(Scene.SENSOR, 6))
                .hasValueSatisfying(stamp -> assertThat(stamp.number()).isEqualTo(2));
        assertThat(stamped.firstOver(Scene.SENSOR, 8)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "STAMPS_SOMETHING_ELSE, INVALID",
        "REFUSES, INVALID",
        "ANSWERS_NONSENSE, INVALID",
        "ANSWERS_ANOTHER_TYPE_OF_DER, INVALID",
        "ANSWERS_WITHOUT_END, UNREACHABLE",
        "FAILS, UNREACHABLE",
        "KEEPS_SILENT, UNREACHABLE"
    })
    void anAuthorityThatDoesNotAnswerTheQuestionLeavesNothingBehind(Tsa.Mood mood, Timestamper.Result result)
            throws Exception {
        push(Scene.SENSOR, Scene.spool(folder.resolve("a"), Scene.SENSOR, Scene.helpdesk()));
        tsa.mood(mood);
        try (Timestamper timestamper =
                collector.timestamper(tsa, mood == Tsa.Mood.KEEPS_SILENT ? IMPATIENT : PATIENT)) {
            assertThat(timestamper.stamp()).isEqualTo(result);
            assertThat(kept.numbers()).isEmpty();
        }
        tsa.mood(Tsa.Mood.HONEST);
        try (Timestamper timestamper = collector.timestamper(tsa, PATIENT)) {
            assertThat(timestamper.stamp()).isEqualTo(Timestamper.Result.STAMPED);
        }
    }

    @Test
    void aTokenOfAnAuthorityThatNobodyTrustedVouchesForIsNotKept() throws Exception {
        push(Scene.SENSOR, Scene.spool(folder.resolve("a"), Scene.SENSOR, Scene.helpdesk()));
        try (Tsa ended = new Tsa(
                        Instant.now().minus(Duration.ofDays(9)),
                        Instant.now().plus(Duration.ofDays(1)),
                        Instant.now().minus(Duration.ofDays(1)));
                Timestamper timestamper = collector.timestamper(ended, PATIENT)) {
            assertThat(timestamper.stamp()).isEqualTo(Timestamper.Result.INVALID);
        }
        assertThat(kept.numbers()).isEmpty();
    }

    @Test
    void anAuthorityThatKeepsSilentHoldsUpNoPush() throws Exception {
        final Path state = Scene.spool(folder.resolve("a"), Scene.SENSOR, Scene.helpdesk());
        push(Scene.SENSOR, state);
        tsa.mood(Tsa.Mood.KEEPS_SILENT);
        try (Timestamper timestamper = collector.timestamper(tsa, PATIENT)) {
            final CompletableFuture<Timestamper.Result> pending = CompletableFuture.supplyAsync(timestamper::stamp);
            tsa.awaitQuestion();
            Scene.spool(folder.resolve("a"), Scene.SENSOR, Scene.curious());
            push(Scene.SENSOR, state);
            push(OTHER, Scene.spool(folder.resolve("b"), OTHER, Scene.curious()));
            assertThat(pending).isNotDone();
            tsa.close();
            assertThat(pending.get()).isEqualTo(Timestamper.Result.UNREACHABLE);
        }
    }

    @Test
    void aFileThatWasAlteredIsFound() throws Exception {
        push(Scene.SENSOR, Scene.spool(folder.resolve("a"), Scene.SENSOR, Scene.helpdesk()));
        collector.stamp(tsa);
        final Timestamp good = Timestamp.parse(kept.read(1));
        final List<String> others = List.of(good.checkpoints().getFirst().replace("\n6\n", "\n5\n"));
        final Path file = kept.directory().resolve("00000001.json");
        for (final Timestamp forged : List.of(
                new Timestamp(good.statement(), others, good.token()),
                new Timestamp(Timestamp.statement(others), others, good.token()),
                new Timestamp(good.statement(), good.checkpoints(), "AAAA"),
                new Timestamp(good.statement(), good.checkpoints(), "not base64"))) {
            Files.write(file, forged.bytes());
            final Timestamps read = Timestamps.read(kept, List.of(tsa.root()));
            assertThat(read.findings()).hasSize(1);
            assertThat(read.of(Scene.SENSOR)).isEmpty();
        }
    }

    @Test
    void anAddressThatIsNoneIsExplained() {
        for (final String url : List.of("ftp://tsa.example", "tsa.example", "http://", "not a url")) {
            assertThatThrownBy(() -> TimestampAuthority.of(url, List.of()))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("--timestamp-authority");
        }
    }
}
