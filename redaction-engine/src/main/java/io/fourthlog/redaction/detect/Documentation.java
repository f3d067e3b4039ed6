package io.fourthlog.redaction.detect;

import java.util.List;

/**
 * What a detector says about itself, for the reference that is generated from it and for its test.
 *
 * @param tag {@code FAMILY:name}, stable
 * @param summary what it finds, and what it does not, in a sentence
 * @param validator what is computed to tell a real one from one that only looks alike; empty when nothing is
 * @param locale where it is used, such as {@code US}; empty when everywhere
 * @param source where the format is specified
 * @param examples texts in which it finds something
 * @param counterExamples texts that look alike and in which it finds nothing
 */
public record Documentation(
        String tag,
        String summary,
        String validator,
        String locale,
        String source,
        List<String> examples,
        List<String> counterExamples) {

    public Documentation {
        examples = List.copyOf(examples);
        counterExamples = List.copyOf(counterExamples);
    }

    /** A documentation of which only the tag is known. */
    static Documentation of(String tag) {
        return new Documentation(tag, "", "", "", "", List.of(), List.of());
    }

    Documentation summary(String text) {
        return new Documentation(tag, text, validator, locale, source, examples, counterExamples);
    }

    Documentation validator(String text) {
        return new Documentation(tag, summary, text, locale, source, examples, counterExamples);
    }

    Documentation locale(String text) {
        return new Documentation(tag, summary, validator, text, source, examples, counterExamples);
    }

    Documentation source(String text) {
        return new Documentation(tag, summary, validator, locale, text, examples, counterExamples);
    }

    Documentation finds(String... texts) {
        return new Documentation(tag, summary, validator, locale, source, List.of(texts), counterExamples);
    }

    Documentation passes(String... texts) {
        return new Documentation(tag, summary, validator, locale, source, examples, List.of(texts));
    }
}
