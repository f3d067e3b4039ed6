package io.fourthlog.policy;

import java.util.List;

/**
 * What {@link PolicyCompiler} made of some policies.
 *
 * @param set the policies without a fault
 * @param errors the faults of the others, in the order of the sources
 */
public record Compiled(PolicySet set, List<PolicyError> errors) {

    public Compiled {
        errors = List.copyOf(errors);
    }
}
