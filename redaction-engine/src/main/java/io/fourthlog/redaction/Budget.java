package io.fourthlog.redaction;

/** How much work one content may still cause; counted in steps and not in time, so that the same content always ends the same. */
final class Budget {

    /** Ran out. Carries nothing: the content it happened in is dropped. */
    static final class Exceeded extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Exceeded() {
            super("over budget", null, false, false);
        }
    }

    private final long total;
    private long left;

    Budget(long total) {
        this.total = total;
        this.left = total;
    }

    void reset() {
        left = total;
    }

    void charge(long steps) {
        left -= steps;
        if (left < 0) {
            throw new Exceeded();
        }
    }
}
