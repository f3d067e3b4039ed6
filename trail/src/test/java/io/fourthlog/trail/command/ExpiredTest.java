package io.fourthlog.trail.command;

import static io.fourthlog.trail.command.Run.json;
import static io.fourthlog.trail.command.Run.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.log.KeyFile;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.trail.Authority;
import io.fourthlog.trail.Push;
import io.fourthlog.trail.Scene;
import io.fourthlog.trail.Tsa;
import io.fourthlog.trail.collector.TestCollector;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.NumberedFiles;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.timestamp.Timestamp;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command says of a trail of which a day has expired: the helpdesk's; what the curious one did is still there. */
final class ExpiredTest {

    private static final String LOG = Scene.SENSOR + "@standard-90d";
    private static final Instant START = Instant.parse("2026-01-31T12:00:00Z"); // of the scene
    private static final Instant LATER = START.plus(Duration.ofDays(95));
    private static final String GONE =
            "expired under standard-90d (RetentionTier standard, spec.cold.default), since 2026-05-06T12:00:00Z";

    @TempDir
    private Path folder;

    private final Authority authority = new Authority();
    private Path spool;
    private Path trail;
    private Path cache;
    private Path retention;
    private Path document;

    @BeforeEach
    void writeSpool() throws IOException {
        spool = folder.resolve("spool");
        trail = folder.resolve("trail");
        cache = folder.resolve("cache");
        document = Files.writeString(folder.resolve("document"), "What about the refund of Ms Lovelace? ".repeat(9));
        log(Scene.helpdesk(), true);
        final String cold = Arrays.stream(EventType.values())
                .map(type -> "\"" + type.wire() + "\":{\"days\":90,\"decidedBy\":\"spec.cold.default\"}")
                .collect(Collectors.joining(","));
        retention = Files.writeString(
                folder.resolve("retention.json"),
                "{\"tiers\":[{\"name\":\"standard\",\"legalHold\":false,\"cold\":{" + cold + "}}]}");
    }

    private void log(List<Event> events, boolean endOfDay) throws IOException {
        Files.createDirectories(spool);
        final KeyFile keys = new KeyFile(spool.resolve("log.key"));
        try (LogWriter writer = LogWriter.open(spool.resolve("log"), keys.load(spool.resolve("log"), LOG))) {
            events.forEach(event -> writer.append(EventCodec.encode(event)));
            writer.commit();
            if (endOfDay) {
                keys.evolve(writer);
            }
        }
    }

    private TestCollector collector(Instant now, String name) throws Exception {
        return new TestCollector(trail, authority.issue("CN=trail", folder.resolve(name)), clock(now));
    }

    private static Clock clock(Instant now) {
        return Clock.fixed(now, ZoneOffset.UTC);
    }

    private void push(TestCollector collector) throws Exception {
        final TlsFiles sensor = authority.issue("CN=sensor:support", folder.resolve("sensor"));
        assertThat(Push.send(collector.url(), sensor, LOG, Push.body(spool, 0))).isEqualTo(200);
    }

    private List<Object> remote(TestCollector collector) throws Exception {
        final TlsFiles reader = authority.issue("CN=reader:default", folder.resolve("reader"));
        return collector.options(reader, cache);
    }

    private static Run with(List<Object> options, Object... command) {
        final List<Object> all = new ArrayList<>(List.of(command));
        all.addAll(options);
        return run(all.toArray());
    }

