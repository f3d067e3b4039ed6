package io.fourthlog.redaction;

import io.fourthlog.redaction.detect.OffsetMap;
import io.fourthlog.redaction.detect.Scanner;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks for everything that a profile wants: its built-in detectors in one sweep, then those of its own patterns whose literal the
 * sweep came across. Confined to one thread.
 */
final class Classifier {

    /** Is told what was found in a value, by index into {@link Profile#tags()}. */
    interface Sink {

        /** Whether it wants to know of more occurrences of a tag; when not, none are looked for. */
        boolean wants(int tag);

        /**
         * An occurrence that is not allowed and ends in the value.
         *
         * @param custom whether a pattern of the profile found it, in the text as it is: positions are indexes then, else those of the
         *     unveiled text
         */
        void found(int tag, long start, long end, boolean custom);
    }

    private static final long CUSTOM_STEPS = 1L << 28; // bytes × program size, about two seconds of RE2/J at worst
    private static final Sink NOBODY = new Sink() {
        @Override
        public boolean wants(int tag) {
            return false;
        }

        @Override
        public void found(int tag, long start, long end, boolean custom) {}
    };

    private final Profile profile;
    private final Scanner scanner;
    private final Budget budget = new Budget(CUSTOM_STEPS);
    private final BuiltIn builtIn = new BuiltIn();
    private final Custom custom = new Custom();
    private final boolean[] literalSeen;
    private Sink sink = NOBODY;
    private long valueStart;

    Classifier(Profile profile) {
        this.profile = profile;
        this.scanner = new Scanner(profile.detectors());
        this.literalSeen = new boolean[profile.custom().size()];
    }

    /** Starts with a new content, and a new budget. */
    void begin() {
        budget.reset();
    }

    /**
     * Tells the sink what is in {@code [from, to)}.
     *
     * @param value where the value begins, behind the name that says what it is
     * @param offsets gets the places of what is unveiled; null when nobody asks
     * @throws Budget.Exceeded when the content's budget runs out
     */
    void scan(byte[] text, int from, int value, int to, @Nullable OffsetMap offsets, Sink told) {
        sink = told;
        Arrays.fill(literalSeen, false);
        try {
            scanner.begin(offsets);
            valueStart = Long.MAX_VALUE;
            if (value > from) {
                scanner.feed(text, from, value, builtIn);
            }
            valueStart = scanner.position();
            scanner.feed(text, value, to, builtIn);
            scanner.end(builtIn);
            valueStart = value;
            matchPatterns(text, from, to);
        } finally {
            scanner.forget();
            sink = NOBODY;
        }
    }

    private void matchPatterns(byte[] text, int from, int to) {
        List<CustomPattern> patterns = profile.custom();
        for (int i = 0; i < literalSeen.length; i++) {
            int tag = profile.firstCustom() + i;
            if (sink.wants(tag) && (!patterns.get(i).isGated() || literalSeen[i])) {
                patterns.get(i).find(text, from, to, budget, tag, custom);
            }
        }
    }

    /** Takes what the sweep found, which may be the literal of a pattern. */
    private final class BuiltIn implements Scanner.Sink {

        @Override
        public boolean wants(int detector) {
            int pattern = detector - profile.firstCustom();
            return sink.wants(detector) && (pattern < 0 || !literalSeen[pattern]);
        }

        @Override
        public void found(int detector, long start, long end, byte[] text, int from, int to) {
            int pattern = detector - profile.firstCustom();
            if (pattern >= 0) {
                literalSeen[pattern] = true;
            } else if (end > valueStart && !profile.allows(detector, text, from, to, budget)) {
                sink.found(detector, start, end, false);
            }
        }
    }

    /** Takes what a pattern found. */
    private final class Custom implements CustomPattern.Sink {

        @Override
        public boolean wants(int tag) {
            return sink.wants(tag);
        }

        @Override
        public void found(int tag, byte[] text, int start, int end) {
            if (end > valueStart && !profile.allows(tag, text, start, end, budget)) {
                sink.found(tag, start, end, true);
            }
        }
    }
}
