package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.KernelEventSink.FileBytes;
import io.fourthlog.sensor.kernel.KernelEventSink.OpenFile;
import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link KernelEventSink} calls of the ring's records, whose layout is drawn in {@code records.h}, and tells the
 * {@link ProcessWatcher} of what may need probes. Remembers the path of each open file until it is closed.
 */
final class RecordDecoder {
    private static final int EXEC = 1;
    private static final int EXIT = 2;
    private static final int TLS = 3;
    private static final int TLS_CLOSED = 4;
    private static final int STDIO = 5;
    private static final int OPENED = 6;
    private static final int CLOSED = 7;
    private static final int CONNECTED = 8;
    private static final int CGROUP_MADE = 9;
    private static final int MAPPED = 10;
    private static final int BLIND = 11;
    private static final int SOCKET = 12;
    private static final int SOCKET_CLOSED = 13;
    private static final int TLS_DATA = 14;
    private static final int TLS_HELD = 15;
    private static final int TLS_JOINED = 16;
    private static final int CANDIDATE = 17;
    private static final int FORKED = 18;
    private static final int TLS_SENT_ON = 19;
    private static final int ARGUMENTS = 20;
    private static final int SOCKET_PEER = 21;
    private static final int SOCKET_OTHER = 22;
    private static final int SOCKET_SERVED = 26;
    private static final int DATAGRAMS = 23;
    private static final int OVERTAKEN = 24;
    private static final int TLS_PEER = 25;

    private static final int BLIND_IO_URING = 1;
    private static final int BLIND_COMPAT = 2;
    private static final int BLIND_JAVA = 4;
    private static final int BLIND_QUIC = 8;
    private static final int BLIND_UNREAD = 16;
    private static final int BLIND_FAMILY = 32;
    private static final int BLIND_MEMORY = 64;
    private static final int BLIND_QUEUE = 128;
    private static final int BODY = 40; // where what the kind says begins
    private static final int DATA = 80;
    private static final int HELD = 80;
    private static final int PATH = 88;
    private static final int SERVED = 76;
    private static final int MAX_ARGUMENTS = 64; // programs that begin at once, of 64 KiB at most each
    private static final int MAX_OPEN = 32_768; // beyond it the one that is open for longest is forgotten
    private static final int MAX_PATHS = 8 << 20; // chars of the paths, likewise

    private final HeldRecords held = new HeldRecords();
    private final Overtaken overtaken = new Overtaken();

    private final ProcessWatcher watcher;
    private final Flows flows;
    private final ToLongBiFunction<KernelProcess, String> candidates;
    private final KernelProcess process = new KernelProcess();
    private final Map<Long, OpenFile> open = new LinkedHashMap<>();
    private final Map<Integer, StringBuilder> arguments =
            BoundedMap.byAge(MAX_ARGUMENTS); // of programs whose candidates come next
    private int pathsLength;
    private long latestNs = Overtaken.NOBODY; // that a record can be of

    /**
     * @param candidates follows a process whose program could be one to follow, by its words, each with a zero behind it: what stands for its
     *     cgroup, 0 if it does not
     */
    RecordDecoder(
            final ProcessWatcher watcher, final Flows flows, final ToLongBiFunction<KernelProcess, String> candidates) {
        this.watcher = watcher;
        this.flows = flows;
        this.candidates = candidates;
    }

    /** When the last record was made that was told: CLOCK_MONOTONIC. */
    long toldNs() {
        return process.ktimeNs();
    }

    /** A record as it comes out of the ring. */
    void decode(final RingRecord record, final KernelEventSink sink) {
        if (overtaken.isEmpty()) {
            decodeNow(record, sink);
            return;
        }
        final int kind = record.integer(0);
        if (kind == STDIO) {
            overtaken.came(record.number(48), record.number(56) + record.integer(68));
            latestNs = overtaken.readNs(record.number(48));
        }
        if (latestNs != Overtaken.NOBODY || kind == OVERTAKEN || !overtaken.keep(record.number(24), record)) {
            decodeNow(record, sink);
        }
        latestNs = Overtaken.NOBODY;
        release(record.number(32), sink);
    }

    /** Tells what has waited for another record long enough. */
    void release(final long nowNs, final KernelEventSink sink) {
        if (!overtaken.isEmpty()) {
            overtaken.release(nowNs, record -> decodeNow(record, sink));
        }
    }

