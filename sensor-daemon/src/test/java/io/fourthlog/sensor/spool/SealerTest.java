package io.fourthlog.sensor.spool;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartPreview;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.actionlog.seal.Recipient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which key seals which event, and where the keys are until the collector has them. */
final class SealerTest {

    private static final String SENSOR = Reads.SENSOR;
    private static final int WORKLOADS = 10;

    @TempDir
    private Path folder;

    private Path state;
    private Recipient recipient;
    private Instant now = Instant.parse("2026-01-31T10:00:00Z");
    private final InstantSource source = () -> now;
    private final Clock clock = source.withZone(ZoneOffset.UTC);

    @BeforeEach
    void setUp() throws IOException {
        state = folder.resolve("state");
        recipient = Recipient.open(folder.resolve("recipient.key"));
    }

    private Spool open() throws IOException {
        final Spool spool = Spool.open(state, SENSOR, clock, () -> {});
        spool.sealer().configure(Map.of("support", false));
        return spool;
    }

    private Event read(String workload, int n) {
        return Reads.read(clock, workload, "file:///canary-" + n);
    }

    private static String pod(int n) {
        return "k8s://demo/support/Pod/agent-" + n + "/agent-" + n + "/main";
    }

    /** What the collector would get; the sensor then has it no more. */
    private Map<String, JsonNode> send(Spool spool) throws IOException {
        final List<JsonNode> unsent = spool.sealer().unsent(recipient.publicKey());
        spool.sealer().sent(unsent);
        final Map<String, JsonNode> byId = new HashMap<>();
        unsent.forEach(key -> byId.put(key.path("key_id").asText(), key));
        return byId;
    }

    private SubjectKey unwrap(JsonNode key) throws IOException {
        return recipient.unwrap(key.path("key_id").asText(), key.path("wrapped").asText());
    }

    private List<SealedEvent> sealed() throws Exception {
        final List<byte[]> entries = new ArrayList<>();
        LogReader.open(state.resolve("log")).forEachEvent(0, (leaf, entry) -> entries.add(entry));
        final List<SealedEvent> sealed = new ArrayList<>();
        for (final byte[] entry : entries) {
            if (SealedEvent.looksSealed(entry)) {
                sealed.add(SealedEvent.parse(entry));
            }
        }
        return sealed;
    }

