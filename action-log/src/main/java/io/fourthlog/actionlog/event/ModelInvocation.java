package io.fourthlog.actionlog.event;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An agent asked a model.
 *
 * @param agentSessionId the session of the agent runtime, if it has one
 * @param modelId the model that answered, as it names itself, else the one that was asked for
 * @param promptClass what the prompt was about, from the taxonomy of the redaction profile
 * @param promptTokenCount as the endpoint counted them, or as {@code promptTokenCountBy} says
 * @param inputSensitivity what the prompt was found to hold; kept sorted
 * @param outputTokenCount as the endpoint counted them, or as {@code outputTokenCountBy} says
 * @param outputSensitivity what the answer was found to hold; kept sorted
 * @param outputHash SHA-256 hex of the answer's whole text as UTF-8 before redaction, or {@code KEYID:hex} of a short
 *     one
 * @param toolsRequested the tools that the model asked for, in its order
 * @param policyInterventions {@code POLICY_ID/RULE:decision} of each that met this invocation
 * @param destination the endpoint
 * @param httpStatus of the answer
 * @param promptClassifier which model told the class, if not the linear one that is always there
 * @param promptTokenCountBy one of {@link #COUNTED_BY}; {@code null} for the endpoint
 * @param outputTokenCountBy one of {@link #COUNTED_BY}; {@code null} for the endpoint
 * @param previews masked text of the question and the answer, where the redaction profile keeps it and the log is sealed
 */
public record ModelInvocation(
        Header header,
        @Nullable String agentSessionId,
        @Nullable String modelId,
        @Nullable String promptClass,
        @Nullable Long promptTokenCount,
        List<String> inputSensitivity,
        @Nullable Long outputTokenCount,
        List<String> outputSensitivity,
        @Nullable String outputHash,
        List<RequestedTool> toolsRequested,
        List<String> policyInterventions,
        @Nullable Destination destination,
        @Nullable Integer httpStatus,
        List<PartFingerprint> fingerprints,
        @Nullable String promptClassifier,
        @Nullable String promptTokenCountBy,
        @Nullable String outputTokenCountBy,
        List<PartPreview> previews)
        implements Event {

    /** Who counted tokens that the endpoint did not count: the model family's tokenizer over the texts, or nobody. */
    public static final List<String> COUNTED_BY = List.of("tokenizer", "estimate");

    public ModelInvocation {
        agentSessionId = Rules.optionalText("agent_session_id", agentSessionId);
        modelId = Rules.optionalText("model_id", modelId);
        promptClass = Rules.optionalText("prompt_class", promptClass);
        Rules.count("prompt_token_count", promptTokenCount);
        inputSensitivity = Rules.sortedSet("input_sensitivity", inputSensitivity);
        Rules.count("output_token_count", outputTokenCount);
        outputSensitivity = Rules.sortedSet("output_sensitivity", outputSensitivity);
        Rules.contentHash("output_hash", outputHash);
        toolsRequested = List.copyOf(toolsRequested);
        policyInterventions = Rules.texts("policy_interventions", policyInterventions);
        if (httpStatus != null && (httpStatus < 100 || httpStatus > 999)) {
            throw new InvalidField("http_status", httpStatus + " does not have three digits");
        }
        fingerprints = List.copyOf(fingerprints);
        promptClassifier = Rules.optionalText("prompt_classifier", promptClassifier);
        promptTokenCountBy = Rules.oneOf("prompt_token_count_by", promptTokenCountBy, COUNTED_BY);
        outputTokenCountBy = Rules.oneOf("output_token_count_by", outputTokenCountBy, COUNTED_BY);
        previews = List.copyOf(previews);
        Rules.Unknowns.of(header)
                .field("agent_session_id", agentSessionId)
                .field("model_id", modelId)
                .field("prompt_class", promptClass)
                .field("prompt_token_count", promptTokenCount)
                .field("output_token_count", outputTokenCount)
                .field("output_hash", outputHash)
                .nothingElse(EventType.MODEL_INVOCATION);
    }

    @Override
    public EventType type() {
        return EventType.MODEL_INVOCATION;
    }

    /** The same without its previews. */
    public ModelInvocation withoutPreviews() {
        return previews.isEmpty() ? this : new Builder(this).previews(List.of()).build();
    }

    /** A builder; each field that stays unset needs {@link Builder#unknown}. */
    public static Builder builder(Header header) {
        return new Builder(header);
    }

    /** Collects the fields of a model invocation by name. */
    public static final class Builder {

        private final Header header;
        private final Map<String, String> unknown = new TreeMap<>();
        private @Nullable String agentSessionId;
        private @Nullable String modelId;
        private @Nullable String promptClass;
        private @Nullable Long promptTokenCount;
        private List<String> inputSensitivity = List.of();
        private @Nullable Long outputTokenCount;
        private List<String> outputSensitivity = List.of();
        private @Nullable String outputHash;
        private List<RequestedTool> toolsRequested = List.of();
        private List<String> policyInterventions = List.of();
        private @Nullable Destination destination;
        private @Nullable Integer httpStatus;
        private List<PartFingerprint> fingerprints = List.of();
        private @Nullable String promptClassifier;
        private @Nullable String promptTokenCountBy;
        private @Nullable String outputTokenCountBy;
        private List<PartPreview> previews = List.of();

        private Builder(Header header) {
            this.header = header;
        }

        private Builder(ModelInvocation of) {
            this(of.header);
            agentSessionId = of.agentSessionId;
            modelId = of.modelId;
            promptClass = of.promptClass;
            promptTokenCount = of.promptTokenCount;
            inputSensitivity = of.inputSensitivity;
            outputTokenCount = of.outputTokenCount;
            outputSensitivity = of.outputSensitivity;
            outputHash = of.outputHash;
            toolsRequested = of.toolsRequested;
            policyInterventions = of.policyInterventions;
            destination = of.destination;
            httpStatus = of.httpStatus;
            fingerprints = of.fingerprints;
            promptClassifier = of.promptClassifier;
            promptTokenCountBy = of.promptTokenCountBy;
            outputTokenCountBy = of.outputTokenCountBy;
            previews = of.previews;
        }

        /** Says why the field with this wire name has no value. */
        public Builder unknown(String field, String reason) {
            unknown.put(field, reason);
            return this;
        }

        public Builder agentSessionId(@Nullable String value) {
            agentSessionId = value;
            return this;
        }

        public Builder modelId(@Nullable String value) {
            modelId = value;
            return this;
        }

        public Builder promptClass(@Nullable String value) {
            promptClass = value;
            return this;
        }

        public Builder promptTokenCount(@Nullable Long value) {
            promptTokenCount = value;
            return this;
        }

        public Builder inputSensitivity(List<String> value) {
            inputSensitivity = value;
            return this;
        }

        public Builder outputTokenCount(@Nullable Long value) {
            outputTokenCount = value;
            return this;
        }

        public Builder outputSensitivity(List<String> value) {
            outputSensitivity = value;
            return this;
        }

        public Builder outputHash(@Nullable String value) {
            outputHash = value;
            return this;
        }

        public Builder toolsRequested(List<RequestedTool> value) {
            toolsRequested = value;
            return this;
        }

        public Builder policyInterventions(List<String> value) {
            policyInterventions = value;
            return this;
        }

        public Builder destination(@Nullable Destination value) {
            destination = value;
            return this;
        }

        public Builder httpStatus(@Nullable Integer value) {
            httpStatus = value;
            return this;
        }

        public Builder fingerprints(List<PartFingerprint> value) {
            fingerprints = value;
            return this;
        }

        public Builder promptClassifier(@Nullable String value) {
            promptClassifier = value;
            return this;
        }

        public Builder promptTokenCountBy(@Nullable String value) {
            promptTokenCountBy = value;
            return this;
        }

        public Builder outputTokenCountBy(@Nullable String value) {
            outputTokenCountBy = value;
            return this;
        }

        public Builder previews(List<PartPreview> value) {
            previews = value;
            return this;
        }

        /** The event; refused when a field is neither set nor explained. */
        public ModelInvocation build() {
            return new ModelInvocation(
                    header.withUnknown(unknown),
                    agentSessionId,
                    modelId,
                    promptClass,
                    promptTokenCount,
                    inputSensitivity,
                    outputTokenCount,
                    outputSensitivity,
                    outputHash,
                    toolsRequested,
                    policyInterventions,
                    destination,
                    httpStatus,
                    fingerprints,
                    promptClassifier,
                    promptTokenCountBy,
                    outputTokenCountBy,
                    previews);
        }
    }
}
