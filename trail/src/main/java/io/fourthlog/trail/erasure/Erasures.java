package io.fourthlog.trail.erasure;

import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.Note;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.folder.NumberedFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a trail's signed records say was erased. */
public final class Erasures {

    private final Map<String, Erased> keys = new HashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    private Erasures() {}

    /**
     * A key that was destroyed.
     *
     * @param record that says so
     */
    public record Erased(ErasureRecord.Destroyed key, ErasureRecord record) {

        /** For people. */
        public String describe() {
            return "key destroyed on " + record.at() + ": erasure of " + key.workload() + ", " + record.reason();
        }
    }

    /** No records. */
    public static Erasures none() {
        return new Erasures();
    }

    /**
     * Reads all records.
     *
     * @param witnesses of whose keys one has to have signed each
     */
    public static Erasures read(NumberedFiles files, Collection<VerifierKey> witnesses) throws IOException {
        final Erasures erasures = new Erasures();
        for (final int number : files.numbers()) {
            try {
                final Note note = Note.parse(files.read(number));
                if (!note.verify(witnesses).holds()) {
                    throw new ErasureRecord.NoRecordException("no witness that is trusted has signed it");
                }
                final ErasureRecord record = ErasureRecord.parse(note);
                record.keys().forEach(key -> erasures.keys.putIfAbsent(key.keyId(), new Erased(key, record)));
            } catch (LogFormatException | ErasureRecord.NoRecordException e) {
                erasures.findings.add(new Finding(
                        Finding.Kind.SEALED,
                        null,
                        files.name(number),
                        "it is no record of an erasure: " + e.getMessage()));
            }
        }
        return erasures;
    }

    /** Whether nothing was erased. */
    public boolean isEmpty() {
        return keys.isEmpty();
    }

    /** Whether and why a key was destroyed. */
    public Optional<Erased> of(String keyId) {
        return Optional.ofNullable(keys.get(keyId));
    }

    /** The keys that were destroyed. */
    public Collection<Erased> all() {
        return List.copyOf(keys.values());
    }

    /** Records that are none, or that nobody trusted has signed. */
    public List<Finding> findings() {
        return List.copyOf(findings);
    }
}
