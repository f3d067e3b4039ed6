package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Closes connections of other processes: a descriptor of theirs is taken (pidfd_getfd(2), which needs SYS_PTRACE), and its socket's
 * association dissolved (connect(2) with AF_UNSPEC). TCP then drops what is still to be sent, resets the other end, and gives the
 * process an error. That takes no capability in the network namespace that the socket belongs to.
 */
final class Connections {
    private static final int MOST = 16_384; // descriptors that are looked through, each in some microseconds

    private static final long NR_CONNECT = 42; // arch/x86/entry/syscalls/syscall_64.tbl
    private static final long NR_SHUTDOWN = 48;
    private static final long NR_GETPEERNAME = 52;
    private static final long NR_PIDFD_GETFD = 438;
    private static final int EBADF = 9;
    private static final int EBUSY = 16;
    private static final int SHUT_RDWR = 2;

    private static final short AF_UNSPEC = 0;
    private static final short AF_INET = 2;
    private static final short AF_INET6 = 10;
    private static final int SOCKADDR = 28; // bytes of a sockaddr_in6, the longest that counts here

    private final Path proc;
    private final Processes processes;

    Connections(final Path proc, final Processes processes) {
        this.proc = proc;
        this.processes = processes;
    }

    /** Whether the kernel, and what filters the sensor's system calls, know the way. */
    static boolean canBeTaken() {
        try {
            LibC.syscall("pidfd_getfd", NR_PIDFD_GETFD, -1, -1, 0, 0);
            return true;
        } catch (final LibC.Errno e) {
            return e.errno() == EBADF; // and not ENOSYS, nor EPERM
        }
    }

    /** Closes those of a process that lead to one of these. */
    ResetResult reset(final int tgid, final long startNs, final Collection<InetSocketAddress> peers) {
        final int pidfd;
        try {
            pidfd = LibC.pidfd(tgid);
        } catch (final LibC.Errno e) {
            return e.errno() == LibC.ESRCH ? new ResetResult.NotThere() : new ResetResult.Refused(e.getMessage());
        }
        try {
            return processes.runs(tgid, startNs) ? resetAll(tgid, pidfd, peers) : new ResetResult.NotThere();
        } catch (final LibC.Errno e) {
            return new ResetResult.Refused(
                    e.getMessage() + (e.errno() == LibC.EPERM ? ": the sensor lacks the capability SYS_PTRACE" : ""));
        } finally {
            LibC.close(pidfd);
        }
    }

    private ResetResult resetAll(final int tgid, final int pidfd, final Collection<InetSocketAddress> peers)
            throws LibC.Errno {
        boolean found = false;
        int looked = 0;
        final Path thread = ProcessFiles.of(proc, tgid); // whose first thread may have ended
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(thread.resolve("fd"))) {
            for (final Path each : descriptors) {
                if (++looked > MOST) {
                    return found
                            ? new ResetResult.Reset()
                            : new ResetResult.Refused("more than " + MOST + " descriptors are open in process " + tgid
                                    + "; use terminate");
                }
                if (isSocket(each)) {
                    found |= reset(pidfd, Integer.parseInt(each.getFileName().toString()), peers);
                }
            }
        } catch (final LibC.Errno e) {
            throw e;
        } catch (final IOException | DirectoryIteratorException _) {
            // it has ended
        }
        return found ? new ResetResult.Reset() : new ResetResult.NotThere();
    }

    private static boolean isSocket(final Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (final IOException _) {
            return false; // it is closed by now
        }
    }

    private static boolean reset(final int pidfd, final int descriptor, final Collection<InetSocketAddress> peers)
            throws LibC.Errno {
        final int taken;
        try {
            taken = (int) LibC.syscall("pidfd_getfd", NR_PIDFD_GETFD, pidfd, descriptor, 0, 0);
        } catch (final LibC.Errno e) {
            if (e.errno() == LibC.EPERM) {
                throw e;
            }
            return false; // it is closed by now
        }
        try (Arena arena = Arena.ofConfined()) {
            final InetSocketAddress peer = peer(arena, taken);
            if (peer == null || !peers.contains(peer)) {
                return false;
            }
            dissolve(arena, taken);
            return true;
        } finally {
            LibC.close(taken);
        }
    }

    private static void dissolve(final Arena arena, final int socket) throws LibC.Errno {
        final MemorySegment nobody = arena.allocate(SOCKADDR, Short.BYTES);
        nobody.set(ValueLayout.JAVA_SHORT, 0, AF_UNSPEC);
        try {
            LibC.syscall("connect", NR_CONNECT, socket, nobody.address(), SOCKADDR, 0);
        } catch (final LibC.Errno e) {
            if (e.errno() != EBUSY) {
                throw e;
            }
            // Linux 6.5, and what took its change over, refuses while a thread waits on the socket: this ends it
            // without a reset.
            LibC.syscall("shutdown", NR_SHUTDOWN, socket, SHUT_RDWR, 0, 0);
        }
    }

    /** Where a socket leads; {@code null} if that is nowhere on IP. */
    private static @Nullable InetSocketAddress peer(final Arena arena, final int socket) {
        final MemorySegment address = arena.allocate(SOCKADDR, Short.BYTES);
        final MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, SOCKADDR);
        try {
            LibC.syscall("getpeername", NR_GETPEERNAME, socket, address.address(), length.address(), 0);
        } catch (final LibC.Errno _) {
            return null; // it is connected to nobody
        }
        final int port = Short.toUnsignedInt(Short.reverseBytes(address.get(ValueLayout.JAVA_SHORT, 2)));
        return switch (address.get(ValueLayout.JAVA_SHORT, 0)) {
            case AF_INET -> at(address.asSlice(4, 4), port);
            case AF_INET6 -> at(address.asSlice(8, 16), port);
            default -> null;
        };
    }

    /** An IPv4-mapped IPv6 address is the IPv4 one. */
    private static InetSocketAddress at(final MemorySegment address, final int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address.toArray(ValueLayout.JAVA_BYTE)), port);
        } catch (final UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }
}
