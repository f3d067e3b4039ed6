package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/** The C library's calls that Java has no other way to: descriptors, mmap, epoll, and system calls by number. */
final class LibC {
    static final int O_RDONLY = 0;
    static final int O_DIRECTORY = 0x10000;
    static final int O_PATH = 0x200000;
    static final int O_CLOEXEC = 0x80000;
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;

    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ESRCH = 3;
    static final int EACCES = 13;
    private static final int ENOTSUPP = 524; // the kernel's own: of uprobes alone, and not known to the C library

    /** {@code __NR_bpf} and others of arch/x86/entry/syscalls/syscall_64.tbl. */
    static final long NR_BPF = 321;

    static final long NR_PIDFD_SEND_SIGNAL = 424;
    static final long NR_PIDFD_OPEN = 434;
    private static final long NR_OPENAT2 = 437;
    private static final long RESOLVE_NO_MAGICLINKS = 0x02; // <linux/openat2.h>
    private static final long RESOLVE_IN_ROOT = 0x10;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");

    private static final MethodHandle OPEN = variadic("open", 2, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    private static final MethodHandle CLOSE =
            handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle MMAP = handle(
            "mmap",
            FunctionDescriptor.of(
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG));
    private static final MethodHandle MUNMAP =
            handle("munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    private static final MethodHandle EPOLL_CREATE =
            handle("epoll_create1", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle EPOLL_CTL = handle(
            "epoll_ctl",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS));
    private static final MethodHandle EPOLL_WAIT = handle(
            "epoll_wait",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT));
    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(1),
            CAPTURE);
    private static final MethodHandle STRERROR =
            plain("strerror", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

    private static final int M_MMAP_THRESHOLD = -3; // <malloc.h>
    private static final Optional<MethodHandle> MALLOPT = LINKER.defaultLookup()
            .find("mallopt") // of glibc
            .map(function -> LINKER.downcallHandle(
                    function, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)));

    private LibC() {}

    /**
     * Has what malloc(3) gives from this size on go back to the kernel when it is freed. Compiling takes megabytes in chunks of 32 KiB,
     * on changing threads, and what was freed among what stays could not be given back.
     */
    static void mapFrom(final int bytes) {
        MALLOPT.ifPresent(mallopt -> {
            try {
                final int _ = (int) mallopt.invokeExact(M_MMAP_THRESHOLD, bytes);
            } catch (final Throwable t) {
                throw unexpected(t);
            }
        });
    }

    private static MethodHandle handle(final String name, final FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, CAPTURE);
    }

    private static MethodHandle plain(final String name, final FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
    }

    private static MethodHandle variadic(final String name, final int fixed, final MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments),
                Linker.Option.firstVariadicArg(fixed),
                CAPTURE);
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

    static StructLayout stateLayout() {
        return STATE;
    }

    static int errno(final MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    /** What strerror(3) says. */
    static String text(final int errno) {
        if (errno == ENOTSUPP) {
            return "an instruction that the kernel cannot probe";
        }
        try {
            final MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
            return text.reinterpret(256).getString(0);
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** open(2). */
    static int open(final String path, final int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(STATE);
            final int fd;
            try {
                fd = (int) OPEN.invokeExact(state, arena.allocateFrom(path), flags | O_CLOEXEC);
            } catch (final Throwable t) {
                throw unexpected(t);
            }
            return (int) checked(fd, "open " + path, state);
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

    /** close(2); what it returns says nothing that could be acted on. */
    static void close(final int fd) {
        try (Arena arena = Arena.ofConfined()) {
            final int _ = (int) CLOSE.invokeExact(arena.allocate(STATE), fd);
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** mmap(2) of {@code length} bytes of a descriptor from an offset; never unmapped by the arena. */
    static MemorySegment map(final int fd, final long offset, final long length, final int protection) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(STATE);
            final MemorySegment address;
            try {
                address = (MemorySegment)
                        MMAP.invokeExact(state, MemorySegment.NULL, length, protection, MAP_SHARED, fd, offset);
            } catch (final Throwable t) {
                throw unexpected(t);
            }
            if (address.address() == -1) {
                throw new Errno("mmap", errno(state));
            }
            return address.reinterpret(length);
        }
    }

    static void unmap(final MemorySegment mapping) {
        try (Arena arena = Arena.ofConfined()) {
            final int _ = (int) MUNMAP.invokeExact(arena.allocate(STATE), mapping, mapping.byteSize());
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** An epoll instance. */
    static int epoll() throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(STATE);
            final int epoll;
            try {
                epoll = (int) EPOLL_CREATE.invokeExact(state, O_CLOEXEC);
            } catch (final Throwable t) {
                throw unexpected(t);
            }
            return (int) checked(epoll, "epoll_create1", state);
        }
    }

    /** Has an epoll instance watch a descriptor for input, until that is closed. */
    static void watch(final int epoll, final int watched) throws Errno {
        final int epollIn = 1;
        final int ctlAdd = 1;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(STATE);
            final MemorySegment event = arena.allocate(12); // packed: u32 events, u64 data
            event.set(ValueLayout.JAVA_INT, 0, epollIn);
            final int added;
            try {
                added = (int) EPOLL_CTL.invokeExact(state, epoll, ctlAdd, watched, event);
            } catch (final Throwable t) {
                throw unexpected(t);
            }
            checked(added, "epoll_ctl", state);
        }
    }

    /**
     * epoll_wait(2) for one event; returns early on a signal.
     *
     * @param state room for the call state, {@link #stateLayout()}
     * @param event room for 12 bytes
     */
    static void await(final int epoll, final MemorySegment state, final MemorySegment event, final int milliseconds) {
        try {
            final int _ = (int) EPOLL_WAIT.invokeExact(state, epoll, event, 1, milliseconds);
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** syscall(2). */
    static long syscall(final String what, final long number, final long a, final long b, final long c, final long d)
            throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(STATE);
            final long result;
            try {
                result = (long) SYSCALL.invokeExact(state, number, a, b, c, d);
            } catch (final Throwable t) {
                throw unexpected(t);
            }
            return checked(result, what, state);
        }
    }

    private static long checked(final long result, final String what, final MemorySegment state) throws Errno {
        if (result < 0) {
            throw new Errno(what, errno(state));
        }
        return result;
    }

    static IllegalStateException unexpected(final Throwable t) {
        return new IllegalStateException("a foreign call failed", t);
    }
}
