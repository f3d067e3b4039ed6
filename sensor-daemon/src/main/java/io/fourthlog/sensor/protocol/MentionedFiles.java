package io.fourthlog.sensor.protocol;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The words of a call's arguments that can name a file, as hashes, for as long as the call is under way: of several calls that a server
 * has at once, they tell for which one it opened a file. What is hashed is what stands between quotes, white space and the signs of a
 * shell, so that {@code {"command": "cat /data/a.csv"}} names a file as {@code {"path": "/data/a.csv"}} does.
 */
public final class MentionedFiles {
    /** How well a file is named: not at all, below a folder, by the end of its path, by all of it. */
    public static final int NOT = 0;

    private static final int BELOW = 1;
    private static final int ENDS = 2;
    private static final int WHOLE = 3;

    private static final int MOST = 64; // words of a call
    private static final int LONGEST = 4096; // bytes of one, as of a path
    private static final String BETWEEN = " \"'`\\:,;=|&?<>()[]{}\t\r\n";
    private static final boolean[] SEPARATES = new boolean[128];
    private static final long SEED = new SecureRandom().nextLong(); // so that no content is known by its hash
    private static final long PRIME = 0x100000001b3L; // of FNV-1a

    static {
        BETWEEN.chars().forEach(sign -> SEPARATES[sign] = true);
    }

    public static final MentionedFiles NONE = new MentionedFiles(new long[0]);

    private final long[] hashes; // sorted

    private MentionedFiles(final long[] hashes) {
        this.hashes = hashes;
    }

    /** Those of the JSON {@code bytes[from, to)}. */
    static MentionedFiles in(final byte[] bytes, final int from, final int to) {
        final long[] found = new long[MOST];
        int count = 0;
        for (int at = from; at < to && count < MOST; at++) {
            int end = at;
            while (end < to && !separates(bytes[end])) {
                end++;
            }
            final int start = start(bytes, at, end);
            int last = end;
            while (last > start + 1 && bytes[last - 1] == '/') {
                last--;
            }
            if (last > start && last - start <= LONGEST && (bytes[start] != '/' || last > start + 1)) {
                found[count++] = hash(bytes, start, last);
            }
            at = end;
        }
        final long[] hashes = Arrays.copyOf(found, count);
        Arrays.sort(hashes);
        return new MentionedFiles(hashes);
    }

    private static boolean separates(final byte sign) {
        return sign >= 0 && SEPARATES[sign];
    }

    /** Without the {@code ./} of a relative path, and with one of the slashes of a URI's. */
    private static int start(final byte[] bytes, final int from, final int end) {
        int at = from;
        while (at + 1 < end && (bytes[at] == '.' || bytes[at] == '/') && bytes[at + 1] == '/') {
            at += bytes[at] == '.' ? 2 : 1;
        }
        return at;
    }

    /**
     * How well the call names the file at this absolute path, or the resource that has this URL: the more the better, or {@link #NOT}.
     */
    public int names(final String path) {
        if (hashes.length == 0) {
            return NOT;
        }
        final int authority = path.indexOf("://");
        final byte[] bytes = (authority < 0
                        ? path
                        : path.substring(authority + 2).replace(':', '/'))
                .getBytes(StandardCharsets.UTF_8); // as a colon ends a word
        if (bytes.length > LONGEST) {
            return NOT;
        }
        if (has(bytes, 0, bytes.length)) {
            return WHOLE;
        }
        boolean below = false;
        for (int at = 1; at < bytes.length; at++) {
            if (bytes[at] == '/') {
                if (has(bytes, at + 1, bytes.length)) {
                    return ENDS;
                }
                below |= has(bytes, 0, at);
            }
        }
        return bytes.length > 1 && has(bytes, 1, bytes.length) ? ENDS : below ? BELOW : NOT;
    }

    private boolean has(final byte[] bytes, final int from, final int to) {
        return Arrays.binarySearch(hashes, hash(bytes, from, to)) >= 0;
    }

    private static long hash(final byte[] bytes, final int from, final int to) {
        long hash = SEED;
        for (int at = from; at < to; at++) {
            hash = (hash ^ bytes[at]) * PRIME;
        }
        return hash ^ (hash >>> 32);
    }

    /** How many, never what. */
    @Override
    public String toString() {
        return "MentionedFiles[" + hashes.length + "]";
    }
}
