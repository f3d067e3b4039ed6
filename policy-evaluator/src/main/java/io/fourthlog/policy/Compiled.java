package io.fourthlog.policy;

import java.util.List;

/**
 * What {@link PolicyCompiler} made of some policies.
 *
 * @param set the policies without a fault
 * @param errors the faults of the others, in the order of the sources
 * @param warnings what is not right and does no harm: an exception that has expired
 */
public record Compiled(PolicySet set, List<PolicyError> errors, List<PolicyError> warnings) {

    public Compiled {
        errors = List.copyOf(errors);
        warnings = List.copyOf(warnings);
    }
}
