package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.binary.GoProgram;
import io.fourthlog.sensor.binary.TlsLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The eBPF object ({@code sensor.bpf.c}), loaded, with the programs attached that need no target. Links are descriptors:
 * closing one detaches its program.
 */
final class Programs implements AutoCloseable {
    /** enum bpf_attach_type. */
    static final int CGROUP_INET4_CONNECT = 10;

    static final int CGROUP_INET6_CONNECT = 11;
    static final int CGROUP_UDP4_SENDMSG = 14;
    static final int CGROUP_UDP6_SENDMSG = 15;
    private static final int BPF_PERF_EVENT = 41; // enum bpf_attach_type; kernel 5.15
    private static final int TRACE_UPROBE_MULTI = 48; // kernel 6.6
    private static final int TRACE_UPROBE_SESSION = 57; // kernel 6.13

    private static final int BPF_MAP_CREATE = 0; // enum bpf_cmd
    private static final int BPF_RAW_TRACEPOINT_OPEN = 17;
    static final int BPF_LINK_CREATE = 28;
    private static final int BPF_MAP_TYPE_RINGBUF = 27;
    private static final int UPROBE_MULTI_RETURN = 1 << 0; // flags of uprobe_multi

    private static final String SUBMISSIONS =
            "ring_submitted"; // through io_uring; io_uring.h has what is told without it
    private static final String SUBMISSION = "trace_event_raw_io_uring_submit_req";

    private static final int CAP_NET_ADMIN = 12; // <linux/capability.h>
    private static final int CAP_SYS_ADMIN = 21;
    private static final int CAP_PERFMON = 38;
    private static final int CAP_BPF = 39;

    private static final String SYSTEM_CALLS = "sys_exit";
    private static final String SKIPPED = "recursion_misses:\t"; // bpf_prog_show_fdinfo
    private static final List<String> TRACEPOINTS = List.of(
            SYSTEM_CALLS,
            "process_exec",
            "process_fork",
            "process_exit",
            "cgroup_made",
            "cgroup_gone",
            "socket_state_changed",
            "socket_destroyed");
    private static final List<String> CGROUP_PROGRAMS =
            List.of("block_connect4", "block_connect6", "block_sendmsg4", "block_sendmsg6");
    private static final int[] CGROUP_TYPES = {
        CGROUP_INET4_CONNECT, CGROUP_INET6_CONNECT, CGROUP_UDP4_SENDMSG, CGROUP_UDP6_SENDMSG
    };

    private final LibBpf libbpf;
    private final long object; // of libbpf, as what is in it
    private final UprobeLinks uprobes;
    private final boolean network;
    private final boolean submissions; // whether the kernel tells what is asked through io_uring
    private final List<Integer> links = new ArrayList<>();

    private Programs(
            final LibBpf libbpf,
            final long object,
            final UprobeLinks uprobes,
            final boolean network,
            final boolean submissions) {
        this.libbpf = libbpf;
        this.object = object;
        this.uprobes = uprobes;
        this.network = network;
        this.submissions = submissions;
    }

    /** @param newest of the links that are used, if the kernel has them */
    static Programs load(final UprobeLinks newest) throws KernelUnavailableException {
        return load(bytes(), newest);
    }

    static Programs load(final MemorySegment bytes, final UprobeLinks newest) throws KernelUnavailableException {
        final LibBpf libbpf = LibBpf.load();
        final boolean network = hasCapability(CAP_NET_ADMIN) || hasCapability(CAP_SYS_ADMIN);
        final Programs programs;
        try (LibBpf.KernelTypes kernel = libbpf.kernelTypes()) {
            final UprobeLinks uprobes = Collections.min(List.of(newest, newest(kernel)));
            programs = new Programs(libbpf, libbpf.open(bytes), uprobes, network, kernel.hasStruct(SUBMISSION));
        } catch (final LibC.Errno e) {
            throw new KernelUnavailableException("libbpf does not take the eBPF object: " + e.getMessage(), e);
        }
        try {
            programs.choose();
            libbpf.load(programs.object);
            for (final String tracepoint : TRACEPOINTS) {
                programs.links.add(programs.attachTracepoint(tracepoint));
            }
            if (programs.submissions) {
                programs.links.add(programs.attachTracepoint(SUBMISSIONS));
            }
            return programs;
        } catch (final LibC.Errno e) {
            programs.close();
            throw new KernelUnavailableException(remedy(e), e);
        }
    }

    private static UprobeLinks newest(final LibBpf.KernelTypes kernel) {
        if (kernel.constants("bpf_attach_type") > TRACE_UPROBE_SESSION + 1) { // the last is __MAX_BPF_ATTACH_TYPE
            return UprobeLinks.SESSION;
        }
        return kernel.hasStruct("bpf_uprobe_multi_link") ? UprobeLinks.MULTI : UprobeLinks.PERF_EVENT;
    }

