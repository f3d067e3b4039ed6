package io.fourthlog.redaction.detect;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lower-case texts that begin with ASCII and are looked for in any case, all in one go. Immutable. */
final class Phrases {

    private final byte[][][] byFirst = new byte[1 << 7][][]; // null where none begins so

    private Phrases(String... phrases) {
        List<List<byte[]>> lists = new ArrayList<>();
        for (int c = 0; c < byFirst.length; c++) {
            lists.add(new ArrayList<>());
        }
        for (String phrase : phrases) {
            lists.get(phrase.charAt(0)).add(phrase.getBytes(StandardCharsets.UTF_8));
        }
        Arrays.setAll(byFirst, c -> lists.get(c).isEmpty() ? null : lists.get(c).toArray(byte[][]::new));
    }

    static Phrases of(String... phrases) {
        return new Phrases(phrases);
    }

    /** Whether one of them is in a range. */
    boolean areIn(byte[] text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (beginAt(text, i, to)) {
                return true;
            }
        }
        return false;
    }

    /** Whether one of them begins at an index. */
    boolean beginAt(byte[] text, int at, int to) {
        byte[][] here = at < to ? byFirst[lower(text[at]) & 0x7F] : null;
        if (here != null) {
            for (byte[] phrase : here) {
                if (begins(phrase, text, at, to)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean begins(byte[] phrase, byte[] text, int at, int to) {
        if (to - at < phrase.length) {
            return false;
        }
        for (int i = 0; i < phrase.length; i++) {
            if (lower(text[at + i]) != phrase[i]) {
                return false;
            }
        }
        return true;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b | 0x20 : b;
    }
}
