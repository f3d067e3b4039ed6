package io.fourthlog.sensor.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Receives what tracked processes did, in the order in which the kernel recorded it, on the thread that calls
 * {@link Kernel#poll}.
 *
 * <p>{@link KernelProcess} and every {@link MemorySegment} are valid during the call only: they point into the ring buffer.
 * Positions count bytes of one direction of one connection or channel since it was first seen; a jump between the end of
 * one call's data and the next position is a gap of exactly that many bytes, already counted in {@link #lost}.
 */
public interface KernelEventSink {
    /** A process ran before it was tracked; its parent, if that is tracked too, is told first. */
    void running(KernelProcess process);

    /** A tracked process, the parent of this one, made it; it runs the same program so far. */
    void forked(KernelProcess process);

    /**
     * A tracked process runs another program.
     *
     * @param filename the path given to execve, as the process saw it
     */
    void exec(KernelProcess process, String filename);

    /** The last thread of a tracked process is gone; its open files have been reported through {@link #closed} before. */
    void exit(KernelProcess process);

    /**
     * Plaintext that went through a TLS library and that the library said it took or gave: one call comes as one or more
     * pieces with rising positions.
     *
     * @param ssl address of the library's connection object: unique in the process until {@link #tlsClosed}
     * @param position of the first byte of {@code data} in this direction
     */
    void tls(KernelProcess process, long ssl, Direction direction, long position, MemorySegment data);

    /**
     * Where a connection leads.
     *
     * @param address numeric
     * @param within whether something else was said before TLS began, as to a proxy, or to a database that was asked for TLS
     * @param connected whether the process is known to have connected there, and not been connected to
     */
    record Peer(String address, int port, boolean within, boolean connected) {}

    /**
     * It is known where the records of a TLS connection go: mostly before its first data, and not of all connections.
     *
     * @param ssl as in {@link #tls}
     */
    void tlsPeer(KernelProcess process, long ssl, Peer peer);

    /** The connection object was freed; its address may be used again. */
    void tlsClosed(KernelProcess process, long ssl);

    /**
     * Where a TCP socket leads whose bytes come next.
     *
     * @param socket names it, as in {@link #socket}
     */
    void socketPeer(KernelProcess process, long socket, Peer peer);

    /**
     * A TCP socket that the process had connected is closed, and nothing that went through it was read: it is neither TLS, or no more, nor of a
     * protocol that is.
     *
     * @param sent how many bytes
     * @param received how many bytes
     */
    void otherSocket(KernelProcess process, String address, int port, long sent, long received);

    /**
     * The same of one that another has connected to, also over TLS that was not seen.
     *
     * @param address the other's, numeric
     * @param port the other's
     */
    void servedSocket(KernelProcess process, String address, int port, long sent, long received);

    /**
     * Datagrams of a process to one destination, on whichever of its sockets.
     *
     * @param sequence names this flow until the sensor ends
     * @param protocol IANA's number: 17 is UDP
     * @param address numeric
     * @param port 0 where the protocol has none
     */
    record Flow(long sequence, int protocol, String address, int port) {}

    /** A process sends a first datagram to a destination. */
    void datagramsBegan(KernelProcess process, Flow flow);

    /**
     * A process has ended, or paused, with its datagrams to a destination; of a flow that goes on for long, what went through it so far.
     *
     * @param sent how many bytes, without headers
     * @param received how many bytes from there
     */
    void datagramsEnded(KernelProcess process, Flow flow, long sent, long received);

    /**
     * Bytes that went through a TCP or UNIX socket whose traffic begins like HTTP or a database's, unencrypted.
     *
     * @param socket names the socket until {@link #socketClosed}
     * @param position of the first byte of {@code data} in this direction
     */
    void socket(KernelProcess process, long socket, Direction direction, long position, MemorySegment data);

    /** The socket is closed; the process is the one that used it first. */
    void socketClosed(KernelProcess process, long socket);

    /**
     * Bytes written to a pipe or a UNIX stream socket that carries JSON-RPC; seen on the writing side only.
     *
     * @param channel names the pipe (its inode) or the socket pair (the smaller of its two inodes)
     * @param endInode inode of the writing end: tells the two directions of a socket pair apart, equals {@code channel} for a pipe
     * @param position of the first byte of {@code data} in this direction of the channel
     */
    void stdio(KernelProcess process, long channel, long endInode, long position, MemorySegment data);

    /**
     * An opening of a regular file.
     *
     * @param sequence names this opening until the sensor ends
     * @param path absolute in the process's mount namespace, or as it was given if its directory could no longer be learnt
     * @param flags of open(2), the kernel's values for this machine
     */
    record OpenFile(long sequence, String path, int flags) {}

    /**
     * What was done with an open file, on whichever of the process's descriptors.
     *
     * @param read sum of what read, pread64, readv, preadv and alike returned
     * @param written the same of write, pwrite64, writev and pwritev
     * @param mapped of the file that were mapped into memory, where it is not seen which of them are read or written
     */
    record FileBytes(long read, long written, long mapped) {}

    /** A regular file was opened. */
    void opened(KernelProcess process, OpenFile file);

    /** A regular file was closed, or its process ended with it open. */
    void closed(KernelProcess process, OpenFile file, FileBytes bytes);

    /** So many files are open that the closing of this one will not be told. */
    default void closingLost(long openSequence) {}

    /**
     * connect(2) on an IPv4 or IPv6 socket.
     *
     * @param address numeric; an IPv4-mapped IPv6 address is given as IPv4
     * @param error 0, or errno as a positive number (EINPROGRESS for a non-blocking connect that began)
     */
    void connected(KernelProcess process, String address, int port, int error);

    /**
     * A cgroup was made below a tracked one, and is tracked from its first process on.
     *
     * @param path from the root of the cgroup v2 hierarchy
     */
    void cgroupMade(long cgroupId, long parentId, String path);

    /**
     * The ring was full.
     *
     * @param records how many records the kernel had to drop since the last call
     * @param bytes of payload that they would have carried
     */
    void lost(long records, long bytes);

    /**
     * A tracked process does something that cannot be seen.
     *
     * @param kind {@code tls-unhookable}: it sent over TLS, and what library it has for that is not hooked;
     *     {@code attach-failed}: the kernel refused the probe; {@code attach-late}: it sent over TLS before the probes were there; {@code io-uring}, {@code compat}: it works
     *     without the system calls that are followed; {@code family}: through a socket that is not
     * @param detail the file and the reason, for a person
     */
    void blindSpot(KernelProcess process, String kind, String detail);

    /** This sink, or the decoder in front of it, failed on a record: what it told is not recorded, and the next one is. */
    void failed(KernelProcess process, RuntimeException bug);
}
