package io.fourthlog.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a RedactionProfile asks for; each field is described in {@code config/crd/redactionprofiles.yaml}.
 *
 * @param parent ({@code extends}) profile whose detectors and bounds this one starts from
 * @param detectors what is looked for
 * @param shape how much structure is described
 * @param hashing which hashes are taken
 * @param promptClasses into which prompts are sorted
 * @param onFailure what becomes of content that could not be classified
 * @param preview whether masked text of questions and answers is kept; null when that is left to the parent, and in the end to nobody
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RedactionProfileSpec(
        @JsonProperty("extends") @Nullable String parent,
        Detectors detectors,
        Shape shape,
        Hashing hashing,
        PromptClasses promptClasses,
        OnFailure onFailure,
        @Nullable Preview preview) {

    public RedactionProfileSpec {
        detectors = Required.orDefault(detectors, Detectors.NONE);
        shape = Required.orDefault(shape, Shape.DEFAULT);
        hashing = Required.orDefault(hashing, Hashing.DEFAULT);
        promptClasses = Required.orDefault(promptClasses, PromptClasses.BUILTIN);
        onFailure = Required.orDefault(onFailure, OnFailure.Drop);
    }

    /** Nothing where it says nothing, as in a config for sensors that are older than it. */
    @JsonProperty("promptClasses")
    @Nullable
    PromptClasses written() {
        return promptClasses.equals(PromptClasses.BUILTIN) ? null : promptClasses;
    }

    /** Whether masked previews are kept. */
    public boolean previews() {
        return preview == Preview.MASKED;
    }

    /** What is kept of text. */
    public enum Preview {
        NONE,
        MASKED;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The content is dropped and tagged {@code unknown:<why>}. */
    public enum OnFailure {
        Drop
    }

    /**
     * What is looked for.
     *
     * @param enable tags or families ({@code secret:*})
     * @param disable tags or families that are not looked for; wins over {@code enable}
     * @param optional tags or families that a profile which extends this one may disable
     * @param custom the author's own detectors
     * @param allow findings that are not findings
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Detectors(
            List<String> enable,
            List<String> disable,
            List<String> optional,
            List<CustomDetector> custom,
            List<Allowed> allow) {

        public static final Detectors NONE = new Detectors(List.of(), List.of(), List.of(), List.of(), List.of());

        public Detectors {
            enable = Required.list(enable);
            disable = Required.list(disable);
            optional = Required.list(optional);
            custom = Required.list(custom);
            allow = Required.list(allow);
        }
    }

    /**
     * A detector that the author brings.
     *
     * @param name unique in the profile
     * @param tag {@code FAMILY:name}
     * @param pattern RE2
     * @param examples texts in which it must find something
     * @param counterExamples texts in which it must find nothing
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record CustomDetector(
            String name, String tag, String pattern, List<String> examples, List<String> counterExamples) {
        public CustomDetector {
            Required.field("name", name);
            Required.field("tag", tag);
            Required.field("pattern", pattern);
            examples = Required.list(examples);
            counterExamples = Required.list(counterExamples);
        }
    }

    /**
     * Suppresses findings of a tag in whose text the pattern is found.
     *
     * @param tag tag of the findings
     * @param pattern RE2
     * @param reason for the reader of the profile
     */
    public record Allowed(String tag, String pattern, String reason) {
        public Allowed {
            Required.field("tag", tag);
            Required.field("pattern", pattern);
            Required.field("reason", reason);
        }
    }

    /**
     * Bounds of shapes.
     *
     * @param maxDepth containers in containers
     * @param maxFields members described in one shape
     * @param keyNames whether names of members that are identifiers are kept
     */
    public record Shape(Integer maxDepth, Integer maxFields, KeyNames keyNames) {

        public static final Shape DEFAULT = new Shape(8, 128, KeyNames.KEEP);

        public Shape {
            maxDepth = Required.orDefault(maxDepth, 8);
            maxFields = Required.orDefault(maxFields, 128);
            keyNames = Required.orDefault(keyNames, KeyNames.KEEP);
        }
    }

    /** Whether names of members that are identifiers are kept, or of all only a keyed hash. */
    public enum KeyNames {
        KEEP,
        HASH;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Which hashes are taken.
     *
     * @param fingerprints whether keyed fingerprints of excerpts are made
     */
    public record Hashing(Boolean fingerprints) {

        public static final Hashing DEFAULT = new Hashing(true);

        public Hashing {
            fingerprints = Required.orDefault(fingerprints, true);
        }
    }

    /**
     * Into which classes prompts are sorted.
     *
     * @param taxonomy that the custom ones are added to
     * @param classifier by which model; null when that is left to the parent, and in the end to the linear one
     * @param custom the author's own
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record PromptClasses(Taxonomy taxonomy, @Nullable Classifier classifier, List<PromptClass> custom) {

        public static final PromptClasses BUILTIN = new PromptClasses(Taxonomy.BUILTIN, null, List.of());

        public PromptClasses {
            taxonomy = Required.orDefault(taxonomy, Taxonomy.BUILTIN);
            custom = Required.list(custom);
        }
    }

    /** By what prompts are classified. */
    public enum Classifier {
        LINEAR,
        MINILM;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The classes that are always there. */
    public enum Taxonomy {
        BUILTIN;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A class of prompts that the author brings.
     *
     * @param name lower-case words
     * @param examples prompts of it
     */
    public record PromptClass(String name, List<String> examples) {
        public PromptClass {
            Required.field("name", name);
            examples = Required.list(examples);
        }
    }
}
