package io.fourthlog.redaction;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * The vocabulary of a byte-pair encoding in tiktoken's notation (a line for each token: base64, space, rank), as it is in the jar of
 * jtokkit. Immutable.
 *
 * <pre>
 * table  int rank + 1 at FNV-1a of a token, linear probing     pool  bytes of all tokens by rank     ends  by rank
 * </pre>
 */
final class TokenRanks {

    private static final int MOST = 1 << 19; // tokens
    private static final int PRIME = 0x01000193;

    private byte[] pool = new byte[1 << 20];
    private int[] ends = new int[1 << 18];
    private int count;
    private final int[] table;

    private TokenRanks(BufferedReader lines) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            add(line);
        }
        table = new int[Integer.highestOneBit(Math.max(1, count)) * 4];
        for (int rank = 0; rank < count; rank++) {
            int slot = slot(hash(pool, ends[rank], ends[rank + 1]));
            while (table[slot] != 0) {
                slot = (slot + 1) & (table.length - 1);
            }
            table[slot] = rank + 1;
        }
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
            return new TokenRanks(new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII)));
        }
    }

    /** Ranks without a token, of which some vocabularies have a few, have an empty one. */
    private void add(String line) throws IOException {
        int space = line.indexOf(' ');
        if (space < 0 || !line.substring(space + 1).matches("[0-9]{1,7}")) {
            throw new IOException("not a token and its rank: " + line);
        }
        int rank = Integer.parseInt(line.substring(space + 1));
        if (rank < count || rank >= MOST) {
            throw new IOException("ranks are not in order at " + line);
        }
        byte[] token = Base64.getDecoder().decode(line.substring(0, space));
        if (rank + 2 > ends.length) {
            ends = Arrays.copyOf(ends, 2 * rank + 2);
        }
        Arrays.fill(ends, count, rank + 1, ends[count]);
        count = rank + 1;
        if (ends[rank] + token.length > pool.length) {
            pool = Arrays.copyOf(pool, 2 * pool.length);
        }
        System.arraycopy(token, 0, pool, ends[rank], token.length);
        ends[count] = ends[rank] + token.length;
    }

    /** The rank of these bytes, or -1 when they are no token. */
    int rank(MemorySegment text, int from, int to) {
        int hash = 0x811C9DC5;
        for (int i = from; i < to; i++) {
            hash = (hash ^ text.get(ValueLayout.JAVA_BYTE, i)) * PRIME;
        }
        for (int slot = slot(hash); table[slot] != 0; slot = (slot + 1) & (table.length - 1)) {
            int rank = table[slot] - 1;
            if (ends[rank + 1] - ends[rank] == to - from && equals(text, from, to, ends[rank])) {
                return rank;
            }
        }
        return -1;
    }

    private boolean equals(MemorySegment text, int from, int to, int at) {
        for (int i = from; i < to; i++) {
            if (text.get(ValueLayout.JAVA_BYTE, i) != pool[at + i - from]) {
                return false;
            }
        }
        return true;
    }

    private static int hash(byte[] bytes, int from, int to) {
        int hash = 0x811C9DC5;
        for (int i = from; i < to; i++) {
            hash = (hash ^ bytes[i]) * PRIME;
        }
        return hash;
    }

    private int slot(int hash) {
        return (hash ^ hash >>> 15) & (table.length - 1);
    }
}