    /** Tells all that waits for another record, for the end. */
    void end(final KernelEventSink sink) {
        overtaken.end(record -> decodeNow(record, sink));
    }

    /** A fault on one record costs no other. */
    private void decodeNow(final RingRecord record, final KernelEventSink sink) {
        try {
            tell(record, sink);
            held.report(sink);
        } catch (final RuntimeException bug) {
            sink.failed(process, bug);
        }
    }

    private void tell(final RingRecord record, final KernelEventSink sink) {
        final long kindAndTgid =
                record.number(0); // each read is much to compile: of less is left what is done with a piece
        process.set(
                (int) (kindAndTgid >>> Integer.SIZE),
                (int) (record.number(8) >>> Integer.SIZE), // below it the thread
                record.number(16),
                record.number(24),
                Math.min(record.number(32), latestNs));
        final int kind = (int) kindAndTgid;
        switch (kind) { // bytes apart from the rest: nearly all records, and short enough for the compiler to take into
            // the loop
            case TLS -> tls(record, record.number(BODY), record.number(56), sink);
            case SOCKET ->
                sink.socket(process, record.number(BODY), direction(record), record.number(56), data(record));
            case STDIO -> stdio(record, record.number(48), record.number(56), sink);
            default -> tellOther(kind, record, sink);
        }
    }

    private void tellOther(final int kind, final RingRecord record, final KernelEventSink sink) {
        switch (kind) {
            case EXEC -> executed(record, sink);
            case FORKED -> sink.forked(process);
            case ARGUMENTS -> words(record);
            case CANDIDATE -> {
                final StringBuilder words = arguments.remove(process.tgid());
                final long id = candidates.applyAsLong(process, words == null ? "" : words.toString());
                if (id != 0) {
                    process.set(process.tgid(), process.ppid(), process.startNs(), id, process.ktimeNs());
                    executed(record, sink);
                }
            }
            case EXIT -> {
                held.forget(process.tgid(), process.startNs());
                flows.exited(process, sink);
                sink.exit(process);
                watcher.exited(process);
            }
            case TLS_HELD -> held.hold(key(record.number(BODY)), record);
            case TLS_JOINED -> {
                final long connection = record.number(BODY);
                final long position = record.number(56);
                held.take(key(record.number(48)), piece -> tls(piece, connection, position + piece.number(56), sink));
            }
            case TLS_PEER -> sink.tlsPeer(process, record.number(56), peer(record, record.number(64) > 0));
            case SOCKET_PEER -> sink.socketPeer(process, record.number(56), peer(record, false));
            case SOCKET_OTHER ->
                sink.otherSocket(process, address(record), record.integer(80), record.number(64), record.number(72));
            case SOCKET_SERVED ->
                sink.servedSocket(process, address(record), record.integer(80), record.number(64), record.number(72));
            case OVERTAKEN ->
                overtaken.overtaken(process.cgroupId(), record.number(BODY), record.number(48), process.ktimeNs());
            case DATAGRAMS -> flows.began(process, record, address(record), sink);
            case SOCKET_CLOSED -> sink.socketClosed(process, record.number(BODY));
            case TLS_DATA -> watcher.encrypted(process, record.number(BODY));
            case TLS_SENT_ON -> watcher.sentOn(process, record.number(BODY));
            case TLS_CLOSED -> sink.tlsClosed(process, record.number(BODY));
            case OPENED -> opened(record, sink);
            case CLOSED -> closed(record, sink);
            case CONNECTED -> sink.connected(process, address(record), record.integer(64), record.integer(60));
            case CGROUP_MADE -> sink.cgroupMade(record.number(BODY), record.number(48), path(record));
            case MAPPED -> watcher.mapped(process, path(record));
            case BLIND -> blind(record.integer(BODY), sink);
            default -> throw new IllegalStateException("record of unknown kind " + kind);
        }
    }