    /** A copy is made while everything is there; then a day expires; the copy follows. */
    @Test
    void readersSayWhatIsNotThereAnyMoreAndDropItAsWell() throws Exception {
        try (TestCollector collector = collector(START.plus(Duration.ofDays(1)), "server")) {
            push(collector);
            assertThat(with(remote(collector), "trace", Scene.HELPDESK_TRACE).code())
                    .isZero();
        }
        log(Scene.curious(), false);
        log(List.of(Scene.restart(31, 1, Duration.ofDays(95).toMillis())), false);
        try (TestCollector collector = collector(LATER, "server-2")) {
            push(collector);
            collector.expire(retention, clock(LATER));
            for (final List<Object> source : List.of(remote(collector), List.<Object>of("--trail", trail))) {
                says(source);
            }
        }
        says(List.of("--trail", cache));
        try (Stream<Path> files = Files.walk(cache)) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as("%s", file)
                        .doesNotContain(Scene.HELPDESK_TRACE);
            }
        }
    }

    @Test
    void aTimestampOfWhatExpiredIsPassedOverAndOneOfWhatIsThereIsChecked() throws Exception {
        try (TestCollector collector = collector(START.plus(Duration.ofDays(1)), "server")) {
            push(collector);
        }
        log(Scene.curious(), false);
        log(List.of(Scene.restart(31, 1, Duration.ofDays(95).toMillis())), false);
        try (Tsa tsa = new Tsa();
                TestCollector collector = collector(LATER, "server-2")) {
            push(collector);
            collector.expire(retention, clock(LATER));
            final NumberedFiles stamps = new TrailFolder(trail).timestamps();
            final long size =
                    LogReader.open(new TrailFolder(trail).log(new LogName(LOG))).size();

            stamps.write(1, stampOfAnotherTree(tsa, 3));
            assertThat(run("verify", "--trail", trail)).satisfies(run -> {
                assertThat(run.out()).contains("expired  6 leaves").doesNotContain("stamped");
                assertThat(run.code()).isZero();
            });
            collector.stamp(tsa);
            assertThat(run("verify", "--trail", trail).out())
                    .contains("stamped  its first " + size + " events existed at ");

            stamps.write(3, stampOfAnotherTree(tsa, size));
            assertThat(run("verify", "--trail", trail)).satisfies(run -> {
                assertThat(run.code()).isEqualTo(1);
                assertThat(run.out()).contains("timestamps/00000003.json").contains("leaves were others");
            });
        }
    }

    private static byte[] stampOfAnotherTree(Tsa tsa, long size) throws Exception {
        final List<String> checkpoints = List.of(LOG + "\n" + size + "\n" + "A".repeat(43) + "=\n");
        final String statement = Timestamp.statement(checkpoints);
        final byte[] token = tsa.stamp(statement.getBytes(StandardCharsets.UTF_8), Instant.now());
        return new Timestamp(statement, checkpoints, Base64.getEncoder().encodeToString(token)).bytes();
    }

    private void says(List<Object> source) throws IOException {
        assertThat(with(source, "verify")).satisfies(run -> {
            assertThat(run.err()).isEmpty();
            assertThat(run.code()).isZero();
            assertThat(run.out())
                    .contains("expired  6 leaves of 2026-01-31..2026-01-31 " + GONE)
                    .contains("holds");
        });
        assertThat(json(with(source, "verify", "-o", "json"))
                        .at("/logs/0/expired/0/kept_days")
                        .asInt())
                .isEqualTo(90);

        assertThat(with(source, "trace", Scene.HELPDESK_TRACE)).satisfies(run -> {
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains("it may have expired: " + LOG + ": 6 leaves of 2026-01-31..2026-01-31");
        });
        assertThat(with(source, "trace").out()).contains(Scene.CURIOUS_TRACE).contains("not there any more: " + LOG);
        assertThat(with(source, "trace", "--since", "2026-02-01").out()).doesNotContain("not there any more");
        assertThat(with(source, "export", "--format", "jsonl").out())
                .contains(Scene.CURIOUS_TRACE)
                .doesNotContain(Scene.HELPDESK_TRACE);

        assertThat(json(with(source, "ninety-day-test", "--document", document, "-o", "json"))
                        .path("answers"))
                .allSatisfy(answer -> {
                    assertThat(answer.path("certainty").asText()).isNotEqualTo("complete");
                    assertThat(answer.path("caveats").toString()).contains("expired under standard-90d");
                });
        final JsonNode proof = json(with(source, "prove", document, "-o", "json"));
        assertThat(proof.path("found").asBoolean()).isFalse();
        assertThat(proof.path("complete").asBoolean()).isFalse();
        assertThat(proof.path("holds").asBoolean()).isTrue();
        assertThat(proof.path("not_compared").toString()).contains("expired under standard-90d");
    }
}
