package io.fourthlog.sensor.spool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.DurableFile;
import io.fourthlog.actionlog.seal.Recipient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Encodes events for the log, and seals those of workloads whose retention tier says so: each workload and day has a key of its own,
 * which is in memory, and on the disk only until the collector has it.
 *
 * <pre>
 *  STATE/subject-keys/ID.json   a key that the collector does not have yet, wrapped for it
 *  STATE/recipient              the collector's public key that they are wrapped for; until it was first seen, they are in the clear
 * </pre>
 *
 * <p>A key's file is durable before the first event that it seals can be. After a restart each workload gets a new key.
 */
public final class Sealer {

    private static final Logger LOG = LoggerFactory.getLogger(Sealer.class);

    private static final Duration IDLE = Duration.ofHours(1); // after which a workload's key is forgotten
    private static final int SENT_AT_ONCE = 500; // of less than 2 KiB each; the collector takes 1 MiB
    private static final String IN_CLUSTER = "k8s://";
    private static final String SUFFIX = ".json";

    private final Path directory;
    private final Path recipientFile;
    private final Clock clock;
    private final Map<String, Current> keys = new HashMap<>(); // by workload id; guarded by this, as all below
    private Map<String, Boolean> namespaces = Map.of();
    private Optional<String> recipient;
    private boolean unsent;
    private boolean ready; // the folder is there, durably

    /** Takes what a fifth of a second of a start is, and only keys that are kept need it. */
    private static final class Json {
        private static final JsonMapper MAPPER = new JsonMapper();
    }

    /** The key in use for a workload. */
    private static final class Current {
        private final SubjectKey key;
        private final LocalDate day;
        private final boolean legalHold;
        private Instant used;

        private Current(SubjectKey key, LocalDate day, boolean legalHold, Instant used) {
            this.key = key;
            this.day = day;
            this.legalHold = legalHold;
            this.used = used;
        }
    }

    private Sealer(Path directory, Path recipientFile, Clock clock, Optional<String> recipient, boolean unsent) {
        this.directory = directory;
        this.recipientFile = recipientFile;
        this.clock = clock;
        this.recipient = recipient;
        this.unsent = unsent;
    }

    /** @param state the sensor's folder on the node */
    static Sealer open(Path state, Clock clock) throws IOException {
        final Path directory = state.resolve("subject-keys");
        final Path recipientFile = state.resolve("recipient");
        final Optional<String> recipient = Files.exists(recipientFile)
                ? Optional.of(Files.readString(recipientFile).strip())
                : Optional.empty();
        return new Sealer(directory, recipientFile, clock, recipient, Files.isDirectory(directory));
    }

    /**
     * Says what is sealed from now on.
     *
     * @param sealed namespaces whose events are, and whether these must not be erased
     */
    public synchronized void configure(Map<String, Boolean> sealed) {
        namespaces = Map.copyOf(sealed);
    }

    /**
     * The bytes of an event's entry. What is not sealed carries no previews, whatever was asked for while it was made: they are in the log
     * only under a key that can be destroyed.
     *
     * @throws IOException when its key cannot be made durable
     */
    byte[] encode(Event event) throws IOException {
        final Optional<SubjectKey> key = key(event.header().workloadId());
        if (key.isPresent()) {
            return SealedEvent.seal(event, key.get());
        }
        return EventCodec.encode(event instanceof ModelInvocation model ? model.withoutPreviews() : event);
    }

    private synchronized Optional<SubjectKey> key(String workloadId) throws IOException {
        final Boolean legalHold = namespaces.isEmpty() ? null : namespaces.get(namespace(workloadId));
        if (legalHold == null) {
            return Optional.empty();
        }
        final Instant now = clock.instant();
        final LocalDate day = LocalDate.ofInstant(now, ZoneOffset.UTC);
        Current current = keys.get(workloadId);
        if (current == null || !current.day.equals(day) || current.legalHold != legalHold) {
            final SubjectKey fresh = SubjectKey.generate();
            save(fresh, workloadId, now, legalHold);
            keys.values().removeIf(other -> !other.day.equals(day) || other.used.isBefore(now.minus(IDLE)));
            current = new Current(fresh, day, legalHold, now);
            keys.put(workloadId, current);
        }
        current.used = now;
        return Optional.of(current.key);
    }

    private static String namespace(String workloadId) {
        if (!workloadId.startsWith(IN_CLUSTER)) {
            return "";
        }
        final String[] parts = workloadId.substring(IN_CLUSTER.length()).split("/", 3);
        return parts.length == 3 ? parts[1] : "";
    }

