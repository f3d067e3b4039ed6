package io.fourthlog.sensor.pipeline;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.sensor.BaselineKeeper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BaselineKeeperTest {

    @TempDir
    private Path state;

    private Path file = Path.of("");

    @BeforeEach
    void name() {
        file = state.resolve("baselines");
    }

    /** A sensor that reads these files and is stopped; it denies what the workload never read. */
    private Scene run(String... reads) {
        final Scene scene = new Scene("!baseline.resource(event.resource_uri)", Set.of(EventType.DATA_ACCESS));
        try (BaselineKeeper keeper = new BaselineKeeper(state, scene.pipeline, Clock.systemUTC())) {
            keeper.restore();
            for (final String read : reads) {
                scene.read(1, read, 10);
            }
        }
        return scene;
    }

    private static List<Decision> decisions(Scene scene) {
        return scene.decisions().stream().map(PolicyDecision::decision).toList();
    }

    @Test
    void aRestartInTheMiddleOfLearningForgetsNothingAndLearnsOn() {
        assertThat(decisions(run("/data/a", "/data/a"))).containsExactly(Decision.DENY, Decision.ALLOW);
        assertThat(decisions(run("/data/a", "/data/b"))).containsExactly(Decision.ALLOW, Decision.DENY);
        assertThat(decisions(run("/data/a", "/data/b"))).containsExactly(Decision.ALLOW, Decision.ALLOW);
    }

    @Test
    void theFileHoldsNoContentAndIsForTheSensorOnly() throws IOException {
        run("/data/of-a-customer");

        final String kept = new String(Files.readAllBytes(file), ISO_8859_1);
        assertThat(kept).contains("k8s://demo/support/Deployment/agent").doesNotContain("data/", "customer");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void aFileThatCannotBeUsedIsSetAsideWithAGapAndLearningBeginsAnew() throws IOException {
        run("/data/a");
        final byte[] good = Files.readAllBytes(file);
        final byte[] changed = good.clone();
        changed[good.length / 2] ^= 1;
        final byte[] later = good.clone();
        later[5]++; // the version
        for (final byte[] bad : List.of(
                Arrays.copyOf(good, good.length / 2),
                Arrays.copyOf(good, 3),
                new byte[0],
                changed,
                later,
                "a note of somebody".getBytes(UTF_8),
                new byte[(16 << 20) + 1])) {
            Files.write(file, bad);

            final Scene scene = run("/data/a");

            assertThat(scene.errors()).contains("sensor.gap.baselines");
            assertThat(decisions(scene)).containsExactly(Decision.DENY);
            assertThat(state.resolve("baselines.unreadable")).hasBinaryContent(bad);
            assertThat(decisions(run("/data/a"))).containsExactly(Decision.ALLOW);
        }
    }

    @Test
    void itIsSavedAtIntervalsForASensorThatIsNotStoppedInOrder() {
        final Scene scene = new Scene("!baseline.resource(event.resource_uri)", Set.of(EventType.DATA_ACCESS));
        final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
        final InstantSource source = now::get;
        try (BaselineKeeper keeper = new BaselineKeeper(state, scene.pipeline, source.withZone(ZoneOffset.UTC))) {
            scene.read(1, "/data/a", 10);
            keeper.tick();
            assertThat(file).doesNotExist();
            now.set(Instant.EPOCH.plus(Duration.ofMinutes(5)));
            keeper.tick();
            await().untilAsserted(() -> assertThat(file).exists());
        }
    }
}
