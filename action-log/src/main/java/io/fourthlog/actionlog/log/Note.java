package io.fourthlog.actionlog.log;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A text with signatures: C2SP signed-note.
 *
 * @param text what is signed, with its last newline
 * @param signatures who signed it; at least one
 */
public record Note(String text, List<NoteSignature> signatures) {

    /** The longest note that is read, in bytes. */
    public static final int MAX_LENGTH = 128 * 1024;

    private static final int MAX_SIGNATURES = 64;
    private static final String SEPARATOR = "\n\n" + NoteSignature.START;

    public Note {
        signatures = List.copyOf(signatures);
    }

    /**
     * What the known keys say about a note.
     *
     * @param valid the keys whose signatures verify
     * @param invalid the keys that a signature claims to be of, wrongly
     */
    public record Verification(List<VerifierKey> valid, List<VerifierKey> invalid) {

        public Verification {
            valid = List.copyOf(valid);
            invalid = List.copyOf(invalid);
        }

        /** Whether the note may be believed: a known key signed it, and no signature of a known key is wrong. */
        public boolean holds() {
            return !valid.isEmpty() && invalid.isEmpty();
        }
    }

    /** Reads a note. */
    public static Note parse(byte[] utf8) throws LogFormatException {
        if (utf8.length > MAX_LENGTH) {
            throw new LogFormatException("a note of " + utf8.length + " bytes is longer than " + MAX_LENGTH);
        }
        try {
            return parse(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new LogFormatException("a note has to be UTF-8");
        }
    }

    /** Reads a note. */
    public static Note parse(String note) throws LogFormatException {
        final int separator = note.lastIndexOf("\n\n");
        if (separator < 0 || !note.startsWith(SEPARATOR, separator) || !note.endsWith("\n")) {
            throw new LogFormatException("a note has a text, an empty line, and signature lines that start with —");
        }
        if (note.chars().anyMatch(c -> c < ' ' && c != '\n')) {
            throw new LogFormatException("a note has no control characters");
        }
        final String[] lines = note.substring(separator + 2, note.length() - 1).split("\n", -1);
        if (lines.length > MAX_SIGNATURES) {
            throw new LogFormatException("a note has no more than " + MAX_SIGNATURES + " signatures");
        }
        final List<NoteSignature> signatures = new ArrayList<>();
        for (final String line : lines) {
            signatures.add(NoteSignature.parse(line));
        }
        return new Note(note.substring(0, separator + 1), signatures);
    }

    /** Checks the signatures of the known keys; others are ignored, as the specification asks. */
    public Verification verify(Collection<VerifierKey> known) {
        final List<VerifierKey> valid = new ArrayList<>();
        final List<VerifierKey> invalid = new ArrayList<>();
        for (final VerifierKey key : known) {
            for (final NoteSignature signature : signatures) {
                if (key.matches(signature)) {
                    (key.verifies(text, signature) ? valid : invalid).add(key);
                }
            }
        }
        return new Verification(valid, invalid);
    }

    /** When the first witness signed of those whose signatures verify. */
    public Optional<Instant> cosignedAt(Collection<VerifierKey> witnesses) {
        return signatures.stream()
                .filter(signature -> witnesses.stream()
                        .anyMatch(key ->
                                key.type().isCosignature() && key.matches(signature) && key.verifies(text, signature)))
                .map(NoteSignature::cosignedAt)
                .findFirst();
    }

    /** The same note with one more signature. */
    public Note withSignature(NoteSignature signature) {
        final List<NoteSignature> all = new ArrayList<>(signatures);
        all.add(signature);
        return new Note(text, all);
    }

    /** The note as it stands in a file. */
    @Override
    public String toString() {
        final StringBuilder note = new StringBuilder(text).append('\n');
        signatures.forEach(signature -> note.append(signature).append('\n'));
        return note.toString();
    }

    byte[] bytes() {
        return VerifierKey.utf8(toString());
    }
}
