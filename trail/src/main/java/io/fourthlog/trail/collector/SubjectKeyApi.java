package io.fourthlog.trail.collector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.seal.Recipient;
import io.fourthlog.trail.erasure.Eraser;
import io.fourthlog.trail.erasure.Erasures;
import io.fourthlog.trail.erasure.StoredKey;
import io.fourthlog.trail.erasure.SubjectKeyFolder;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Takes the keys of subjects from sensors, and hands them out to readers. */
final class SubjectKeyApi {

    private static final int MAX_BODY = 1 << 20; // bytes; a sensor sends 500 keys at once
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final TrailFolder folder;
    private final SubjectKeyFolder keys;
    private final Eraser eraser;
    private final Recipient recipient;
    private Erasures erasures = Erasures.none(); // guarded by this, as below
    private int read; // the last record that is in it

    /**
     * Opens what a folder has, and finishes an erasure that a crash cut off.
     *
     * @param folder of a trail that has a witness key
     */
    SubjectKeyApi(TrailFolder folder, Clock clock) throws IOException {
        this.folder = folder;
        this.keys = new SubjectKeyFolder(folder.subjectKeys());
        this.eraser = new Eraser(folder, clock);
        this.recipient = Recipient.open(folder.recipientKey());
        eraser.finish();
    }

    /** What sensors wrap keys for. */
    String recipient() {
        return recipient.publicKey();
    }

    /** Keeps the keys in a body. */
    void take(LogName log, InputStream body) throws RefusedException, IOException {
        final byte[] json;
        try {
            json = body.readNBytes(MAX_BODY + 1);
        } catch (CloseConnectionException | DataReader.InsufficientDataAvailableException e) {
            // How Helidon says that the connection failed, or was silent for too long.
            throw new RefusedException(Refusal.INCOMPLETE, "the body does not come: " + e.getMessage());
        }
        if (json.length > MAX_BODY) {
            throw new RefusedException(Refusal.TOO_LARGE, "keys have at most " + MAX_BODY + " bytes");
        }
        final List<StoredKey> fresh = new ArrayList<>();
        try {
            for (final JsonNode key : JSON.readTree(json).path("keys")) {
                fresh.add(key(log, key));
            }
        } catch (JsonProcessingException e) {
            throw new RefusedException(Refusal.MALFORMED, "the body is not JSON: " + e.getOriginalMessage());
        }
        eraser.keep(fresh);
    }

    private StoredKey key(LogName log, JsonNode key) throws RefusedException {
        try {
            return new StoredKey(
                    recipient.unwrap(
                            key.path("key_id").asText(), key.path("wrapped").asText()),
                    key.path("workload_id").asText(),
                    log.sensor(),
                    Instant.parse(key.path("from").asText()),
                    key.path("legal_hold").asBoolean());
        } catch (IOException | IllegalArgumentException | DateTimeException e) {
            throw new RefusedException(Refusal.MALFORMED, "a key is none: " + e.getMessage());
        }
    }

    /** A key, for a reader. */
    ObjectNode key(String id) throws IOException {
        final Optional<StoredKey> stored = keys.find(id);
        if (stored.isEmpty() || erasures().of(id).isPresent()) {
            throw new NoSuchFileException(id);
        }
        return JSON.createObjectNode()
                .put("key_id", id)
                .put("key", stored.get().key().bytes());
    }

    /** The keys that these entries are sealed with, and that were destroyed. */
    Set<String> erased(List<byte[]> entries) throws IOException {
        final Erasures now = erasures();
        if (now.isEmpty()) {
            return Set.of(); // as in most trails: then no entry is parsed for it
        }
        final Set<String> erased = new TreeSet<>();
        for (final byte[] entry : entries) {
            keyOf(entry).filter(id -> now.of(id).isPresent()).ifPresent(erased::add);
        }
        return erased;
    }

    private static Optional<String> keyOf(byte[] entry) {
        if (!SealedEvent.looksSealed(entry)) {
            return Optional.empty();
        }
        try {
            return Optional.of(SealedEvent.parse(entry).subjectKey());
        } catch (EventFormatException e) {
            return Optional.empty(); // whoever verifies the log has a finding
        }
    }

    /** The records, which another process may have added to. */
    private synchronized Erasures erasures() throws IOException {
        final int last = folder.erasures().last();
        if (last != read) {
            erasures = eraser.erasures();
            read = last;
        }
        return erasures;
    }
}
