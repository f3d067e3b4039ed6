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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the keys of subjects from sensors, and hands them out to readers. */
final class SubjectKeyApi {

    private static final int MAX_BODY = 1 << 20; // bytes
    private static final int MAX_KEYS = 500; // which a sensor sends at once
    private static final Duration AHEAD = Duration.ofDays(1); // that a sensor's clock may be, for what it says to count
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final Logger LOG = LoggerFactory.getLogger(SubjectKeyApi.class);

    private final TrailFolder folder;
    private final Clock clock;
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
        this.clock = clock;
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
            json = read(body, System.nanoTime() + HttpApi.BODY_TIME.toNanos());
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
        if (fresh.size() > MAX_KEYS) {
            throw new RefusedException(Refusal.TOO_LARGE, "at most " + MAX_KEYS + " keys come at once");
        }
        final List<String> taken = eraser.keep(fresh);
        if (!taken.isEmpty()) {
            LOG.error("{} sends other keys for what it has sent keys for: {}", log, taken);
            throw new RefusedException(
                    Refusal.FORBIDDEN, "other keys are there for " + taken.size() + " of these, and stay");
        }
    }

    private static byte[] read(InputStream body, long deadline) throws RefusedException, IOException {
        final ByteArrayOutputStream read = new ByteArrayOutputStream();
        final byte[] part = new byte[16 << 10];
        for (int count = body.read(part); count >= 0 && read.size() <= MAX_BODY; count = body.read(part)) {
            read.write(part, 0, count);
            if (System.nanoTime() > deadline) {
                throw new RefusedException(
                        Refusal.INCOMPLETE, "the body did not come within " + HttpApi.BODY_TIME.toSeconds() + " s");
            }
        }
        return read.toByteArray();
    }

    private StoredKey key(LogName log, JsonNode key) throws RefusedException {
        try {
            return new StoredKey(
                    recipient.unwrap(
                            key.path("key_id").asText(), key.path("wrapped").asText()),
                    key.path("workload_id").asText(),
                    log.sensor(),
                    Collections.min(List.of(
                            Instant.parse(key.path("from").asText()),
                            clock.instant().plus(AHEAD))),
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
