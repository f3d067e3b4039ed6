package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.foreign.CFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;

/** The C library's calls that Java has no other way to: descriptors, mmap, epoll, and system calls by number. */
final class LibC {
    static final int O_RDONLY = 0;
    static final int O_DIRECTORY = 0x10000;
    static final int O_PATH = 0x200000;
    static final int O_CLOEXEC = 0x80000;
    private static final int O_NONBLOCK = 0x800;
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;

    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ESRCH = 3;
    static final int EACCES = 13;
    private static final int ENOTSUPP = 524; // the kernel's own: of uprobes alone, and not known to the C library

    /** {@code __NR_bpf} and others of arch/x86/entry/syscalls/syscall_64.tbl. */
    private static final long NR_BPF = 321;

    private static final long NR_PERF_EVENT_OPEN = 298;
    static final int BPF_LINK_CREATE = 28; // enum bpf_cmd
    static final long NR_PIDFD_SEND_SIGNAL = 424;
    private static final long NR_PIDFD_OPEN = 434;
    private static final long NR_OPENAT2 = 437;
    private static final long RESOLVE_NO_MAGICLINKS = 0x02; // <linux/openat2.h>
    private static final long RESOLVE_IN_ROOT = 0x10;

    private static final SymbolLookup LIBRARY = Linker.nativeLinker().defaultLookup();
    private static final CFunction OPEN = CFunction.of(LIBRARY, "open");
    private static final CFunction CLOSE = CFunction.of(LIBRARY, "close");
    private static final CFunction MMAP = CFunction.of(LIBRARY, "mmap");
    private static final CFunction MUNMAP = CFunction.of(LIBRARY, "munmap");
    private static final CFunction EPOLL_CREATE = CFunction.of(LIBRARY, "epoll_create1");
    private static final CFunction EPOLL_CTL = CFunction.of(LIBRARY, "epoll_ctl");
    private static final CFunction EPOLL_WAIT = CFunction.of(LIBRARY, "epoll_wait");
    private static final CFunction READ = CFunction.of(LIBRARY, "read");
    private static final CFunction INOTIFY_INIT = CFunction.of(LIBRARY, "inotify_init1");
    private static final CFunction INOTIFY_ADD_WATCH = CFunction.of(LIBRARY, "inotify_add_watch");
    private static final CFunction INOTIFY_RM_WATCH = CFunction.of(LIBRARY, "inotify_rm_watch");
    private static final CFunction SYSCALL = CFunction.of(LIBRARY, "syscall");
    private static final CFunction STRERROR = CFunction.of(LIBRARY, "strerror");

    private static final int M_MMAP_THRESHOLD = -3; // <malloc.h>

    private LibC() {}

    /**
     * Has what malloc(3) gives from this size on go back to the kernel when it is freed. Compiling takes megabytes in chunks of 32 KiB,
     * on changing threads, and what was freed among what stays could not be given back.
     */
    static void mapFrom(final int bytes) {
        LIBRARY.find("mallopt")
                .map(CFunction::new)
                .ifPresent(
                        mallopt -> { // of glibc
                            try (Arena arena = Arena.ofConfined()) {
                                mallopt.call(CFunction.state(arena), M_MMAP_THRESHOLD, bytes);
                            }
                        });
    }

    /** A failed call's errno, with its text. */
    static final class Errno extends IOException {
        private static final long serialVersionUID = 1L;
        private final String message;
        private final int errno;

        Errno(final String what, final int errno) {
            message = what + ": " + text(errno);
            this.errno = errno;
        }

        @Override
        public String getMessage() {
            return message;
        }

        int errno() {
            return errno;
        }
    }

    /** What strerror(3) says. */
    static String text(final int errno) {
        if (errno == ENOTSUPP) {
            return "an instruction that the kernel cannot probe";
        }
        try (Arena arena = Arena.ofConfined()) {
            return CFunction.text(STRERROR.call(CFunction.state(arena), errno));
        }
    }

