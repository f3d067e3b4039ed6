package io.fourthlog.redaction.detect;

import java.util.List;

/**
 * What a detector says about itself, for the reference that is generated from it and for its test.
 *
 * @param tag {@code FAMILY:name}, stable
 * @param summary what it finds, and what it does not, in a sentence
 * @param source where the format is specified
 * @param examples texts in which it finds something
 * @param counterExamples texts that look alike and in which it finds nothing
 */
public record Documentation(
        String tag, String summary, String source, List<String> examples, List<String> counterExamples) {

    public Documentation {
        examples = List.copyOf(examples);
        counterExamples = List.copyOf(counterExamples);
    }
}
