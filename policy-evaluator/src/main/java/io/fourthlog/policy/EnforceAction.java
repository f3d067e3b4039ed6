package io.fourthlog.policy;

/** What a rule wants done about the action it denies, from the mildest to the most severe. */
public enum EnforceAction {
    /** Nothing beyond the record. */
    NONE,
    /** Reset the connection. */
    RESET,
    /** Block the destination for the pod. */
    BLOCK,
    /** Kill the process. */
    TERMINATE
}
