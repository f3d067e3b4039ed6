package io.fourthlog.sensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the kernel ends programs that have a seccomp filter, as those of containers do, when a function returns that is probed. From
 * Linux 6.11 on it has them make a system call for that, uretprobe, which nothing else makes and a filter may refuse; from 6.14 on, and
 * with the fix cf6cb56ef244 of that, it shows it to no filter.
 *
 * @see <a href="https://docs.kernel.org/userspace-api/seccomp_filter.html">seccomp: notification of another process</a>
 */
final class FilteredReturns {
    private static final Logger LOG = LoggerFactory.getLogger(FilteredReturns.class);

    private static final long NR_IOCTL = 16; // arch/x86/entry/syscalls/syscall_64.tbl
    private static final long NR_GETPPID = 110;
    private static final long NR_PRCTL = 157;
    private static final long NR_SECCOMP = 317;
    private static final long NR_URETPROBE = 335;
    private static final int PR_SET_NO_NEW_PRIVS = 38; // <linux/prctl.h>
    private static final int SECCOMP_SET_MODE_FILTER = 1; // <linux/seccomp.h>
    private static final int SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;
    private static final long SECCOMP_IOCTL_NOTIF_RECV = 0xc050_2100L;
    private static final long SECCOMP_IOCTL_NOTIF_SEND = 0xc018_2101L;
    private static final int SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;

    private FilteredReturns() {}

    /**
     * Tries it with a function that is probed.
     *
     * @throws KernelUnavailableException if it does: nothing can be probed then without harm
     */
    static void refuse(final String release, final Runnable probed) throws KernelUnavailableException {
        if (!release.matches("6\\.1[123]\\b.*")) {
            return;
        }
        // With a filter of its own, refusing it, this process is what is ended.
        LOG.info(
                "trying whether kernel {} lets programs with a seccomp filter return from probed functions; if this process ends now, it does not: {}",
                release,
                "it needs the fix cf6cb56ef244, or Linux 6.14 or newer");
        try {
            if (isFiltered(NR_URETPROBE, probed)) {
                throw new KernelUnavailableException("kernel " + release
                        + " ends programs that have a seccomp filter, as containers do, when a probed function returns:"
                        + " it needs the fix \"seccomp: passthrough uretprobe systemcall without filtering\""
                        + " (cf6cb56ef244), or Linux 6.14 or newer");
            }
        } catch (final LibC.Errno e) {
            LOG.warn("it cannot be tried ({}): look for the fix cf6cb56ef244 in what this kernel has", e.getMessage());
        }
    }

    /** Whether a filter sees a system call when a program is run. What it sees goes on. */
    static boolean isFiltered(final long systemCall, final Runnable program) throws LibC.Errno {
        final CompletableFuture<Integer> notified = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("seccomp").start(() -> {
            try {
                notified.complete(filter(systemCall));
                try {
                    program.run();
                } finally {
                    LibC.syscall("getppid", NR_GETPPID, 0, 0, 0, 0); // it has run
                }
            } catch (final LibC.Errno e) {
                notified.completeExceptionally(e);
            }
        });
        final int listener;
        try {
            listener = notified.join();
        } catch (final CompletionException e) {
            if (e.getCause() instanceof LibC.Errno errno) {
                throw errno;
            }
            throw e;
        }
        try {
            boolean seen = false;
            for (long next = goOn(listener); next != NR_GETPPID; next = goOn(listener)) {
                seen = true;
            }
            return seen;
        } finally {
            LibC.close(listener);
        }
    }

    /**
     * Has a filter tell of two system calls of this thread, which wait meanwhile, and let all others pass.
     *
     * <pre>
     * struct sock_fprog:  0 u16 len │ 8 filter
     * struct sock_filter: 0 u16 code │ 2 u8 jt │ 3 u8 jf │ 4 u32 k
     * </pre>
     */
    private static int filter(final long systemCall) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment program = arena.allocateFrom(
                    ValueLayout.JAVA_LONG,
                    0x20L, // A = the number
                    systemCall << 32 | 1 << 16 | 0x15, // equal: over the next
                    NR_GETPPID << 32 | 1 << 24 | 0x15, // not equal: over the next
                    0x7fc0_0000L << 32 | 0x06, // SECCOMP_RET_USER_NOTIF
                    0x7fff_0000L << 32 | 0x06); // SECCOMP_RET_ALLOW
            final MemorySegment filter = arena.allocate(16, 8);
            filter.set(ValueLayout.JAVA_SHORT, 0, (short) (program.byteSize() / Long.BYTES));
            filter.set(ValueLayout.ADDRESS, 8, program);
            LibC.syscall("prctl", NR_PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0);
            return (int) LibC.syscall(
                    "seccomp",
                    NR_SECCOMP,
                    SECCOMP_SET_MODE_FILTER,
                    SECCOMP_FILTER_FLAG_NEW_LISTENER,
                    filter.address(),
                    0);
        }
    }

    /**
     * Waits for the next system call that is told of, lets it go on, and answers its number.
     *
     * <pre>
     * struct seccomp_notif:      0 u64 id │ 8 u32 pid │ 12 u32 flags │ 16 struct seccomp_data: s32 nr … │ 80
     * struct seccomp_notif_resp: 0 u64 id │ 8 s64 val │ 16 s32 error │ 20 u32 flags
     * </pre>
     */
    private static long goOn(final int listener) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment told = arena.allocate(80, 8);
            LibC.syscall("receive from seccomp", NR_IOCTL, listener, SECCOMP_IOCTL_NOTIF_RECV, told.address(), 0);
            final MemorySegment answer = arena.allocate(24, 8);
            answer.set(ValueLayout.JAVA_LONG, 0, told.get(ValueLayout.JAVA_LONG, 0));
            answer.set(ValueLayout.JAVA_INT, 20, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
            LibC.syscall("answer seccomp", NR_IOCTL, listener, SECCOMP_IOCTL_NOTIF_SEND, answer.address(), 0);
            return told.get(ValueLayout.JAVA_INT, 16);
        }
    }
}
