package io.fourthlog.fingerprint;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Keyed winnowing fingerprints (Schleimer, Wilkerson and Aiken, 2003) of a text part, so that an excerpt of it can be recognised
 * in a document, and the other way round.
 *
 * <p>The text is {@linkplain Normalizer normalised}. A keyed hash of their first eight bytes orders all runs of {@link #GRAM} bytes; of
 * every {@code w} neighbouring runs the least is selected; the SipHash-2-4 of each selected run is recorded. {@code w} is
 * {@link #WINDOW} for texts up to about 8 KiB and doubles as often as it takes to record about {@link #TARGET} hashes, so that
 * a fingerprint never grows with the text.
 *
 * <p>A document is matched with <em>all</em> of its runs, so whatever it shares with the recorded part is noticed for certain from
 * {@link #guarantee} normalised bytes on: {@code GRAM + w - 1}, which is 47 for texts up to 8 KiB. Shorter excerpts are noticed
 * by chance.
 *
 * <p>Confined to one thread.
 */
public final class Winnowing {

    /** Bytes in a run. */
    public static final int GRAM = 32;

    /** Neighbouring runs of which one is selected, in texts that are not long. */
    public static final int WINDOW = 16;

    private static final int KEY_LENGTH = 32; // bytes
    private static final int TARGET = 1024; // hashes in a fingerprint, about; 8 KiB

    /** What the key is derived for: it is the HMAC-SHA-256 of this, as ASCII, under the installation's key. */
    public static final String PURPOSE = "fourthlog winnowing 1";

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final VarHandle HASH = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final SipHash sipHash;
    private final Selection selection;
    private int[] ends = {};
    private long[] sorted = {};

    /**
     * Takes a key into use.
     *
     * @param key 32 bytes, derived for {@link #PURPOSE}
     */
    public Winnowing(byte[] key) {
        if (key.length != KEY_LENGTH) {
            throw new IllegalArgumentException("the key has " + KEY_LENGTH + " bytes, not " + key.length);
        }
        sipHash = new SipHash(key);
        selection = new Selection(ByteBuffer.wrap(key).getLong(16) | 1);
    }

    /**
     * How much of a recorded text part is in a document.
     *
     * @param matched recorded hashes that the document has as well
     * @param recorded recorded hashes
     */
    public record Match(int matched, int recorded) {}

    /** A document that recorded text parts are looked for in, with the hashes of all of its runs. */
    public static final class Document {

        private final long[] all; // ascending

        private Document(long[] all) {
            this.all = all;
        }

        /**
         * Looks for a recorded text part, or an excerpt of it.
         *
         * @param winnow what {@link #fingerprint} gave for the part, under the same key
         * @throws IllegalArgumentException if {@code winnow} is not base64url of whole 64-bit hashes
         */
        public Match match(String winnow) {
            byte[] decoded = Base64.getUrlDecoder().decode(winnow);
            if (decoded.length % Long.BYTES != 0) {
                throw new IllegalArgumentException("not whole 64-bit hashes: " + decoded.length + " bytes");
            }
            LongBuffer recorded = ByteBuffer.wrap(decoded).asLongBuffer();
            int matched = 0;
            for (int i = 0; i < recorded.limit(); i++) {
                matched += Arrays.binarySearch(all, recorded.get(i)) >= 0 ? 1 : 0;
            }
            return new Match(matched, recorded.limit());
        }
    }

    /** Prepares a normalised document for being compared with recorded text parts. */
    public Document document(byte[] normalized, int length) {
        return new Document(all(normalized, length));
    }

    /**
     * Length of the shortest excerpt that is noticed for certain.
     *
     * @param length of the recorded text, normalised, in bytes
     * @return normalised bytes
     */
    public static int guarantee(int length) {
        return GRAM + window(length) - 1;
    }

    /** The fingerprint of a normalised text, or null if it is shorter than the shortest guaranteed excerpt. */
    public @Nullable String fingerprint(byte[] normalized, int length) {
        if (length < GRAM + WINDOW - 1) {
            return null;
        }
        long[] hashes = selection.select(normalized, length, window(length));
        int count = selection.count();
        sipHash.hash(normalized, hashes, count, GRAM);
        return BASE64.encodeToString(inOrder(hashes, count));
    }

    /**
     * Of how many neighbouring runs one is recorded.
     *
     * @param length of the recorded text, normalised, in bytes
     */
    public static int window(int length) {
        int window = WINDOW;
        while (2L * length / (window + 1) > TARGET) {
            window *= 2;
        }
        return window;
    }

    /**
     * Hashes, ascending, without repetition: put in order by their first bits, which are spread evenly, and then among the few neighbours.
     */
    private byte[] inOrder(long[] hashes, int count) {
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(count);
        int places = (1 << bits) + 1;
        if (ends.length < places) {
            ends = new int[places];
            sorted = new long[places];
        } else {
            Arrays.fill(ends, 0, places, 0);
        }
        for (int i = 0; i < count; i++) {
            ends[first(hashes[i], bits) + 1]++;
        }
        for (int i = 1; i < places; i++) {
            ends[i] += ends[i - 1];
        }
        for (int i = 0; i < count; i++) {
            sorted[ends[first(hashes[i], bits)]++] = hashes[i];
        }
        for (int i = 1; i < count; i++) {
            long hash = sorted[i];
            int at = i;
            while (at > 0 && sorted[at - 1] > hash) {
                sorted[at] = sorted[at - 1];
                at--;
            }
            sorted[at] = hash;
        }
        byte[] bytes = new byte[count * Long.BYTES];
        int length = 0;
        for (int i = 0; i < count; i++) {
            if (i == 0 || sorted[i] != sorted[i - 1]) {
                HASH.set(bytes, length, sorted[i]);
                length += Long.BYTES;
            }
        }
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    /** First bits of a hash, least first in the order of signed numbers. */
    private static int first(long hash, int bits) {
        return (int) ((hash ^ Long.MIN_VALUE) >>> (Long.SIZE - bits));
    }

    private long[] all(byte[] text, int length) {
        long[] hashes = new long[Math.max(0, length - GRAM + 1)];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = i;
        }
        sipHash.hash(text, hashes, hashes.length, GRAM);
        Arrays.sort(hashes);
        return hashes;
    }
}
