package io.fourthlog.sensor.kernel;

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

    private static final int BPF_MAP_CREATE = 0; // enum bpf_cmd
    private static final int BPF_RAW_TRACEPOINT_OPEN = 17;
    private static final int BPF_MAP_TYPE_RINGBUF = 27;

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
    private final Uprobes uprobes;
    private final boolean network;
    private final boolean submissions; // whether the kernel tells what is asked through io_uring
    private final List<Integer> links = new ArrayList<>();

    private Programs(
            final LibBpf libbpf,
            final long object,
            final UprobeLinks links,
            final boolean network,
            final boolean submissions) {
        this.libbpf = libbpf;
        this.object = object;
        this.uprobes = new Uprobes(libbpf, object, links);
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
            final UprobeLinks links = Collections.min(List.of(newest, UprobeLinks.newest(kernel)));
            programs = new Programs(libbpf, libbpf.open(bytes), links, network, kernel.hasStruct(SUBMISSION));
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
        uprobes.choose();
        if (!submissions) {
            libbpf.skip(program(SUBMISSIONS));
        }
        if (!network) {
            CGROUP_PROGRAMS.forEach(name -> libbpf.skip(program(name)));
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

    /** What attaches those of them to files that see functions. */
    Uprobes uprobes() {
        return uprobes;
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
            return LibC.bpf("make a ring buffer of " + bytes + " bytes", BPF_MAP_CREATE, attributes);
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
            return LibC.bpf("attach " + program, BPF_RAW_TRACEPOINT_OPEN, attributes);
        }
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
                attached.add(LibC.bpf(
                        "attach " + CGROUP_PROGRAMS.get(i) + " to " + cgroup, LibC.BPF_LINK_CREATE, attributes));
            }
            return attached;
        } catch (final LibC.Errno e) {
            attached.forEach(LibC::close);
            throw e;
        } finally {
            LibC.close(directory);
        }
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
