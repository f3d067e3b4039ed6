package io.fourthlog.policy;

import java.util.List;

/**
 * One policy, as SensorConfig or a file on disk has it; {@link PolicyCompiler} makes it runnable.
 *
 * @param id {@code NAMESPACE/NAME}
 * @param deny whether {@code validationActions} has {@code Deny}; without it a denying rule only flags
 */
public record PolicySource(
        String id,
        boolean deny,
        FailurePolicy failurePolicy,
        List<VariableSource> variables,
        List<RuleSource> rules,
        List<ExceptionSource> exceptions) {

    public PolicySource {
        variables = List.copyOf(variables);
        rules = List.copyOf(rules);
        exceptions = List.copyOf(exceptions);
    }
}
