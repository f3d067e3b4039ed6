package io.fourthlog.trail.collector;

/** Why a request was not served; the metric's label, and the HTTP status. */
enum Refusal {
    /** The certificate does not allow it. */
    FORBIDDEN("forbidden", 403),
    /** There is no such resource. */
    NOT_FOUND("not_found", 404),
    /** The body is not a batch. */
    MALFORMED("malformed", 400),
    /** The body or an entry is larger than a batch may be. */
    TOO_LARGE("too_large", 413),
    /** The body did not come to its end in time. */
    INCOMPLETE("incomplete", 408),
    /** The checkpoint is not the log's. */
    UNTRUSTED("untrusted", 400),
    /** The entries do not begin where the log ends: normal after a restart. */
    STALE("stale", 409),
    /** The log contradicts what it said before. */
    CONFLICT("conflict", 409),
    /** Too much is being pushed at once. */
    BUSY("busy", 503),
    /** The disk does not take it. */
    STORAGE("storage", 503);

    private final String label;
    private final int status;

    Refusal(String label, int status) {
        this.label = label;
        this.status = status;
    }

    String label() {
        return label;
    }

    int status() {
        return status;
    }
}
