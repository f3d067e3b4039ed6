package io.fourthlog.redaction;

import io.fourthlog.redaction.detect.Scanner;
import java.util.List;

/** Looks for everything that a profile wants in a range of bytes: built-in detectors first, then the profile's own. */
final class Classifier {

    private static final long CUSTOM_STEPS = 1L << 28; // bytes × program size, about two seconds of RE2/J at worst

    private final Profile profile;
    private final Scanner scanner;
    private final Budget budget = new Budget(CUSTOM_STEPS);

    Classifier(Profile profile) {
        this.profile = profile;
        this.scanner = new Scanner(profile.detectors());
    }

    /** Starts with a new content, and a new budget. */
    void begin() {
        budget.reset();
    }

    /**
     * Tells the sink what is in {@code [from, to)} and not allowed, by index into {@link Profile#tags()}.
     *
     * @throws Budget.Exceeded when the content's budget runs out
     */
    void scan(byte[] text, int from, int to, Scanner.Sink sink) {
        Scanner.Sink filtered = profile.allowsSome() ? new AllowFilter(text, sink) : sink;
        scanner.scan(text, from, to, filtered);
        List<CustomPattern> custom = profile.custom();
        for (int i = 0; i < custom.size(); i++) {
            custom.get(i).find(text, from, to, budget, profile.firstCustom() + i, filtered);
        }
    }

    /** Leaves out what the profile allows. */
    private final class AllowFilter implements Scanner.Sink {

        private final byte[] text;
        private final Scanner.Sink next;

        AllowFilter(byte[] text, Scanner.Sink next) {
            this.text = text;
            this.next = next;
        }

        @Override
        public boolean wants(int detector) {
            return next.wants(detector);
        }

        @Override
        public void found(int detector, int start, int end) {
            if (!profile.allows(detector, text, start, end, budget)) {
                next.found(detector, start, end);
            }
        }
    }
}
