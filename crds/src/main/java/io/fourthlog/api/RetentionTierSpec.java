package io.fourthlog.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a RetentionTier asks for; each field is described in {@code config/crd/retentiontiers.yaml}.
 *
 * @param frameworks rules of law and industry whose floors hold; names as in {@code Framework} of the operator
 * @param hot how long events can be searched at once
 * @param cold how long events are kept at all, counted from the event
 * @param erasure whether they go when that time is over, and how they can be erased before; {@code null} for yes, and not at all
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RetentionTierSpec(
        List<String> frameworks,
        Periods hot,
        Periods cold,
        @Nullable Erasure erasure) {

    public RetentionTierSpec {
        frameworks = Required.list(frameworks);
        hot = Required.orDefault(hot, Periods.UNSPECIFIED);
        cold = Required.orDefault(cold, Periods.UNSPECIFIED);
    }

    /** A tier whose events go when they are old enough, and cannot be erased before. */
    public RetentionTierSpec(List<String> frameworks, Periods hot, Periods cold) {
        this(frameworks, hot, cold, null);
    }

    /** Whether nothing may expire or be erased for now, whatever its age. */
    public boolean held() {
        return erasure != null && erasure.legalHold();
    }

    /**
     * How events can be erased, and what keeps them.
     *
     * @param subjectKeys what has a key of its own that can be destroyed
     * @param legalHold whether nothing may expire or be erased at present
     */
    public record Erasure(SubjectKeys subjectKeys, boolean legalHold) {

        public Erasure {
            subjectKeys = Required.orDefault(subjectKeys, SubjectKeys.NONE);
        }
    }

    /** What has a key of its own. */
    public enum SubjectKeys {
        NONE,
        PER_WORKLOAD;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** A retention for each type of event; what is null follows {@code default}, and that the frameworks. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Periods(
            @JsonProperty("default") @Nullable Retention byDefault,
            @JsonProperty("tool_invocation") @Nullable Retention toolInvocation,
            @JsonProperty("model_invocation") @Nullable Retention modelInvocation,
            @JsonProperty("data_access") @Nullable Retention dataAccess,
            @JsonProperty("policy_decision") @Nullable Retention policyDecision,
            @JsonProperty("identity_assertion") @Nullable Retention identityAssertion,
            @Nullable Retention error) {

        static final Periods UNSPECIFIED = new Periods(null, null, null, null, null, null, null);

        /** What is written for a type of event itself, without the default. */
        public @Nullable Retention own(EventKind kind) {
            return switch (kind) {
                case TOOL_INVOCATION -> toolInvocation;
                case MODEL_INVOCATION -> modelInvocation;
                case DATA_ACCESS -> dataAccess;
                case POLICY_DECISION -> policyDecision;
                case IDENTITY_ASSERTION -> identityAssertion;
                case ERROR -> error;
            };
        }
    }
}
