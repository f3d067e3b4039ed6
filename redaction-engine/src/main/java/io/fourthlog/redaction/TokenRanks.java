package io.fourthlog.redaction;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The vocabulary of a byte-pair encoding in tiktoken's notation (a line for each token: base64, space, rank), as it is in the jar of
 * jtokkit. Immutable.
 *
 * <pre>
 * buckets  by hash: where its tokens begin    tokens  │ u32 length &lt;&lt; 24 │ rank │ bytes │ … one after the other by bucket
 * </pre>
 *
 * Tokens lie with their ranks and beside those of the same hash, so that a look-up takes two lines of the processor's cache.
 */
final class TokenRanks {

    /** What has to follow a text, since it is read by the word. */
    static final int PADDING = Long.BYTES;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int HEAD = Integer.BYTES; // of a token
    private static final int MOST = 1 << 19; // tokens
    private static final int LONGEST = 255; // bytes of a token
    private static final long MULTIPLIER =
            0x9E3779B97F4A7C15L; // 2^64 over the golden ratio: Knuth's multiplicative hashing

    private final int[] buckets;
    private final byte[] tokens;
    private final int shift; // of a hash, to its bucket

    private TokenRanks(TokenFile file) {
        int bits = 32 - Integer.numberOfLeadingZeros(Math.max(1, file.count));
        shift = Long.SIZE - bits;
        int[] places = new int[(1 << bits) + 2]; // those of a bucket two behind it, until all are placed
        for (int at = 0; at < file.end; at += HEAD + length(file.tokens, at)) {
            places[bucketOf(file.tokens, at) + 2] += HEAD + length(file.tokens, at);
        }
        for (int i = 1; i < places.length; i++) {
            places[i] += places[i - 1];
        }
        tokens = new byte[file.end + PADDING];
        for (int at = 0, size; at < file.end; at += size) {
            size = HEAD + length(file.tokens, at);
            int bucket = bucketOf(file.tokens, at);
            System.arraycopy(file.tokens, at, tokens, places[bucket + 1], size);
            places[bucket + 1] += size;
        }
        buckets = places;
    }

    /**
     * Reads a vocabulary.
     *
     * @throws IOException when there is none of this name, or it is not one
     */
    static TokenRanks read(String name) throws IOException {
        try (InputStream in = TokenRanks.class.getResourceAsStream("/com/knuddels/jtokkit/" + name + ".tiktoken")) {
            if (in == null) {
                throw new IOException("jtokkit with " + name + ".tiktoken is not on the class path");
            }
            return read(in);
        }
    }

    static TokenRanks read(InputStream in) throws IOException {
        return new TokenRanks(new TokenFile(in));
    }

    /** The rank of these bytes, or -1 when they are no token. {@value #PADDING} bytes behind them can be read. */
    int rank(byte[] text, int from, int to) {
        int length = to - from;
        int bucket = (int) (hash(text, from, length) >>> shift);
        int end = buckets[bucket + 1];
        for (int at = buckets[bucket]; at < end; ) {
            int head = (int) INT.get(tokens, at);
            if (head >>> 24 == length && same(text, from, at + HEAD, length)) {
                return head & 0xFF_FFFF;
            }
            at += HEAD + (head >>> 24);
        }
        return -1;
    }

    private boolean same(byte[] text, int from, int token, int length) {
        int left = length;
        int at = 0;
        for (; left > Long.BYTES; left -= Long.BYTES, at += Long.BYTES) {
            if ((long) LONG.get(text, from + at) != (long) LONG.get(tokens, token + at)) {
                return false;
            }
        }
        return last(text, from + at, left) == last(tokens, token + at, left);
    }

    private static int length(byte[] tokens, int at) {
        return (int) INT.get(tokens, at) >>> 24;
    }

    private int bucketOf(byte[] tokens, int at) {
        return (int) (hash(tokens, at + HEAD, length(tokens, at)) >>> shift);
    }

    private static long hash(byte[] text, int from, int length) {
        long hash = length;
        int left = length;
        int at = from;
        for (; left > Long.BYTES; left -= Long.BYTES, at += Long.BYTES) {
            hash = (hash ^ (long) LONG.get(text, at)) * MULTIPLIER;
            hash ^= hash >>> 32;
        }
        hash = (hash ^ last(text, at, left)) * MULTIPLIER;
        return (hash ^ hash >>> 32) * MULTIPLIER;
    }

    /** The last one to eight bytes, as a number. */
    private static long last(byte[] text, int at, int left) {
        return (long) LONG.get(text, at) << (Long.SIZE - Byte.SIZE * left);
    }

    /** Reads the notation: tokens with their heads by rank. Ranks without a token, of which some vocabularies have a few, are left out. */
    private static final class TokenFile {

        private static final byte[] SIXES = new byte[256]; // what a character of base64 stands for

        static {
            Arrays.fill(SIXES, (byte) -1);
            String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            for (int six = 0; six < alphabet.length(); six++) {
                SIXES[alphabet.charAt(six)] = (byte) six;
            }
        }

        private final InputStream in;
        private final byte[] buffer = new byte[1 << 14];
        private int read; // bytes in it
        private int at;
        private byte[] tokens = new byte[1 << 21];
        private int end; // of them
        private int count;
        private int nextRank;

        TokenFile(InputStream in) throws IOException {
            this.in = in;
            for (int c = next(); c >= 0; c = next()) {
                token(c);
            }
        }

        private void token(int first) throws IOException {
            if (end + HEAD + LONGEST + PADDING > tokens.length) {
                tokens = Arrays.copyOf(tokens, 2 * tokens.length);
            }
            int length = 0;
            int bits = 0;
            int have = 0; // bits of them that are not in the token
            int c = first;
            for (; c >= 0 && SIXES[c] >= 0 && length <= LONGEST; c = next()) {
                bits = bits << 6 | SIXES[c];
                have += 6;
                if (have >= 8) {
                    have -= 8;
                    tokens[end + HEAD + length++] = (byte) (bits >>> have);
                }
            }
            while (c == '=') {
                c = next();
            }
            int rank = c == ' ' ? number() : -1;
            if (length == 0 || length > LONGEST || rank < nextRank) {
                throw new IOException("token " + (count + 1) + " is not one of at most " + LONGEST
                        + " bytes, in base64, and its rank behind that of the one before");
            }
            INT.set(tokens, end, length << 24 | rank);
            end += HEAD + length;
            nextRank = rank + 1;
            count++;
        }

        /** A rank and the end of its line; -1 when it is not one. */
        private int number() throws IOException {
            int number = -1;
            int c = next();
            for (; c >= '0' && c <= '9' && number < MOST; c = next()) {
                number = 10 * Math.max(0, number) + c - '0';
            }
            if (c == '\r') {
                c = next();
            }
            return (c == '\n' || c < 0) && number < MOST ? number : -1;
        }

        private int next() throws IOException {
            if (at == read) {
                at = 0;
                read = Math.max(0, in.read(buffer));
                if (read == 0) {
                    return -1;
                }
            }
            return buffer[at++] & 0xFF;
        }
    }
}
