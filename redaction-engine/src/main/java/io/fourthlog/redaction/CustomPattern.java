package io.fourthlog.redaction;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.fourthlog.redaction.detect.Detector;
import io.fourthlog.redaction.detect.LiteralGate;
import java.util.Arrays;

/**
 * A detector that a profile brings: RE2 over UTF-8, behind a literal that every match has, if the pattern shows one. Immutable
 * and shared.
 */
final class CustomPattern {

    private static final int MIN_LITERAL = 4; // characters; a shorter one is in every text

    private final String tag;
    private final Pattern pattern;
    private final boolean gated; // else every text has to be searched
    private final Detector gate;

    /**
     * A detector.
     *
     * @param tag what a match means
     * @param pattern finds no empty match
     */
    CustomPattern(String tag, Pattern pattern) {
        this.tag = tag;
        this.pattern = pattern;
        String literal = requiredLiteral(pattern.pattern());
        this.gated = !literal.isEmpty();
        this.gate = new LiteralGate(tag, literal);
    }

    String tag() {
        return tag;
    }

    /** Is told of matches. */
    interface Sink {

        boolean wants(int tag);

        void found(int tag, byte[] text, int start, int end);
    }

    /** Notices the literal, in the profile's sweep. */
    Detector gate() {
        return gate;
    }

    /** Whether only texts with the literal have to be searched. */
    boolean isGated() {
        return gated;
    }

    /** Tells the sink of matches until it wants no more. Every search is charged before it is made. */
    void find(byte[] text, int from, int to, Budget budget, int index, Sink sink) {
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
                sink.found(index, text, from + matcher.start(), from + searched);
            }
        } finally {
            Arrays.fill(exact, (byte) 0);
        }
    }

    /**
     * The longest literal among the leading characters of a pattern, before its first group, class or named escape; empty when
     * there is an alternative or a flag anywhere.
     */
    static String requiredLiteral(String pattern) {
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
        return longest.length() < MIN_LITERAL || longest.chars().anyMatch(CustomPattern::mayBeUnveiled) ? "" : longest;
    }

    /** Whether the sweep may see another character, so that it would miss the literal. */
    private static boolean mayBeUnveiled(int c) {
        return c < ' ' || c >= 0x7F || c == '\\' || c == '%' || c == '&';
    }

    private static String withoutLast(StringBuilder run) {
        return run.isEmpty() ? "" : run.substring(0, run.offsetByCodePoints(run.length(), -1));
    }

    private static String longer(String a, String b) {
        return b.length() > a.length() ? b : a;
    }
}
