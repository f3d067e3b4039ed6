package io.fourthlog.trail.proof;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.log.Contradiction;
import io.fourthlog.actionlog.log.DurableFile;
import io.fourthlog.actionlog.log.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a log was caught in: a file for each contradiction, {@link Equivocation}, written by a collector or by whoever keeps a copy. */
public final class EvidenceFolder {

    private static final int MAX_FILES = 16; // of a log: a caught sensor tries again for ever, and the first ones tell
    private static final int ID_LENGTH = 16; // hex digits
    private static final JsonMapper JSON = new JsonMapper();

    private final Path directory;

    public EvidenceFolder(Path directory) {
        this.directory = directory;
    }

    /**
     * Keeps a contradiction, unless it is there already.
     *
     * @param presentedBy who came with what contradicts the log
     * @return its file; empty if there are too many already
     */
    public Optional<Path> keep(Contradiction contradiction, String presentedBy, Instant now) throws IOException {
        DurableFile.createFolders(directory);
        final Path file = directory.resolve(id(contradiction.offered().text()) + ".json");
        if (!Files.exists(file)) {
            if (count() >= MAX_FILES) {
                return Optional.empty();
            }
            DurableFile.replace(
                    file, Equivocation.of(contradiction, presentedBy, now).bytes());
        }
        return Optional.of(file);
    }

    private static String id(String text) {
        return Hash.sha256(text.getBytes(StandardCharsets.UTF_8)).hex().substring(0, ID_LENGTH);
    }

    /** How many contradictions are kept. */
    public int count() throws IOException {
        return files().size();
    }

    /** All that are kept. */
    public List<JsonNode> all() throws IOException {
        final List<JsonNode> all = new ArrayList<>();
        for (final Path file : files()) {
            all.add(JSON.readTree(file.toFile()));
        }
        return all;
    }

    /** The files that are kept; there may be none. */
    public List<Path> files() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }
}
