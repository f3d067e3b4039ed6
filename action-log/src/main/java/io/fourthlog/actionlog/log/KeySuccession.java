package io.fourthlog.actionlog.log;

import java.util.List;
import java.util.Optional;

/**
 * How a log's key hands over to the next one, before it is destroyed: a checkpoint of the log with one line more, {@code next
 * VKEY}, signed with the old key. Its bytes are the leaf that follows the tree that it speaks of, so the chain of keys is in the
 * log; and since nobody has the old key any more, nobody can sign another tree of that size.
 *
 * @param at the tree when the key handed over, as the old key signed it
 * @param next the key from then on
 */
public record KeySuccession(Checkpoint at, VerifierKey next) {

    private static final String NEXT = "next ";
    private static final int LINES = 4; // origin, size, root hash, next; the text ends with a line feed

    /** Signs over. */
    static KeySuccession sign(SigningKey old, long size, Hash root, VerifierKey next) {
        final String origin = old.verifierKey().name();
        final String text = origin + "\n" + size + "\n" + root.base64() + "\n" + NEXT + next + "\n";
        return new KeySuccession(new Checkpoint(origin, size, root, new Note(text, List.of(old.sign(text)))), next);
    }

    /** Reads an entry without believing it: whether it is one, and from which key, {@link #isBy} tells. */
    public static Optional<KeySuccession> parse(byte[] entry) {
        if (entry.length == 0 || entry[0] == '{' || entry[entry.length - 1] != '\n') {
            return Optional.empty(); // an event, or no note
        }
        try {
            return Optional.of(parse(Note.parse(entry)));
        } catch (LogFormatException e) {
            return Optional.empty();
        }
    }

    static KeySuccession parse(Note note) throws LogFormatException {
        final Checkpoint at = Checkpoint.parse(note);
        final String[] lines = note.text().split("\n", -1);
        if (lines.length != LINES + 1
                || !lines[LINES - 1].startsWith(NEXT)
                || note.signatures().size() != 1) {
            throw new LogFormatException(
                    "a key succession is a checkpoint with a line \"next VKEY\" and one signature");
        }
        final VerifierKey next = VerifierKey.parse(lines[LINES - 1].substring(NEXT.length()));
        if (next.type() != SignatureType.ED25519 || !next.name().equals(at.origin())) {
            throw new LogFormatException("a log's key hands over to a key of the same log, not to " + next);
        }
        return new KeySuccession(at, next);
    }

    /** Whether this key signed it. */
    public boolean isBy(VerifierKey old) {
        return old.type() == SignatureType.ED25519
                && old.name().equals(at.origin())
                && at.note().verify(List.of(old)).holds();
    }

    /** The index of its leaf: the size of the tree that it speaks of. */
    public long index() {
        return at.size();
    }

    /** The entry. */
    byte[] entry() {
        return at.note().bytes();
    }
}
