package io.fourthlog.policy;

/** What becomes of a rule that cannot be evaluated: it reads an unknown field, fails, or is over its budget. */
public enum FailurePolicy {
    /** It counts as fired. */
    FAIL,
    /** It counts as not fired. */
    IGNORE
}
