package io.fourthlog.trail.erasure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The keys of subjects on the collector's disk, which only its user can read. A key is destroyed where it stands: overwritten, synced
 * and deleted.
 *
 * <pre>
 *  DIR/subject-keys/ab/ab….json   {"key_id","workload_id","sensor","from","legal_hold","key"}
 * </pre>
 */
public final class SubjectKeyFolder {

    private static final int FAN_OUT = 2; // hex digits
    private static final String SUFFIX = ".json";
    private static final JsonMapper JSON = new JsonMapper();

    private final Path directory;
    private final Step step;

    /** Is told what is about to be done to the disk; a test may have the power go there. */
    @FunctionalInterface
    interface Step {
        void before(String action) throws IOException;
    }

    public SubjectKeyFolder(Path directory) {
        this(directory, action -> {});
    }

    SubjectKeyFolder(Path directory, Step step) {
        this.directory = directory;
        this.step = step;
    }

    private Path file(String id) {
        return directory.resolve(id.substring(0, FAN_OUT)).resolve(id + SUFFIX);
    }

    /** Keeps a key, durably. */
    public void store(StoredKey stored) throws IOException {
        final Path file = file(stored.key().id());
        Files.createDirectories(file.resolveSibling("."));
        final byte[] json = JSON.createObjectNode()
                .put("key_id", stored.key().id())
                .put("workload_id", stored.workload())
                .put("sensor", stored.sensor())
                .put("from", stored.from().toString())
                .put("legal_hold", stored.legalHold())
                .put("key", stored.key().bytes())
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        DurableFile.replaceSecret(file, json);
        DurableFile.syncNames(directory);
    }

    /** A key, if it is there; one that a destruction has overwritten and not yet deleted is not. */
    public Optional<StoredKey> find(String id) throws IOException {
        final byte[] content;
        try {
            content = Files.readAllBytes(file(id));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (content.length == 0 || content[0] == 0) {
            return Optional.empty();
        }
        try {
            final JsonNode json = JSON.readTree(content);
            return Optional.of(new StoredKey(
                    new SubjectKey(
                            id, Objects.requireNonNullElse(json.path("key").binaryValue(), new byte[0])),
                    json.path("workload_id").asText(),
                    json.path("sensor").asText(),
                    Instant.parse(json.path("from").asText()),
                    json.path("legal_hold").asBoolean()));
        } catch (IOException | IllegalArgumentException | DateTimeException e) {
            throw new IOException(file(id) + " is no subject key", e); // whose message may quote it
        }
    }

    /** Whether a key's file is there, whatever is in it. */
    boolean holds(String id) {
        return Files.exists(file(id));
    }

    /** All keys. */
    public List<StoredKey> all() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        final List<String> ids;
        try (Stream<Path> files = Files.walk(directory)) {
            ids = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(SUFFIX))
                    .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                    .filter(SubjectKey::isId)
                    .sorted()
                    .toList();
        }
        final List<StoredKey> all = new ArrayList<>();
        for (final String id : ids) {
            find(id).ifPresent(all::add);
        }
        return all;
    }

    /** Destroys what a crash left of keys that were about to be kept. */
    void destroyUnfinished() throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        final List<Path> unfinished;
        try (Stream<Path> files = Files.walk(directory)) {
            unfinished = files.filter(file -> file.toString().endsWith(SUFFIX + ".tmp"))
                    .toList();
        }
        for (final Path file : unfinished) {
            DurableFile.overwrite(file);
            Files.delete(file);
        }
    }

    /** Destroys a key; it may be gone already. */
    void destroy(String id) throws IOException {
        final Path file = file(id);
        if (!Files.exists(file)) {
            return;
        }
        step.before("overwrite " + id);
        DurableFile.overwrite(file);
        step.before("delete " + id);
        Files.delete(file);
        step.before("sync the names of " + id);
        DurableFile.syncNames(file.resolveSibling("."));
    }
}
