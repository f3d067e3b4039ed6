package io.fourthlog.redaction;

import java.util.List;

/**
 * A RedactionProfile as its author wrote it, with what it extends already merged in; {@link ProfileCompiler} turns it into a
 * {@link Profile}.
 *
 * @param name of the profile
 * @param enable tags or families ({@code secret:*}) to look for
 * @param disable tags or families that are not looked for; wins over {@code enable}
 * @param custom the author's own detectors
 * @param allow findings that are not findings
 * @param shape bounds of shapes
 * @param fingerprints whether winnowing fingerprints are made
 * @param previews whether masked previews of texts are made; asks for every family, and that nothing is disabled
 * @param promptClasses classes of prompts beside the built-in ones
 * @param embeddings whether prompts are classified by a sentence model as well, where there is one
 */
public record ProfileSource(
        String name,
        List<String> enable,
        List<String> disable,
        List<CustomDetector> custom,
        List<Allowed> allow,
        Shape shape,
        boolean fingerprints,
        boolean previews,
        List<PromptClass> promptClasses,
        boolean embeddings) {

    public ProfileSource {
        enable = List.copyOf(enable);
        disable = List.copyOf(disable);
        custom = List.copyOf(custom);
        allow = List.copyOf(allow);
        promptClasses = List.copyOf(promptClasses);
    }

    /** One without previews, and with the built-in classes of prompts. */
    public ProfileSource(
            String name,
            List<String> enable,
            List<String> disable,
            List<CustomDetector> custom,
            List<Allowed> allow,
            Shape shape,
            boolean fingerprints) {
        this(name, enable, disable, custom, allow, shape, fingerprints, false, List.of(), false);
    }

    /** Every built-in detector, default bounds, fingerprints. */
    public static ProfileSource defaults(String name) {
        return new ProfileSource(
                name,
                List.of("secret:*", "PII:*", "PCI:*", "PHI:*"),
                List.of(),
                List.of(),
                List.of(),
                Shape.DEFAULT,
                true);
    }

    /**
     * A detector that the author brings.
     *
     * @param name DNS label, unique in the profile
     * @param tag {@code FAMILY:name}
     * @param pattern RE2 syntax, matched on UTF-8
     * @param examples texts in which it must find something
     * @param counterExamples texts in which it must find nothing
     */
    public record CustomDetector(
            String name, String tag, String pattern, List<String> examples, List<String> counterExamples) {

        public CustomDetector {
            examples = List.copyOf(examples);
            counterExamples = List.copyOf(counterExamples);
        }
    }

    /**
     * Suppresses findings of a tag whose matched text the pattern finds itself in.
     *
     * @param tag tag of the findings
     * @param pattern RE2 syntax, searched for in the matched text only
     * @param reason why, for the reader of the profile
     */
    public record Allowed(String tag, String pattern, String reason) {}

    /**
     * A class of prompts that the author brings.
     *
     * @param name lower-case words; not that of a built-in one
     * @param examples prompts of it, from which the model learns what tells it from the others
     */
    public record PromptClass(String name, List<String> examples) {

        public PromptClass {
            examples = List.copyOf(examples);
        }
    }

    /** Whether shapes keep the names of members. */
    public enum KeyNames {
        /** Identifiers as they are, except those that carry a tag; HMAC of all other names. */
        KEEP,
        /** HMAC of every name. */
        HASH
    }

    /**
     * Bounds of a shape.
     *
     * @param maxDepth containers in containers, 1 to 64; deeper ones are {@code "truncated":true}
     * @param maxFields members described in one shape, 1 to 4096; an object that has more is {@code "truncated":true}
     * @param keyNames whether names that are identifiers are kept
     */
    public record Shape(int maxDepth, int maxFields, KeyNames keyNames) {

        public static final Shape DEFAULT = new Shape(8, 128, KeyNames.KEEP);
    }
}