    private void blind(final int code, final KernelEventSink sink) {
        switch (code) {
            case BLIND_IO_URING -> sink.blindSpot(process, "io-uring", "work through io_uring makes no system calls");
            case BLIND_COMPAT -> sink.blindSpot(process, "compat", "32-bit system calls are not decoded");
            case BLIND_UNREAD ->
                sink.blindSpot(process, "unreadable", "it sent or received what could not be read from its memory");
            case BLIND_FAMILY ->
                sink.blindSpot(
                        process,
                        "family",
                        "it sent or received through a socket that is none of IP's or UNIX', as AF_PACKET or AF_VSOCK");
            case BLIND_MEMORY ->
                sink.blindSpot(
                        process,
                        "ipc",
                        "it reads or writes the memory of another process (process_vm_readv, process_vm_writev, ptrace)");
            case BLIND_QUEUE ->
                sink.blindSpot(
                        process,
                        "ipc",
                        "it sends or receives messages through a queue of System V's or POSIX' (msgsnd, mq_send)");
            case BLIND_QUIC ->
                sink.blindSpot(process, "tls-unhookable", "it sent over QUIC (as HTTP/3 is), which is not heard");
            case BLIND_JAVA ->
                sink.blindSpot(
                        process,
                        "tls-unhookable",
                        "the agent in its JVM could not do all of its work: this build of JSSE is not known to it, or memory is short");
            default -> throw new IllegalStateException("blind for unknown reason " + code);
        }
    }

    private void words(final RingRecord record) {
        if (record.number(56) == 0) {
            arguments.put(process.tgid(), new StringBuilder());
        }
        final StringBuilder words = arguments.get(process.tgid());
        if (words != null) {
            words.append(new String(data(record).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1));
        }
    }

    private HeldRecords.Key key(final long name) {
        return new HeldRecords.Key(process.tgid(), process.startNs(), name);
    }

    private void tls(final RingRecord record, final long connection, final long position, final KernelEventSink sink) {
        if (direction(record) == Direction.SENT && position == 0 && record.integer(SERVED) == 0) {
            watcher.spoke(process);
        }
        sink.tls(process, connection, direction(record), position, data(record));
    }

    private void stdio(final RingRecord record, final long end, final long position, final KernelEventSink sink) {
        overtaken.came(end, position + record.integer(68));
        sink.stdio(process, record.number(BODY), end, position, data(record));
    }

    /** Lets who is held go on without telling of it; for the end. */
    void letGoOn() {
        overtaken.end(this::letGoOn);
    }

    /** The same of a record. */
    void letGoOn(final RingRecord record) {
        if (record.integer(0) == OPENED && record.integer(HELD) != 0) {
            process.set(record.integer(4), record.integer(12), record.number(16), record.number(24), record.number(32));
            watcher.judged(process);
        }
    }

    private void executed(final RingRecord record, final KernelEventSink sink) {
        final String program = path(record);
        sink.exec(process, program);
        watcher.executed(process, program);
    }

    private void opened(final RingRecord record, final KernelEventSink sink) {
        final OpenFile file = new OpenFile(record.number(BODY), path(record), record.integer(68));
        pathsLength += file.path().length();
        open.put(file.sequence(), file);
        try {
            sink.opened(process, file);
            while (open.size() > MAX_OPEN || pathsLength > MAX_PATHS) {
                final Long eldest = open.keySet().iterator().next();
                forget(eldest);
                sink.closingLost(eldest);
            }
        } finally {
            if (record.integer(HELD) != 0) {
                watcher.judged(process);
            }
        }
    }

    private void closed(final RingRecord record, final KernelEventSink sink) {
        final OpenFile file = forget(record.number(BODY));
        if (file != null) { // else its opening was among the lost, which are reported
            sink.closed(process, file, new FileBytes(record.number(48), record.number(56), record.number(64)));
        }
    }

    private @Nullable OpenFile forget(final Long sequence) {
        final OpenFile file = open.remove(sequence);
        pathsLength -= file == null ? 0 : file.path().length();
        return file;
    }

    private static Direction direction(final RingRecord record) {
        return record.integer(72) == 0 ? Direction.SENT : Direction.RECEIVED;
    }

    private static MemorySegment data(final RingRecord record) {
        return record.bytes(DATA, record.integer(68));
    }

    private static String path(final RingRecord record) {
        final byte[] bytes = record.bytes(PATH, record.integer(72)).toArray(ValueLayout.JAVA_BYTE);
        return bytes.length == 0 ? "/" : new String(bytes, StandardCharsets.UTF_8);
    }

    private static Peer peer(final RingRecord record, final boolean within) {
        return new Peer(address(record), record.integer(80), within, record.integer(84) >>> Short.SIZE != 0);
    }

    private static String address(final RingRecord record) {
        try {
            return InetAddress.getByAddress(record.bytes(BODY, 16).toArray(ValueLayout.JAVA_BYTE))
                    .getHostAddress(); // an IPv4 address where it is mapped
        } catch (final UnknownHostException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }
}
