package io.fourthlog.trail.collector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.log.KeySuccession;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.Note;
import io.fourthlog.actionlog.log.VerifierKey;
import java.io.ByteArrayOutputStream;
import java.io.CharConversionException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a sensor pushes in one request, read with a bound on everything that the body says about itself.
 *
 * <pre>
 * ┌──────────────────────────────────────────────────────────────┬────┬────────────┬─────────┬────────────┬─
 * │ {"first":N,"count":M,"vkey":"…","checkpoint":"…",…}          │ LF │ u32 length │ entry N │ u32 length │ …
 * └──────────────────────────────────────────────────────────────┴────┴────────────┴─────────┴────────────┴─
 * </pre>
 *
 * @param first the leaf index of the first entry
 * @param from the log's key at {@code first}
 * @param checkpoint a note of the log that covers the entries
 * @param successions how that key handed over to others from there on; the member may be left out
 */
record Batch(long first, List<byte[]> entries, VerifierKey from, Note checkpoint, List<KeySuccession> successions) {

    static final int MAX_BODY = 8 << 20; // bytes; a sensor sends 4 MiB of entries
    private static final int MAX_HEADER = 64 << 10; // bytes
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    Batch {
        entries = List.copyOf(entries);
        successions = List.copyOf(successions);
    }

    /** The key that has signed the checkpoint, as the batch says. */
    VerifierKey key() {
        return successions.isEmpty() ? from : successions.getLast().next();
    }

    /**
     * Reads a body to its end.
     *
     * @param atMost how long the body may take to come
     * @throws RefusedException when it is not a batch
     * @throws IOException when the connection fails
     */
    static Batch read(InputStream body, Duration atMost) throws RefusedException, IOException {
        final Bounded in = new Bounded(body, System.nanoTime() + atMost.toNanos());
        try {
            final JsonNode header = header(in);
            final long count = number(header, "count");
            final VerifierKey from = VerifierKey.parse(text(header, "vkey"));
            final Note checkpoint = Note.parse(text(header, "checkpoint"));
            final long first = number(header, "first");
            final List<byte[]> entries = new ArrayList<>();
            for (long i = 0; i < count; i++) {
                entries.add(in.entry(i, count));
            }
            if (in.read() >= 0) {
                throw new RefusedException(Refusal.MALFORMED, "bytes follow the last of " + count + " entries");
            }
            return new Batch(first, entries, from, checkpoint, successions(header));
        } catch (LogFormatException | JsonProcessingException | CharConversionException e) {
            throw new RefusedException(Refusal.MALFORMED, "the header is not one: " + e.getMessage());
        } catch (EOFException e) {
            throw new RefusedException(Refusal.MALFORMED, "the body ends early: " + e.getMessage());
        }
    }

    private static JsonNode header(Bounded in) throws RefusedException, IOException {
        final ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("there is no line feed after the header");
            }
            if (line.size() == MAX_HEADER) {
                throw new RefusedException(Refusal.TOO_LARGE, "a header has at most " + MAX_HEADER + " bytes");
            }
            line.write(b);
        }
        final JsonNode header = JSON.readTree(line.toByteArray());
        if (!header.isObject()) {
            throw new RefusedException(Refusal.MALFORMED, "the header is not a JSON object");
        }
        return header;
    }

    private static List<KeySuccession> successions(JsonNode header) throws RefusedException {
        final List<KeySuccession> successions = new ArrayList<>();
        for (final JsonNode note : header.path("successions")) {
            successions.add(KeySuccession.parse(note.asText().getBytes(StandardCharsets.UTF_8))
                    .orElseThrow(() -> new RefusedException(Refusal.MALFORMED, "header, successions: one is none")));
        }
        return successions;
    }

    private static long number(JsonNode header, String name) throws RefusedException {
        final JsonNode value = header.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
            throw new RefusedException(Refusal.MALFORMED, "header, " + name + ": is not a number from 0 on");
        }
        return value.longValue();
    }

    private static String text(JsonNode header, String name) throws RefusedException {
        final JsonNode value = header.path(name);
        if (!value.isTextual()) {
            throw new RefusedException(Refusal.MALFORMED, "header, " + name + ": is not a string");
        }
        return value.textValue();
    }

    /** A body of which no more is read, and no longer, than was agreed. */
    private static final class Bounded {

        private final InputStream in;
        private final long deadline; // System.nanoTime
        private final byte[] buffer = new byte[16 << 10];
        private int position;
        private int limit;
        private long total;

        private Bounded(InputStream in, long deadline) {
            this.in = in;
            this.deadline = deadline;
        }

        int read() throws RefusedException, IOException {
            return position < limit || fill() ? buffer[position++] & 0xFF : -1;
        }

        byte[] entry(long index, long count) throws RefusedException, IOException {
            long length = 0;
            for (int i = 0; i < Integer.BYTES; i++) {
                final int b = read();
                if (b < 0) {
                    throw new EOFException("after " + index + " of " + count + " entries");
                }
                length = length << Byte.SIZE | b;
            }
            if (length == 0 || length > LogWriter.MAX_ENTRY) {
                throw new RefusedException(
                        length == 0 ? Refusal.MALFORMED : Refusal.TOO_LARGE,
                        "entry " + index + " says it has " + length + " bytes; an entry has 1 to "
                                + LogWriter.MAX_ENTRY);
            }
            final byte[] entry = new byte[(int) length];
            int filled = 0;
            while (filled < entry.length) {
                if (position == limit && !fill()) {
                    throw new EOFException("in entry " + index + " of " + count);
                }
                final int part = Math.min(limit - position, entry.length - filled);
                System.arraycopy(buffer, position, entry, filled, part);
                position += part;
                filled += part;
            }
            return entry;
        }

        private boolean fill() throws RefusedException, IOException {
            if (System.nanoTime() - deadline > 0) {
                throw new RefusedException(Refusal.INCOMPLETE, "the body took too long to come");
            }
            final int read = in.read(buffer);
            position = 0;
            limit = Math.max(0, read);
            total += limit;
            if (total > MAX_BODY) {
                throw new RefusedException(Refusal.TOO_LARGE, "a body has at most " + MAX_BODY + " bytes");
            }
            return limit > 0;
        }
    }
}