    private void save(SubjectKey key, String workloadId, Instant from, boolean legalHold) throws IOException {
        final ObjectNode file = Json.MAPPER
                .createObjectNode()
                .put("key_id", key.id())
                .put("workload_id", workloadId)
                .put("from", from.toString())
                .put("legal_hold", legalHold);
        recipient.ifPresentOrElse(
                to -> wrap(file, key, to),
                () -> file.put("key", Base64.getEncoder().encodeToString(key.bytes())));
        if (!ready) {
            DurableFile.createFolders(directory);
            ready = true;
        }
        DurableFile.replaceSecret(directory.resolve(key.id() + SUFFIX), Json.MAPPER.writeValueAsBytes(file));
        unsent = true;
    }

    private static void wrap(ObjectNode file, SubjectKey key, String to) {
        file.put("recipient", to).put("wrapped", Recipient.wrap(key, to));
    }

    /** Whether the collector lacks a key. */
    public synchronized boolean hasUnsent() {
        return unsent;
    }

    /**
     * Keys that the collector lacks, as it takes them: the first {@value #SENT_AT_ONCE}.
     *
     * @param to the collector's public key, which is kept for the keys that follow
     */
    public synchronized List<JsonNode> unsent(String to) throws IOException {
        if (!recipient.equals(Optional.of(to))) {
            DurableFile.replaceSecret(recipientFile, (to + "\n").getBytes(StandardCharsets.US_ASCII));
            recipient = Optional.of(to);
        }
        final List<JsonNode> all = new ArrayList<>();
        final List<Path> files = files();
        for (final Path path : files.subList(0, Math.min(files.size(), SENT_AT_ONCE))) {
            read(path, to).ifPresent(all::add);
        }
        return all;
    }

    private List<Path> files() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        }
    }

    private Optional<JsonNode> read(Path path, String to) throws IOException {
        final byte[] content = Files.readAllBytes(path);
        if (isOverwritten(content)) {
            destroy(path); // the collector has it, and the power went while it was destroyed
            return Optional.empty();
        }
        final ObjectNode file;
        try {
            file = Json.MAPPER.readValue(content, ObjectNode.class);
        } catch (IOException e) { // of the JSON, or of bytes that are no text
            LOG.error("{} is damaged and set aside: what its key seals cannot be read", path);
            setAside(path);
            return Optional.empty();
        }
        if (!to.equals(file.path("recipient").asText())) {
            final Optional<SubjectKey> key = key(file);
            if (key.isEmpty()) {
                LOG.error(
                        "{} is wrapped for a collector that is no more, and set aside: what it seals cannot be read",
                        path);
                setAside(path);
                return Optional.empty();
            }
            wrap(file, key.get(), to);
            file.remove("key");
        }
        return Optional.of(file);
    }

    private static boolean isOverwritten(byte[] content) {
        for (final byte each : content) {
            if (each == 0) {
                return true;
            }
        }
        return false;
    }

    private static void destroy(Path path) throws IOException {
        DurableFile.overwrite(path);
        Files.delete(path);
    }

    /** The key of a file, if it is in it in the clear, or in memory still. */
    private Optional<SubjectKey> key(ObjectNode file) throws IOException {
        final String id = file.path("key_id").asText();
        if (file.has("key")) {
            return Optional.of(new SubjectKey(id, file.path("key").binaryValue()));
        }
        return keys.values().stream()
                .map(current -> current.key)
                .filter(key -> key.id().equals(id))
                .findFirst();
    }

    private static void setAside(Path path) throws IOException {
        Files.move(path, path.resolveSibling(path.getFileName() + ".lost"), StandardCopyOption.REPLACE_EXISTING);
    }

    /** The collector has these keys: their files are overwritten and dropped. */
    public synchronized void sent(List<JsonNode> taken) throws IOException {
        for (final JsonNode key : taken) {
            final Path path = directory.resolve(key.path("key_id").asText() + SUFFIX);
            if (!Files.exists(path)) {
                continue; // the shipper of another log has sent it meanwhile
            }
            destroy(path);
        }
        unsent = !files().isEmpty();
    }

    /** These keys were destroyed at the collector: what follows is sealed with others. */
    public synchronized void forget(Set<String> destroyed) {
        keys.values().removeIf(current -> destroyed.contains(current.key.id()));
    }
}
