package io.fourthlog.trail.reading;

import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.trail.erasure.Erasures;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Opens the sealed events of a trail with the keys that there are, and says of each other why it stays closed. Keys are in memory
 * only. For one thread.
 */
public final class Subjects {

    private static final int MAX_KEYS = 65_536; // in memory

    private final Optional<Keys> source;
    private final Erasures erasures;
    private final Map<String, Optional<SubjectKey>> keys = new HashMap<>();
    private final Map<String, IOException> unreadable = new HashMap<>(); // and not asked for again

    /** Where keys are. */
    @FunctionalInterface
    public interface Keys {
        Optional<SubjectKey> find(String id) throws IOException;
    }

    /**
     * Where a trail's keys are.
     *
     * @param source empty where none are kept: in a copy, and on a node
     * @param erasures what was destroyed
     */
    public Subjects(Optional<Keys> source, Erasures erasures) {
        this.source = source;
        this.erasures = erasures;
    }

    /** What is in an entry. */
    public sealed interface Content permits Open, Closed {}

    /**
     * It can be read.
     *
     * @param json of an event, if it is one
     * @param salt of a sealed event; empty of one that is not sealed
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
    public record Open(byte[] json, Optional<byte[]> salt) implements Content {}

    /**
     * It is sealed.
     *
     * @param erased how its key was destroyed, if that is recorded
     * @param expected whether its key should be there
     */
    public record Closed(SealedEvent event, Optional<Erasures.Erased> erased, boolean expected) implements Content {

        /** For people. */
        public String why() {
            return "sealed ("
                    + erased.map(Erasures.Erased::describe)
                            .orElse(
                                    expected
                                            ? "its key is missing, and no erasure is recorded"
                                            : "its key is not kept here")
                    + ")";
        }
    }

    /**
     * Reads an entry.
     *
     * @throws EventFormatException when it is sealed, and not as it should be
     * @throws IOException when the keys cannot be read
     */
    public Content read(byte[] entry) throws EventFormatException, IOException {
        if (!SealedEvent.looksSealed(entry)) {
            return new Open(entry, Optional.empty());
        }
        final SealedEvent event = SealedEvent.parse(entry);
        final Optional<Erasures.Erased> erased = erasures.of(event.subjectKey());
        final Optional<SubjectKey> key = erased.isPresent() ? Optional.empty() : key(event.subjectKey());
        if (key.isEmpty()) {
            return new Closed(event, erased, source.isPresent());
        }
        final SealedEvent.Opened opened = event.open(key.get());
        return new Open(opened.json(), Optional.of(opened.salt()));
    }

    private Optional<SubjectKey> key(String id) throws IOException {
        if (source.isEmpty()) {
            return Optional.empty();
        }
        final Optional<SubjectKey> known = keys.get(id);
        if (known != null) {
            return known;
        }
        final IOException failed = unreadable.get(id);
        if (failed != null) {
            throw failed;
        }
        final Optional<SubjectKey> found;
        try {
            found = source.get().find(id);
        } catch (IOException e) {
            if (unreadable.size() < MAX_KEYS) {
                unreadable.put(id, e);
            }
            throw e;
        }
        if (keys.size() == MAX_KEYS) {
            keys.clear();
        }
        keys.put(id, found);
        return found;
    }

    /** Whether a key is there; it should not be when it is recorded as destroyed. */
    public boolean holds(String id) throws IOException {
        return key(id).isPresent();
    }

    /** What was destroyed. */
    public Erasures erasures() {
        return erasures;
    }

    /** The same keys with other records. */
    public Subjects with(Erasures others) {
        return new Subjects(source, others);
    }
}