    /** open(2). */
    static int open(final String path, final int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final long name = arena.allocateFrom(path).address();
            return checked((int) OPEN.call(state, name, flags | O_CLOEXEC), "open " + path, state);
        }
    }

    /** Opens a name below a directory that is taken for the root: {@code ..} and links do not lead out of it. */
    static int openBelow(final int directory, final String name, final int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment how = arena.allocateFrom(
                    ValueLayout.JAVA_LONG, flags | O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
            return (int) syscall(
                    "open " + name + " of a container",
                    NR_OPENAT2,
                    directory,
                    arena.allocateFrom(name).address(),
                    how.address(),
                    how.byteSize());
        }
    }

    /** perf_event_open(2), of whichever process. */
    static int perfEvent(final String what, final MemorySegment attributes) throws Errno {
        final int closeOnExec = 1 << 3;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final long event = SYSCALL.call(state, NR_PERF_EVENT_OPEN, attributes.address(), -1, 0, -1, closeOnExec);
            return checked((int) event, what, state);
        }
    }

    /**
     * bpf(2).
     *
     * @param command enum bpf_cmd
     * @param attributes union bpf_attr
     */
    static int bpf(final String what, final int command, final MemorySegment attributes) throws Errno {
        return (int) syscall(what, NR_BPF, command, attributes.address(), attributes.byteSize(), 0);
    }

    /** pidfd_open(2). */
    static int pidfd(final int tgid) throws Errno {
        return (int) syscall("pidfd_open", NR_PIDFD_OPEN, tgid, 0, 0, 0);
    }

    /** close(2); what it returns says nothing that could be acted on. */
    static void close(final int fd) {
        try (Arena arena = Arena.ofConfined()) {
            CLOSE.call(CFunction.state(arena), fd);
        }
    }

    /** mmap(2) of {@code length} bytes of a descriptor from an offset; never unmapped by the arena. */
    static MemorySegment map(final int fd, final long offset, final long length, final int protection) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final long address = MMAP.call(state, 0, length, protection, MAP_SHARED, fd, offset);
            if (address == -1) {
                throw new Errno("mmap", CFunction.errno(state));
            }
            return MemorySegment.ofAddress(address).reinterpret(length);
        }
    }

    static void unmap(final MemorySegment mapping) {
        try (Arena arena = Arena.ofConfined()) {
            MUNMAP.call(CFunction.state(arena), mapping.address(), mapping.byteSize());
        }
    }

    /** An epoll instance. */
    static int epoll() throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            return checked((int) EPOLL_CREATE.call(state, O_CLOEXEC), "epoll_create1", state);
        }
    }

    /** Has an epoll instance watch a descriptor for input, until that is closed. */
    static void watch(final int epoll, final int watched) throws Errno {
        final int epollIn = 1;
        final int ctlAdd = 1;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final MemorySegment event = arena.allocate(12); // packed: u32 events, u64 data
            event.set(ValueLayout.JAVA_INT, 0, epollIn);
            checked((int) EPOLL_CTL.call(state, epoll, ctlAdd, watched, event.address()), "epoll_ctl", state);
        }
    }

    /**
     * epoll_wait(2) for one event; returns early on a signal.
     *
     * @param state room for the call state, {@link CFunction#state}
     * @param event room for 12 bytes
     */
    static void await(final int epoll, final MemorySegment state, final MemorySegment event, final int milliseconds) {
        EPOLL_WAIT.call(state, epoll, event.address(), 1, milliseconds);
    }

    /** An inotify instance whose reads do not wait; negative if there is none. */
    static int inotify() {
        try (Arena arena = Arena.ofConfined()) {
            return (int) INOTIFY_INIT.call(CFunction.state(arena), O_CLOEXEC | O_NONBLOCK);
        }
    }

    /** inotify_add_watch(2). */
    static int inotifyWatch(final int inotify, final String path, final int events) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final long name = arena.allocateFrom(path).address();
            return checked((int) INOTIFY_ADD_WATCH.call(state, inotify, name, events), "watch " + path, state);
        }
    }

    /** inotify_rm_watch(2), also of what is not watched any more. */
    static void inotifyForget(final int inotify, final int watch) {
        try (Arena arena = Arena.ofConfined()) {
            INOTIFY_RM_WATCH.call(CFunction.state(arena), inotify, watch);
        }
    }

    /** read(2); negative also where there is nothing. */
    static int read(final int fd, final MemorySegment to) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) READ.call(CFunction.state(arena), fd, to.address(), to.byteSize());
        }
    }

    /** syscall(2). */
    static long syscall(final String what, final long number, final long a, final long b, final long c, final long d)
            throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final long result = SYSCALL.call(state, number, a, b, c, d, 0);
            if (result < 0) {
                throw new Errno(what, CFunction.errno(state));
            }
            return result;
        }
    }

    private static int checked(final int result, final String what, final MemorySegment state) throws Errno {
        if (result < 0) {
            throw new Errno(what, CFunction.errno(state));
        }
        return result;
    }
}