    private static MemorySegment bytes() throws KernelUnavailableException {
        try (InputStream resource = Programs.class.getResourceAsStream("sensor.bpf.o")) {
            if (resource == null) {
                throw new KernelUnavailableException(
                        "this build has no eBPF programs: build it with clang (make build)");
            }
            final byte[] bytes = resource.readAllBytes();
            final MemorySegment segment = Arena.global().allocate(bytes.length, 8);
            MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
            return segment;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void choose() {
        for (final String calls : List.of("tls", "aead")) {
            if (uprobes == UprobeLinks.SESSION) {
                libbpf.attachType(program(calls + "_session"), TRACE_UPROBE_SESSION);
                libbpf.skip(program(calls + "_entry"));
                libbpf.skip(program(calls + "_exit"));
            } else {
                libbpf.skip(program(calls + "_session"));
                attachType(calls + "_entry", calls + "_exit");
            }
        }
        attachType("tls_free", "go_write", "go_read", "go_read_return", "go_close", "go_handshake");
        if (!submissions) {
            libbpf.skip(program(SUBMISSIONS));
        }
        if (!network) {
            CGROUP_PROGRAMS.forEach(name -> libbpf.skip(program(name)));
        }
    }

    private void attachType(final String... names) {
        for (final String name : uprobes == UprobeLinks.PERF_EVENT ? new String[0] : names) {
            libbpf.attachType(program(name), TRACE_UPROBE_MULTI);
        }
    }

    private static String remedy(final LibC.Errno e) {
        if (!mayLoad()) {
            return "the kernel does not let this process load eBPF programs (" + e.getMessage()
                    + "): it needs the capabilities BPF and PERFMON, or to be root";
        }
        return switch (e.errno()) {
            case LibC.ENOENT, LibC.ESRCH ->
                "this kernel lacks what the eBPF programs refer to (" + e.getMessage()
                        + "); the lines of libbpf above name it";
            default -> "the eBPF programs cannot be loaded (" + e.getMessage() + "); the lines of libbpf above say why";
        };
    }

    private static boolean mayLoad() {
        return hasCapability(CAP_SYS_ADMIN) || (hasCapability(CAP_BPF) && hasCapability(CAP_PERFMON));
    }

    private static boolean hasCapability(final int capability) {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("CapEff:"))
                    .mapToLong(line -> Long.parseUnsignedLong(
                            line.substring("CapEff:".length()).strip(), 16))
                    .anyMatch(effective -> (effective >> capability & 1) != 0);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether destinations can be refused. */
    boolean network() {
        return network;
    }

    LibBpf libbpf() {
        return libbpf;
    }

    /**
     * For how many system calls, of whomever, the kernel did not run the program, as it does not where it has preempted a task in it on the
     * same processor (kernel/trace/bpf_trace.c, {@code __bpf_trace_run}).
     */
    long skipped() {
        final Path info = Path.of("/proc/self/fdinfo/" + libbpf.programFd(program(SYSTEM_CALLS)));
        try {
            return skipped(Files.readAllLines(info));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static long skipped(final List<String> info) {
        return info.stream()
                .filter(line -> line.startsWith(SKIPPED))
                .mapToLong(line -> Long.parseLong(line.substring(SKIPPED.length())))
                .sum();
    }

    int mapFd(final String name) {
        return libbpf.mapFd(libbpf.map(object, name));
    }

    /**
     * A ring buffer, whose memory is there from now on.
     *
     * <pre>
     * union bpf_attr, map_create:  0 map_type │ 4 key_size │ 8 value_size │ 12 max_entries │ …
     * </pre>
     */
    int makeRing(final int bytes) throws LibC.Errno {
        try (Arena call = Arena.ofConfined()) {
            final MemorySegment attributes = call.allocate(64, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, BPF_MAP_TYPE_RINGBUF);
            attributes.set(ValueLayout.JAVA_INT, 12, bytes);
            return bpf("make a ring buffer of " + bytes + " bytes", BPF_MAP_CREATE, attributes);
        }
    }

    /** Has the programs write to this ring; when it returns, none of those that cannot sleep writes to another. */
    void useRing(final int ring) throws LibC.Errno {
        try (Arena call = Arena.ofConfined()) {
            libbpf.update(
                    mapFd("rings"),
                    call.allocateFrom(ValueLayout.JAVA_INT, 0),
                    call.allocateFrom(ValueLayout.JAVA_INT, ring));
        }
    }

    private long program(final String name) {
        return libbpf.program(object, name);
    }

    private int attachTracepoint(final String program) throws LibC.Errno {
        try (Arena call = Arena.ofConfined()) {
            final MemorySegment attributes = call.allocate(64, 8); // union bpf_attr: u64 name, u32 prog_fd
            attributes.set(ValueLayout.JAVA_INT, 8, libbpf.programFd(program(program)));
            return bpf("attach " + program, BPF_RAW_TRACEPOINT_OPEN, attributes);
        }
    }

    /**
     * Attaches to functions of a TLS library that read or write.
     *
     * @param path of the file
     * @param offsets in the file
     * @param cookies what each function does, {@link TlsLibrary#functions()}
     * @return the links
     */
    List<Integer> attachTls(final String path, final List<Long> offsets, final List<Long> cookies) throws LibC.Errno {
        return attachCalls("tls", path, offsets, cookies);
    }

    /** Attaches to functions that seal or open the records of TLS: {@code aead.h}. */
    List<Integer> attachRecords(final String path, final List<Long> offsets, final List<Long> cookies)
            throws LibC.Errno {
        return attachCalls("aead", path, offsets, cookies);
    }

    private List<Integer> attachCalls(
            final String calls, final String path, final List<Long> offsets, final List<Long> cookies)
            throws LibC.Errno {
        if (uprobes == UprobeLinks.SESSION) {
            return List.of(link(calls + "_session", TRACE_UPROBE_SESSION, 0, path, offsets, cookies));
        }
        // The return first: an entry without its return is forgotten, a return without its entry is ignored.
        final List<Integer> attached =
                new ArrayList<>(uprobes(calls + "_exit", UPROBE_MULTI_RETURN, path, offsets, cookies));
        try {
            attached.addAll(uprobes(calls + "_entry", 0, path, offsets, cookies));
            return attached;
        } catch (final LibC.Errno e) {
            attached.forEach(LibC::close);
            throw e;
        }
    }

    /** Attaches to the TLS of a program written in Go. */
    List<Integer> attachGo(final String path, final GoProgram go) throws LibC.Errno {
        final List<Integer> attached = new ArrayList<>();
        try {
            attached.addAll(uprobes("go_write", 0, path, List.of(go.write()), List.of(0L)));
            attached.addAll(uprobes("go_read_return", 0, path, go.readReturns(), none(go.readReturns())));
            attached.addAll(uprobes("go_read", 0, path, List.of(go.read()), List.of(0L)));
            attached.addAll(uprobes("go_close", 0, path, List.of(go.close()), List.of(0L)));
            if (!go.handshakes().isEmpty()) {
                attached.addAll(uprobes("go_handshake", 0, path, go.handshakes(), none(go.handshakes())));
            }
            return attached;
        } catch (final LibC.Errno e) {
            attached.forEach(LibC::close);
            throw e;
        }
    }

    /** As many cookies that say nothing. */
    private static List<Long> none(final List<Long> offsets) {
        return Collections.nCopies(offsets.size(), 0L);
    }

    /** Attaches to the function that frees a connection. */
    List<Integer> attachFree(final String path, final long offset) throws LibC.Errno {
        return uprobes("tls_free", 0, path, List.of(offset), List.of(0L));
    }

    /** Attaches to the return of a function that is no TLS library's. */
    List<Integer> attachReturn(final String path, final long offset) throws LibC.Errno {
        return uprobes("tls_free", UPROBE_MULTI_RETURN, path, List.of(offset), List.of(0L));
    }

    private List<Integer> uprobes(
            final String program,
            final int flags,
            final String path,
            final List<Long> offsets,
            final List<Long> cookies)
            throws LibC.Errno {
        if (uprobes != UprobeLinks.PERF_EVENT) {
            return List.of(link(program, TRACE_UPROBE_MULTI, flags, path, offsets, cookies));
        }
        final List<Integer> attached = new ArrayList<>();
        try {
            for (int i = 0; i < offsets.size(); i++) {
                final int event = perfEvent(path, offsets.get(i), flags == UPROBE_MULTI_RETURN);
                try {
                    attached.add(link(program, event, path, cookies.get(i)));
                } finally {
                    LibC.close(event); // the link holds it
                }
            }
            return attached;
        } catch (final LibC.Errno e) {
            attached.forEach(LibC::close);
            throw e;
        }
    }

    /**
     * <pre>
     * struct perf_event_attr: 0 type │ 4 size │ 8 config │ … │ 56 uprobe_path │ 64 probe_offset
     * </pre>
     */
    private static int perfEvent(final String path, final long offset, final boolean returns) throws LibC.Errno {
        try (Arena call = Arena.ofConfined()) {
            final MemorySegment attributes = call.allocate(72, 8); // PERF_ATTR_SIZE_VER1
            attributes.set(ValueLayout.JAVA_INT, 0, Integer.parseInt(ofUprobes("type")));
            attributes.set(ValueLayout.JAVA_INT, 4, (int) attributes.byteSize());
            final int bit = Integer.parseInt(ofUprobes("format/retprobe").substring("config:".length()));
            attributes.set(ValueLayout.JAVA_LONG, 8, returns ? 1L << bit : 0);
            attributes.set(ValueLayout.ADDRESS, 56, call.allocateFrom(path));
            attributes.set(ValueLayout.JAVA_LONG, 64, offset);
            return LibC.perfEvent("probe " + path, attributes);
        }
    }

    private static String ofUprobes(final String name) {
        try {
            return Files.readString(Path.of("/sys/bus/event_source/devices/uprobe/" + name))
                    .strip();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * <pre>
     * union bpf_attr, link_create: 0 prog_fd │ 4 target_fd │ 8 attach_type │ 12 flags │ perf_event: 16 bpf_cookie
     * </pre>
     */
    private int link(final String program, final int event, final String path, final long cookie) throws LibC.Errno {
        try (Arena call = Arena.ofConfined()) {
            final MemorySegment attributes = call.allocate(64, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, libbpf.programFd(program(program)));
            attributes.set(ValueLayout.JAVA_INT, 4, event);
            attributes.set(ValueLayout.JAVA_INT, 8, BPF_PERF_EVENT);
            attributes.set(ValueLayout.JAVA_LONG, 16, cookie);
            return bpf("attach " + program + " to " + path, BPF_LINK_CREATE, attributes);
        }
    }

    /**
     * <pre>
     * union bpf_attr, link_create:
     *  0 prog_fd │ 4 target_fd │ 8 attach_type │ 12 flags │
     *  uprobe_multi: 16 path │ 24 offsets │ 32 ref_ctr_offsets │ 40 cookies │ 48 cnt │ 52 flags │ 56 pid
     * </pre>
     */
    private int link(
            final String program,
            final int type,
            final int flags,
            final String path,
            final List<Long> offsets,
            final List<Long> cookies)
            throws LibC.Errno {
        try (Arena call = Arena.ofConfined()) {
            final MemorySegment attributes = call.allocate(64, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, libbpf.programFd(program(program)));
            attributes.set(ValueLayout.JAVA_INT, 8, type);
            attributes.set(ValueLayout.ADDRESS, 16, call.allocateFrom(path));
            attributes.set(ValueLayout.ADDRESS, 24, call.allocateFrom(ValueLayout.JAVA_LONG, longs(offsets)));
            attributes.set(ValueLayout.ADDRESS, 40, call.allocateFrom(ValueLayout.JAVA_LONG, longs(cookies)));
            attributes.set(ValueLayout.JAVA_INT, 48, offsets.size());
            attributes.set(ValueLayout.JAVA_INT, 52, flags);
            return bpf("attach " + program + " to " + path, BPF_LINK_CREATE, attributes);
        }
    }

    private static long[] longs(final List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    /** Attaches the four programs that refuse destinations to a cgroup. */
    List<Integer> attachToCgroup(final Path cgroup) throws LibC.Errno {
        final int directory = LibC.open(cgroup.toString(), LibC.O_RDONLY | LibC.O_DIRECTORY);
        final List<Integer> attached = new ArrayList<>();
        try (Arena call = Arena.ofConfined()) {
            for (int i = 0; i < CGROUP_TYPES.length; i++) {
                final MemorySegment attributes = call.allocate(64, 8);
                attributes.set(ValueLayout.JAVA_INT, 0, libbpf.programFd(program(CGROUP_PROGRAMS.get(i))));
                attributes.set(ValueLayout.JAVA_INT, 4, directory);
                attributes.set(ValueLayout.JAVA_INT, 8, CGROUP_TYPES[i]);
                attached.add(bpf("attach " + CGROUP_PROGRAMS.get(i) + " to " + cgroup, BPF_LINK_CREATE, attributes));
            }
            return attached;
        } catch (final LibC.Errno e) {
            attached.forEach(LibC::close);
            throw e;
        } finally {
            LibC.close(directory);
        }
    }

    static int bpf(final String what, final int command, final MemorySegment attributes) throws LibC.Errno {
        return (int) LibC.syscall(what, LibC.NR_BPF, command, attributes.address(), attributes.byteSize(), 0);
    }

    /** Takes off what needs no target: from then on nothing more is told. */
    void detach() {
        links.forEach(LibC::close);
        links.clear();
    }

    @Override
    public void close() {
        detach();
        libbpf.close(object);
    }
}
