package io.fourthlog.sensor.kernel;

/** What attaches programs to functions of files, the oldest first. */
enum UprobeLinks {
    /** A link to a perf event for each function (Linux 5.15), which it takes {@code CAP_SYS_ADMIN} to make. */
    PERF_EVENT(41),

    /** One link for the functions of a file ({@code uprobe_multi}, Linux 6.6). */
    MULTI(48),

    /** One program that sees a call and its return (uprobe sessions, Linux 6.13). */
    SESSION(57);

    private final int attachType;

    UprobeLinks(final int attachType) {
        this.attachType = attachType;
    }

    /** Of enum bpf_attach_type. */
    int attachType() {
        return attachType;
    }

    /** The newest that a kernel has. */
    static UprobeLinks newest(final LibBpf.KernelTypes kernel) {
        if (kernel.constants("bpf_attach_type") > SESSION.attachType + 1) { // the last is __MAX_BPF_ATTACH_TYPE
            return SESSION;
        }
        return kernel.hasStruct("bpf_uprobe_multi_link") ? MULTI : PERF_EVENT;
    }
}
