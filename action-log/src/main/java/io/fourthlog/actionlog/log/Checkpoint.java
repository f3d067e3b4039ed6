package io.fourthlog.actionlog.log;

import java.util.List;

/**
 * A signed statement of a log's size and root: C2SP tlog-checkpoint.
 *
 * @param origin the name of the log
 * @param size how many leaves it has
 * @param rootHash the root of its tree
 * @param note the note that says so, with its signatures, which {@link #parse} does not check
 */
public record Checkpoint(String origin, long size, Hash rootHash, Note note) {

    private static final int MAX_DIGITS = 18; // 10^18 leaves are beyond any log, and fit into a long

    /** Reads a checkpoint without believing it: whether it is signed, {@link Note#verify} tells. */
    public static Checkpoint parse(Note note) throws LogFormatException {
        final String[] lines = note.text().split("\n", -1);
        if (lines.length < 4 || !lines[lines.length - 1].isEmpty()) {
            throw new LogFormatException("a checkpoint has three lines: origin, size and root hash");
        }
        for (int i = 0; i < lines.length - 1; i++) {
            if (lines[i].isEmpty()) {
                throw new LogFormatException("a checkpoint has no empty lines");
            }
        }
        if (!lines[1].matches("0|[1-9][0-9]{0," + (MAX_DIGITS - 1) + "}")) {
            throw new LogFormatException("the size of a checkpoint is not a number: \"" + lines[1] + "\"");
        }
        return new Checkpoint(lines[0], Long.parseLong(lines[1]), Hash.fromBase64(lines[2]), note);
    }

    /** Reads a checkpoint without believing it. */
    public static Checkpoint parse(byte[] note) throws LogFormatException {
        return parse(Note.parse(note));
    }

    /** A checkpoint of a log, signed with its key. */
    static Checkpoint sign(SigningKey key, long size, Hash rootHash) {
        final String origin = key.verifierKey().name();
        final String text = origin + "\n" + size + "\n" + rootHash.base64() + "\n";
        return new Checkpoint(origin, size, rootHash, new Note(text, List.of(key.sign(text))));
    }

    Checkpoint withSignature(NoteSignature signature) {
        return new Checkpoint(origin, size, rootHash, note.withSignature(signature));
    }
}
