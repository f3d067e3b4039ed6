package io.fourthlog.policy;

/**
 * What is wrong with a policy, and where.
 *
 * @param policyId {@code NAMESPACE/NAME}
 * @param path the field, as in {@code spec.rules[0].when}
 * @param message the fault, behind {@code LINE:COLUMN:} (both from 1) of the expression where it has such a place
 */
public record PolicyError(String policyId, String path, String message) {

    @Override
    public String toString() {
        return policyId + ": " + path + ": " + message;
    }
}
