package io.fourthlog.trail.incident;

import java.util.List;
import java.util.Map;

/**
 * The answer to a question.
 *
 * @param facts what the events say
 * @param caveats why it may not be all
 */
public record Answer(String question, Certainty certainty, List<Fact> facts, List<String> caveats) {

    public Answer {
        facts = List.copyOf(facts);
        caveats = List.copyOf(caveats);
    }

    /** How sure an answer is. */
    public enum Certainty {
        /** All of it was seen. */
        COMPLETE("complete"),
        /** What is said was seen, and the caveats name what may be missing. */
        GAPS("with gaps"),
        /** Nothing can be said. */
        UNKNOWN("nothing known");

        private final String text;

        Certainty(String text) {
            this.text = text;
        }

        /** For people. */
        public String text() {
            return text;
        }
    }

    /**
     * One thing that is known.
     *
     * @param text for people
     * @param fields for programs: strings, numbers, booleans and lists of these
     */
    public record Fact(String text, Map<String, Object> fields) {}

    /** An answer that is complete unless there are caveats, and unknown without facts. */
    static Answer of(String question, List<Fact> facts, List<String> caveats) {
        final Certainty certainty = caveats.isEmpty() ? Certainty.COMPLETE : Certainty.GAPS;
        return new Answer(
                question, facts.isEmpty() && !caveats.isEmpty() ? Certainty.UNKNOWN : certainty, facts, caveats);
    }
}
