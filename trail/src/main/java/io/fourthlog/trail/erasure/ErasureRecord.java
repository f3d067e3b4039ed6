package io.fourthlog.trail.erasure;

import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.Note;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What was erased, when and why: the text of a note that the witness signs (C2SP signed-note, with the signature of a cosignature).
 *
 * <pre>
 *   fourthlog-erasure/1
 *   at 2026-11-26T04:00:00Z
 *   workload k8s://demo/support/&#42;            as it was asked for
 *   reason ticket 4711, Art. 17 GDPR
 *   key 32 hex digits 2026-11-20T08:15:00Z k8s://demo/support/…          one for each key: its id, when it was made, whose it was
 * </pre>
 *
 * @param asked a glob over workload ids
 */
public record ErasureRecord(Instant at, String asked, String reason, List<Destroyed> keys) {

    /** Keys in a record, so that it stays a note. */
    static final int MAX_KEYS = 32;

    private static final int MAX_LINE = 3 << 10; // bytes
    private static final String FORMAT = "fourthlog-erasure/1";

    public ErasureRecord {
        if (!isLine(asked) || !isLine(reason) || reason.isBlank()) {
            throw new IllegalArgumentException("a workload and a reason are one line each, and a reason is not empty");
        }
        keys = List.copyOf(keys);
    }

    /** A key that is no more. */
    public record Destroyed(String keyId, Instant from, String workload) {}

    /** Whether a text can be a line of a note. */
    static boolean isLine(String text) {
        final byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return utf8.length <= MAX_LINE
                && text.chars().noneMatch(c -> c < ' ')
                && new String(utf8, StandardCharsets.UTF_8).equals(text); // no half of a surrogate pair
    }

    /** What is signed. */
    String text() {
        final StringBuilder text = new StringBuilder(FORMAT)
                .append("\nat ")
                .append(at)
                .append("\nworkload ")
                .append(asked)
                .append("\nreason ")
                .append(reason)
                .append('\n');
        for (final Destroyed key : keys) {
            text.append("key ")
                    .append(key.keyId())
                    .append(' ')
                    .append(key.from())
                    .append(' ')
                    .append(key.workload())
                    .append('\n');
        }
        return text.toString();
    }

    /** Reads a note's text; whether it is signed, the note tells. */
    static ErasureRecord parse(Note note) throws NoRecordException {
        final String[] lines = note.text().split("\n", -1);
        if (lines.length < 5 || !lines[lines.length - 1].isEmpty() || !lines[0].equals(FORMAT)) {
            throw new NoRecordException("it does not begin with " + FORMAT + ", at, workload and reason");
        }
        try {
            final List<Destroyed> keys = new ArrayList<>();
            for (int i = 4; i < lines.length - 1; i++) {
                final String[] parts = after("key ", lines[i]).split(" ", 3);
                if (parts.length != 3 || !SubjectKey.isId(parts[0])) {
                    throw new NoRecordException("line " + (i + 1) + " is not key ID TIME WORKLOAD");
                }
                keys.add(new Destroyed(parts[0], Instant.parse(parts[1]), parts[2]));
            }
            return new ErasureRecord(
                    Instant.parse(after("at ", lines[1])),
                    after("workload ", lines[2]),
                    after("reason ", lines[3]),
                    keys);
        } catch (DateTimeException | IllegalArgumentException e) {
            throw new NoRecordException(String.valueOf(e.getMessage()));
        }
    }

    private static String after(String start, String line) throws NoRecordException {
        if (!line.startsWith(start)) {
            throw new NoRecordException("a line does not begin with " + start.strip());
        }
        return line.substring(start.length());
    }

    /** The bytes are no record. */
    static final class NoRecordException extends Exception {

        @Serial
        private static final long serialVersionUID = 1;

        NoRecordException(String message) {
            super(message);
        }
    }
}
