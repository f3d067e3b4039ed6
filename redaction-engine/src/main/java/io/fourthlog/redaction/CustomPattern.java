package io.fourthlog.redaction;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.fourthlog.redaction.detect.Scanner;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A detector that a profile brings: RE2 over UTF-8, behind a literal that every match has, if the pattern shows one. Immutable
 * and shared.
 */
final class CustomPattern {

    private static final int MIN_LITERAL = 3; // bytes; a shorter one is in every text

    private final String tag;
    private final Pattern pattern;
    private final byte[] literal; // empty when unknown

    /**
     * A detector.
     *
     * @param tag what a match means
     * @param pattern finds no empty match
     */
    CustomPattern(String tag, Pattern pattern) {
        this.tag = tag;
        this.pattern = pattern;
        this.literal = requiredLiteral(pattern.pattern());
    }

    String tag() {
        return tag;
    }

    /** Tells the sink of matches until it wants no more. Every search is charged before it is made. */
    void find(byte[] text, int from, int to, Budget budget, int index, Scanner.Sink sink) {
        if (!sink.wants(index) || !contains(text, from, to, literal)) {
            return;
        }
        byte[] exact = Arrays.copyOfRange(text, from, to); // RE2/J matches whole arrays only
        try {
            Matcher matcher = pattern.matcher(exact);
            int searched = 0;
            while (sink.wants(index)) {
                budget.charge((long) (exact.length - searched) * pattern.programSize());
                if (!matcher.find()) {
                    return;
                }
                searched = matcher.end();
                sink.found(index, from + matcher.start(), from + searched);
            }
        } finally {
            Arrays.fill(exact, (byte) 0);
        }
    }

    /**
     * The longest literal among the leading characters of a pattern, before its first group, class or named escape; empty when
     * there is an alternative or a flag anywhere.
     */
    static byte[] requiredLiteral(String pattern) {
        String longest = "";
        if (pattern.indexOf('|') < 0 && !pattern.contains("(?") && !pattern.contains("\\Q")) {
            StringBuilder run = new StringBuilder();
            int i = 0;
            while (i < pattern.length() && "([{".indexOf(pattern.charAt(i)) < 0) {
                char c = pattern.charAt(i++);
                if (c == '\\') {
                    if (i == pattern.length() || Character.isLetterOrDigit(pattern.charAt(i))) {
                        break;
                    }
                    run.append(pattern.charAt(i++));
                } else if ("*?+.^$".indexOf(c) < 0) {
                    run.append(c);
                } else {
                    longest = longer(longest, c == '*' || c == '?' ? withoutLast(run) : run.toString());
                    run.setLength(0);
                }
            }
            boolean repeated = i < pattern.length() && pattern.charAt(i) == '{';
            longest = longer(longest, repeated ? withoutLast(run) : run.toString());
        }
        byte[] literal = longest.getBytes(StandardCharsets.UTF_8);
        return literal.length < MIN_LITERAL ? new byte[0] : literal;
    }

    private static String withoutLast(StringBuilder run) {
        return run.isEmpty() ? "" : run.substring(0, run.offsetByCodePoints(run.length(), -1));
    }

    private static String longer(String a, String b) {
        return b.length() > a.length() ? b : a;
    }

    private static boolean contains(byte[] text, int from, int to, byte[] literal) {
        for (int i = from; i + literal.length <= to; i++) {
            if (Arrays.equals(text, i, i + literal.length, literal, 0, literal.length)) {
                return true;
            }
        }
        return false;
    }
}
