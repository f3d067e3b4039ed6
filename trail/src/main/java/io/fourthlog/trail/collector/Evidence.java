package io.fourthlog.trail.collector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.log.AcceptResult;
import io.fourthlog.actionlog.log.DurableFile;
import io.fourthlog.actionlog.log.VerifierKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a log was caught in, one file for each contradiction: the note that the witness holds, and the one that contradicts
 * it, both as the log signed them. For a fork the two notes prove it to anyone who has the log's key.
 */
final class Evidence {

    private static final int MAX_FILES = 100; // of a log: a caught sensor tries again for ever, and the first ones tell
    private static final int ID_LENGTH = 16; // hex digits
    private static final JsonMapper JSON = new JsonMapper();

    private final Path directory;

    Evidence(Path directory) {
        this.directory = directory;
    }

    /** Keeps a contradiction, unless it is there already. */
    void keep(AcceptResult.Conflict conflict, VerifierKey key, String presentedBy, Instant now) throws IOException {
        DurableFile.createFolders(directory);
        final Path file = directory.resolve(id(conflict.offered().text()) + ".json");
        if (Files.exists(file) || count() >= MAX_FILES) {
            return;
        }
        final ObjectNode content = JSON.createObjectNode()
                .put("kind", conflict.kind().name().toLowerCase(Locale.ROOT))
                .put("message", conflict.message())
                .put("detected", now.toString())
                .put("presented_by", presentedBy)
                .put("vkey", key.toString())
                .put("held", conflict.held().toString())
                .put("offered", conflict.offered().toString());
        DurableFile.replace(file, (content.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** How many contradictions are kept. */
    int count() throws IOException {
        return files().size();
    }

    /** All that are kept. */
    List<JsonNode> all() throws IOException {
        final List<JsonNode> all = new ArrayList<>();
        for (final Path file : files()) {
            all.add(JSON.readTree(file.toFile()));
        }
        return all;
    }

    private List<Path> files() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }

    private static String id(String text) {
        try {
            final byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, ID_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
