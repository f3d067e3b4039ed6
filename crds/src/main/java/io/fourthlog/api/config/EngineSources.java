package io.fourthlog.api.config;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import io.fourthlog.api.AgentAuditPolicySpec.Rule;
import io.fourthlog.api.AgentAuditPolicySpec.RuleException;
import io.fourthlog.api.AgentAuditPolicySpec.ValidationAction;
import io.fourthlog.api.AgentAuditPolicySpec.Variable;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.ExceptionSource;
import io.fourthlog.policy.FailurePolicy;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import io.fourthlog.policy.VariableSource;
import io.fourthlog.redaction.ProfileSource;
import java.util.List;
import java.util.stream.Collectors;

/**
 * From the API's words to those of the engines that run them. The operator checks what comes of it, and the sensors run what comes of it:
 * so it is written once.
 */
public final class EngineSources {

    private EngineSources() {}

    /**
     * A policy of the cluster.
     *
     * @param id {@code NAMESPACE/NAME}
     */
    public static PolicySource policy(String id, AgentAuditPolicySpec spec) {
        return policy(
                id, spec.validationActions(), spec.failurePolicy(), spec.variables(), spec.rules(), spec.exceptions());
    }

    /** A policy of a SensorConfig. */
    public static PolicySource policy(SensorConfig.Policy policy) {
        return policy(
                policy.id(),
                policy.validationActions(),
                policy.failurePolicy(),
                policy.variables(),
                policy.rules(),
                policy.exceptions());
    }

    private static PolicySource policy(
            String id,
            List<ValidationAction> actions,
            AgentAuditPolicySpec.FailurePolicy failurePolicy,
            List<Variable> variables,
            List<Rule> rules,
            List<RuleException> exceptions) {
        return new PolicySource(
                id,
                actions.contains(ValidationAction.Deny),
                switch (failurePolicy) {
                    case Fail -> FailurePolicy.FAIL;
                    case Ignore -> FailurePolicy.IGNORE;
                },
                variables.stream()
                        .map(variable -> new VariableSource(variable.name(), variable.expression()))
                        .toList(),
                rules.stream().map(EngineSources::rule).toList(),
                exceptions.stream()
                        .map(exception -> new ExceptionSource(
                                exception.rule(), exception.when(), exception.reason(), exception.expiry()))
                        .toList());
    }

    private static RuleSource rule(Rule rule) {
        return new RuleSource(
                rule.name(),
                rule.on().stream().map(EngineSources::type).collect(Collectors.toSet()),
                rule.when(),
                switch (rule.decision()) {
                    case ALLOW -> Decision.ALLOW;
                    case FLAG -> Decision.FLAG;
                    case DENY -> Decision.DENY;
                },
                switch (rule.enforce()) {
                    case NONE -> EnforceAction.NONE;
                    case RESET -> EnforceAction.RESET;
                    case BLOCK -> EnforceAction.BLOCK;
                    case TERMINATE -> EnforceAction.TERMINATE;
                },
                rule.severity().wire(),
                rule.messageExpression());
    }

    public static EventType type(EventKind kind) {
        return switch (kind) {
            case TOOL_INVOCATION -> EventType.TOOL_INVOCATION;
            case MODEL_INVOCATION -> EventType.MODEL_INVOCATION;
            case DATA_ACCESS -> EventType.DATA_ACCESS;
            case POLICY_DECISION -> EventType.POLICY_DECISION;
            case IDENTITY_ASSERTION -> EventType.IDENTITY_ASSERTION;
            case ERROR -> EventType.ERROR;
        };
    }

    /** A profile into which what it extends has been merged. */
    public static ProfileSource profile(String name, RedactionProfileSpec spec) {
        return new ProfileSource(
                name,
                spec.detectors().enable(),
                spec.detectors().disable(),
                spec.detectors().custom().stream()
                        .map(detector -> new ProfileSource.CustomDetector(
                                detector.name(),
                                detector.tag(),
                                detector.pattern(),
                                detector.examples(),
                                detector.counterExamples()))
                        .toList(),
                spec.detectors().allow().stream()
                        .map(allowed -> new ProfileSource.Allowed(allowed.tag(), allowed.pattern(), allowed.reason()))
                        .toList(),
                new ProfileSource.Shape(
                        spec.shape().maxDepth(),
                        spec.shape().maxFields(),
                        switch (spec.shape().keyNames()) {
                            case KEEP -> ProfileSource.KeyNames.KEEP;
                            case HASH -> ProfileSource.KeyNames.HASH;
                        }),
                spec.hashing().fingerprints(),
                spec.previews(),
                spec.promptClasses().custom().stream()
                        .map(own -> new ProfileSource.PromptClass(own.name(), own.examples()))
                        .toList(),
                spec.promptClasses().classifier() == RedactionProfileSpec.Classifier.MINILM);
    }
}