    private boolean lies(String text) throws IOException {
        try (Stream<Path> files = Files.walk(state)) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file, ISO_8859_1).contains(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void aPreviewIsInTheLogOnlyUnderAKey() throws Exception {
        final String canary = "preview-canary";
        final byte[] open;
        final byte[] underAKey;
        try (Spool spool = open()) {
            underAKey = spool.sealer().encode(previewed(pod(0), canary));
            open = spool.sealer().encode(previewed("k8s://demo/other/Pod/agent/agent/main", canary));
        }

        assertThat(((ModelInvocation) EventCodec.decode(open)).previews()).isEmpty();
        assertThat(new String(underAKey, ISO_8859_1)).doesNotContain(canary);
        assertThat(SealedEvent.looksSealed(underAKey)).isTrue();
    }

    private Event previewed(String workload, String text) {
        final Header header = read(workload, 0).header();
        final ModelInvocation.Builder event = ModelInvocation.builder(new Header(
                        header.eventId(),
                        header.traceId(),
                        header.ts(),
                        workload,
                        null,
                        header.sensorId(),
                        header.schemaVersion(),
                        header.completeness(),
                        header.evidence(),
                        new TreeMap<>(Map.of("triggering_event_id", "root of the trace"))))
                .modelId("gpt-5")
                .previews(List.of(new PartPreview("input.user", text, null)));
        for (final String field : List.of(
                "agent_session_id", "prompt_class", "prompt_token_count", "output_token_count", "output_hash")) {
            event.unknown(field, "not of interest");
        }
        return event.build();
    }

    @Test
    void eachWorkloadHasAKeyOfItsOwnAndTheCollectorCanOpenAll() throws Exception {
        final VerifierKey signer;
        final Map<String, JsonNode> keys;
        try (Spool spool = open()) {
            for (int i = 0; i < 200; i++) {
                spool.accept(read(pod(i % WORKLOADS), i));
            }
            assertThat(spool.sealer().hasUnsent()).isTrue();
            keys = send(spool);
            assertThat(spool.sealer().hasUnsent()).isFalse();
            signer = VerifierKey.parse(spool.verifierKey());
        }
        assertThat(keys).hasSize(WORKLOADS);
        final List<SealedEvent> events = sealed();
        assertThat(events).hasSize(200);
        for (final SealedEvent event : events) {
            final JsonNode key = requireNonNull(keys.get(event.subjectKey()));
            final Event opened = EventCodec.decode(event.open(unwrap(key)).json());
            assertThat(opened.header().workloadId())
                    .isEqualTo(key.path("workload_id").asText());
        }
        assertThat(lies("canary")).isFalse();
        assertThat(lies("k8s://")).isFalse();
        assertThat(LogVerifier.verifyEvents(state.resolve("log"), List.of(signer))
                        .findings())
                .isEmpty();
    }

    @Test
    void otherNamespacesAndTheSensorItselfAreNotSealed() throws Exception {
        try (Spool spool = open()) {
            spool.accept(read("k8s://demo/other/Pod/agent/agent/main", 1));
            spool.accept(read("proc://" + SENSOR, 2));
            spool.sealer().configure(Map.of());
            spool.accept(read(pod(1), 3));
            assertThat(spool.sealer().hasUnsent()).isFalse();
        }
        assertThat(sealed()).isEmpty();
        assertThat(LogReader.open(state.resolve("log")).size()).isEqualTo(3);
    }

    @Test
    void aNewDayALegalHoldAndAnErasureEachTakeANewKey() throws Exception {
        final Map<String, JsonNode> keys = new HashMap<>();
        try (Spool spool = open()) {
            spool.accept(read(pod(1), 1));
            spool.accept(read(pod(1), 2));
            now = Instant.parse("2026-02-01T00:00:00Z");
            spool.accept(read(pod(1), 3));
            spool.sealer().configure(Map.of("support", true));
            spool.accept(read(pod(1), 4));
            keys.putAll(send(spool));
            spool.sealer().forget(keys.keySet());
            spool.accept(read(pod(1), 5));
            keys.putAll(send(spool));
        }
        final List<String> used = sealed().stream().map(SealedEvent::subjectKey).toList();
        assertThat(used.get(0)).isEqualTo(used.get(1));
        assertThat(Set.copyOf(used)).hasSize(4).isEqualTo(keys.keySet());
        assertThat(requireNonNull(keys.get(used.get(2))).path("legal_hold").asBoolean())
                .isFalse();
        assertThat(requireNonNull(keys.get(used.get(3))).path("legal_hold").asBoolean())
                .isTrue();
    }

    @Test
    void afterARestartInMidDayEarlierKeysStillReachTheCollectorAndNewOnesAreUsed() throws Exception {
        try (Spool spool = open()) { // the first contact
            spool.accept(read(pod(0), 0));
            send(spool);
        }
        final Set<String> before = new HashSet<>();
        for (int run = 0; run < 3; run++) {
            try (Spool spool = open()) {
                spool.accept(read(pod(1), run));
            }
            assertThat(lies("\"key\"")).isFalse(); // wrapped for the collector
        }
        final Map<String, JsonNode> keys;
        try (Spool spool = open()) {
            assertThat(spool.sealer().hasUnsent()).isTrue();
            keys = send(spool);
        }
        assertThat(keys).hasSize(3);
        for (final SealedEvent event : sealed().subList(1, 4)) {
            assertThat(before.add(event.subjectKey())).isTrue();
            assertThat(event.open(unwrap(requireNonNull(keys.get(event.subjectKey()))))
                            .json())
                    .isNotEmpty();
        }
    }

    @Test
    void anEventWhoseSensorWasKilledBeforeItSentTheKeyCanBeOpened() throws Exception {
        try (Spool spool = open()) {
            spool.accept(read(pod(1), 1));
        } // never sent
        final Spool spool = open();
        final Map<String, JsonNode> keys = send(spool);
        spool.close();
        final SealedEvent event = sealed().getFirst();
        assertThat(event.open(unwrap(requireNonNull(keys.get(event.subjectKey()))))
                        .json())
                .isNotEmpty();
    }

    @Test
    void aKeyIsOnTheDiskBeforeTheFirstEventThatItSeals() throws Exception {
        final Path keys = Files.writeString(state(), "no folder can be here").toAbsolutePath();
        try (Spool spool = open()) {
            final Thread pipeline = Thread.ofPlatform().start(() -> spool.accept(read(pod(1), 1)));
            Awaitility.await().until(() -> spool.obstacle().isPresent());
            assertThat(spool.waiting()).isZero();

            Files.delete(keys);
            pipeline.join();
            assertThat(send(spool)).hasSize(1);
        }
        assertThat(sealed()).hasSize(1);
    }

    private Path state() throws IOException {
        return Files.createDirectories(state).resolve("subject-keys");
    }

    @Test
    void aCollectorWithAnotherKeyGetsThoseThatAreInMemoryAndTheRestIsSetAside() throws Exception {
        try (Spool spool = open()) {
            spool.accept(read(pod(0), 0));
            send(spool);
            spool.accept(read(pod(1), 1));
        }
        try (Spool spool = open()) {
            spool.accept(read(pod(2), 2));
            recipient = Recipient.open(folder.resolve("another.key"));
            final Map<String, JsonNode> keys = send(spool);
            assertThat(keys).hasSize(1);
            assertThat(unwrap(keys.values().iterator().next()).bytes()).isNotEmpty();
            assertThat(spool.sealer().hasUnsent()).isFalse();
        }
        try (Stream<Path> lost = Files.list(state.resolve("subject-keys"))) {
            assertThat(lost.map(path -> path.getFileName().toString()))
                    .singleElement()
                    .satisfies(name -> assertThat(name).endsWith(".json.lost"));
        }
    }

    @Test
    void aKeyThatWasIdleIsForgotten() throws Exception {
        try (Spool spool = open()) {
            spool.accept(read(pod(1), 1));
            now = now.plus(Duration.ofHours(2));
            spool.accept(read(pod(2), 2)); // when another is made
            spool.accept(read(pod(1), 3));
        }
        final List<String> used = sealed().stream().map(SealedEvent::subjectKey).toList();
        assertThat(used.get(0)).isNotEqualTo(used.get(2));
    }
}
