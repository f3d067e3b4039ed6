package io.fourthlog.sensor.kernel;

/** What attaches programs to functions of files, the oldest first. */
enum UprobeLinks {
    /** A link to a perf event for each function (Linux 5.15), which it takes {@code CAP_SYS_ADMIN} to make. */
    PERF_EVENT,

    /** One link for the functions of a file ({@code uprobe_multi}, Linux 6.6). */
    MULTI,

    /** One program that sees a call and its return (uprobe sessions, Linux 6.13). */
    SESSION
}
