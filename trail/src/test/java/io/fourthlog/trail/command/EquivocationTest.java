package io.fourthlog.trail.command;

import static io.fourthlog.trail.command.Run.json;
import static io.fourthlog.trail.command.Run.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.log.KeyFile;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.trail.Authority;
import io.fourthlog.trail.Push;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.collector.TestCollector;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that shows two histories, and what is kept of that: it convinces whoever has the log's first key, and nothing else of it. */
final class EquivocationTest {

    @TempDir
    private Path folder;

    private final Authority authority = new Authority();
    private Path state; // of the sensor: seven leaves, of which leaf 3 is how the first key handed over
    private Path rolledBack; // the same up to leaf 3, and then something else: six leaves
    private TlsFiles sensor;
    private String first; // key of the log

    @BeforeEach
    void growTwoHistories() throws Exception {
        state = folder.resolve("state");
        rolledBack = folder.resolve("rolled-back");
        Scene.spool(state, Scene.SENSOR, Scene.helpdesk().subList(0, 3));
        first = LogReader.open(state.resolve("log")).statedKeys().getFirst().toString();
        try (LogWriter writer = LogWriter.open(state.resolve("log"), SigningKey.load(state.resolve("log.key")))) {
            new KeyFile(state.resolve("log.key")).evolve(writer);
        }
        copy(state, rolledBack);
        Scene.spool(state, Scene.SENSOR, Scene.helpdesk().subList(3, 6));
        Scene.spool(rolledBack, Scene.SENSOR, Scene.curious());
        sensor = authority.issue("CN=sensor:support", folder.resolve("sensor"));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (final Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    private TestCollector collector(String name) throws Exception {
        return new TestCollector(folder.resolve(name), authority.issue("CN=trail", folder.resolve(name + "-tls")));
    }

    /** The collector has the one history and is offered the other; the file that it keeps. */
    private Path caught() throws Exception {
        try (TestCollector collector = collector("trail")) {
            assertThat(Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(state, 0)))
                    .isEqualTo(200);
            assertThat(Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(rolledBack, 0)))
                    .isEqualTo(409);
        }
        return onlyFile(folder.resolve("trail"));
    }

    private static Path onlyFile(Path trail) throws IOException {
        try (Stream<Path> files = Files.list(trail.resolve("evidence").resolve(Scene.SENSOR))) {
            final List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }

    @Test
    void treesOfDifferentSizesProveItToWhoeverHasTheFirstKey() throws Exception {
        final Path evidence = caught();

        final Run ours = run("verify", evidence, "--key", first);
        assertThat(ours.err()).isEmpty();
        assertThat(ours.code()).isZero();
        assertThat(ours.out())
                .contains("held     7 leaves")
                .contains("offered  6 leaves")
                .contains("presented by sensor:support")
                .contains("PROVEN: the log's keys signed two trees of 6 leaves")
                .doesNotContain("Keys:");
        final Run theirs = Run.independent(folder, evidence, "--key", first);
        assertThat(theirs.err()).isEmpty();
        assertThat(theirs.code()).isZero();
        assertThat(theirs.out()).contains("PROVEN").doesNotContain("keys as");
        assertThat(run("verify", evidence).out()).contains("PROVEN").contains("Keys: as they stand in the file");
        assertThat(json(run("verify", evidence, "-o", "json")).path("proven").asBoolean())
                .isTrue();
        final Run whole = run("verify", folder.resolve("trail"));
        assertThat(whole.code()).as("what the collector holds does hold").isZero();
        assertThat(whole.out()).contains("caught   1 time").contains(evidence.toString());
    }

    @Test
    void nobodyIsAccusedByLess() throws Exception {
        final Path evidence = caught();
        final Consumer<ObjectNode> entriesOnly = all -> {
            all.putNull("root");
            all.putArray("consistency");
        };
        final Consumer<ObjectNode> twiceTheSame = all -> {
            all.put("offered", all.path("held").asText());
            all.put(
                    "root",
                    all.path("held").asText().lines().skip(2).findFirst().orElseThrow());
            all.putArray("consistency");
        };
        final List<Consumer<ObjectNode>> innocent = List.of(
                entriesOnly,
                twiceTheSame,
                all -> all.put(
                        "root",
                        all.path("offered").asText().lines().skip(2).findFirst().orElseThrow()),
                all -> ((ArrayNode) all.path("consistency")).remove(0),
                all -> all.put("held", all.path("offered").asText())
                        .put("offered", all.path("held").asText()),
                all -> all.put("offered", all.path("offered").asText().replace("\n6\n", "\n5\n")),
                all -> all.put("log", "demo.support.node-2"),
                all -> all.putArray("successions"));
        Run.assertNoneHolds(folder, evidence, "", innocent, "--key", first);
        final String other = SigningKey.generate(Scene.SENSOR).verifierKey().toString();
        assertThat(Run.verdict(folder, evidence, "--key", other)).isEqualTo(1);
    }

    /** The collector's disk is replaced by one with the other history, and with its witness's keys. */
    @Test
    void aReadersCopyKeepsTheProofAsWell() throws Exception {
        final Path cache = folder.resolve("cache");
        final TlsFiles reader = authority.issue("CN=reader:default", folder.resolve("reader"));
        try (TestCollector collector = collector("trail")) {
            Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(state, 0));
            assertThat(verify(collector, reader, cache).code()).isZero();
        }
        Files.createDirectories(folder.resolve("replaced"));
        for (final String key : List.of("witness.key", "witness-ml-dsa-44.key")) {
            Files.copy(
                    folder.resolve("trail").resolve(key),
                    folder.resolve("replaced").resolve(key));
        }
        try (TestCollector collector = collector("replaced")) {
            Push.send(collector.url(), sensor, Scene.SENSOR, Push.body(rolledBack, 0));
            final Run run = verify(collector, reader, cache);
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains("signed another tree of size 6").contains("proves it to others");
        }
        assertThat(Run.verdict(folder, onlyFile(cache), "--key", first)).isZero();
    }

    private static Run verify(TestCollector collector, TlsFiles reader, Path cache) {
        final List<Object> arguments = new ArrayList<>(List.of("verify"));
        arguments.addAll(collector.options(reader, cache));
        return run(arguments.toArray());
    }
}
