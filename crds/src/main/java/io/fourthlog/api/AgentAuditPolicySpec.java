package io.fourthlog.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an AgentAuditPolicy asks for; each field is described in {@code config/crd/agentauditpolicies.yaml}.
 *
 * @param podSelector pods of the policy's namespace
 * @param namespaceSelector namespaces in which it applies beside its own; only in Fourthlog's own namespace; null for none
 * @param redactionProfileRef RedactionProfile, {@code default} when left out
 * @param retentionTierRef RetentionTier, {@code standard} when left out
 * @param failurePolicy what a rule that cannot be evaluated counts as
 * @param validationActions whether a denial is only recorded, or enforced as well
 * @param javaTls what is done to see through Java's own TLS
 * @param variables named expressions
 * @param rules rules, of which the most severe that fires decides
 * @param exceptions cases in which a fired rule does not count
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record AgentAuditPolicySpec(
        PodSelector podSelector,
        @Nullable PodSelector namespaceSelector,
        ClassRef redactionProfileRef,
        ClassRef retentionTierRef,
        FailurePolicy failurePolicy,
        List<ValidationAction> validationActions,
        JavaTls javaTls,
        List<Variable> variables,
        List<Rule> rules,
        List<RuleException> exceptions) {

    public AgentAuditPolicySpec {
        podSelector = Required.orDefault(podSelector, PodSelector.EVERYTHING);
        redactionProfileRef = Required.orDefault(redactionProfileRef, new ClassRef("default"));
        retentionTierRef = Required.orDefault(retentionTierRef, new ClassRef("standard"));
        failurePolicy = Required.orDefault(failurePolicy, FailurePolicy.Fail);
        validationActions = Required.orDefault(validationActions, List.of(ValidationAction.Audit));
        javaTls = Required.orDefault(javaTls, JavaTls.Off);
        variables = Required.list(variables);
        rules = Required.list(rules);
        exceptions = Required.list(exceptions);
    }

    /** What a rule that cannot be evaluated counts as: fired, or not. */
    public enum FailurePolicy {
        Fail,
        Ignore
    }

    /** {@code Audit}: record and flag only. {@code Deny}: record, count, enforce. */
    public enum ValidationAction {
        Audit,
        Deny
    }

    /** {@code Off}: it is a gap. {@code Option}: JVMs that their owner starts with the agent are heard. {@code Attach}: it is loaded. */
    public enum JavaTls {
        Off,
        Option,
        Attach
    }

    /**
     * An expression with a name, {@code variables.NAME} in rules and exceptions.
     *
     * @param name identifier
     * @param expression CEL
     */
    public record Variable(String name, String expression) {
        public Variable {
            Required.field("name", name);
            Required.field("expression", expression);
        }
    }

    /**
     * A rule.
     *
     * @param name DNS label, unique in the policy
     * @param on types of event that it is evaluated on
     * @param when CEL expression of type bool
     * @param decision what the policy says of an event on which it fires
     * @param enforce what is done about it, when the policy's validationActions have Deny
     * @param severity for the reader of the decision
     * @param messageExpression CEL expression of type string
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Rule(
            String name,
            List<EventKind> on,
            String when,
            Decision decision,
            Enforce enforce,
            Severity severity,
            @Nullable String messageExpression) {
        public Rule {
            Required.field("name", name);
            Required.field("on", on);
            Required.field("when", when);
            Required.field("decision", decision);
            on = List.copyOf(on);
            enforce = Required.orDefault(enforce, Enforce.NONE);
            severity = Required.orDefault(severity, Severity.MEDIUM);
        }
    }

    /**
     * A case in which a fired rule does not count; the decision names the reason.
     *
     * @param rule name of a rule of this policy
     * @param when CEL expression of type bool
     * @param reason for the reader of the decision
     * @param expiresAt when it ceases to hold; never when null
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record RuleException(
            String rule,
            String when,
            String reason,
            @Nullable String expiresAt) {
        public RuleException {
            Required.field("rule", rule);
            Required.field("when", when);
            Required.field("reason", reason);
            if (expiresAt != null) {
                Instant.parse(expiresAt);
            }
        }

        /** {@link #expiresAt()} as a point in time. */
        public @Nullable Instant expiry() {
            return expiresAt == null ? null : Instant.parse(expiresAt);
        }
    }

    /** Types of event, by their wire names. */
    public enum EventKind {
        TOOL_INVOCATION,
        MODEL_INVOCATION,
        DATA_ACCESS,
        POLICY_DECISION,
        IDENTITY_ASSERTION,
        ERROR;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What a rule says of an event. */
    public enum Decision {
        ALLOW,
        FLAG,
        DENY;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What is done about a denied event: to nothing, its connection, its destination, its process. */
    public enum Enforce {
        NONE,
        RESET,
        BLOCK,
        TERMINATE;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How bad a fired rule is. */
    public enum Severity {
        INFO,
        LOW,
        MEDIUM,
        HIGH,
        CRITICAL;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
