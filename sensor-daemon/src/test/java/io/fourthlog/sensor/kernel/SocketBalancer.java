package io.fourthlog.sensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Connects whoever is below a cgroup to 127.0.0.1, whatever IPv4 address they ask for, as socket load balancers do for a Service's. */
final class SocketBalancer implements AutoCloseable {
    private static final int BPF_PROG_LOAD = 5; // enum bpf_cmd
    private static final int BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18;

    /** struct bpf_insn: u8 code │ u4 dst, u4 src │ s16 off │ s32 imm. */
    private static final long[] PROGRAM = {
        0x0100_007f_0000_02b7L, // r2 = 127.0.0.1, in network order
        0x0000_0000_0004_2163L, // ((struct bpf_sock_addr *)r1)->user_ip4 = r2
        0x0000_0001_0000_00b7L, // r0 = 1
        0x0000_0000_0000_0095L, // exit
    };

    private final int link;

    SocketBalancer(final Path cgroup) throws LibC.Errno {
        final int directory = LibC.open(cgroup.toString(), LibC.O_RDONLY | LibC.O_DIRECTORY);
        try (Arena arena = Arena.ofConfined()) {
            // union bpf_attr: 0 prog_type │ 4 insn_cnt │ 8 insns │ 16 license │ … │ 68 expected_attach_type
            final MemorySegment load = arena.allocate(72, 8);
            load.set(ValueLayout.JAVA_INT, 0, BPF_PROG_TYPE_CGROUP_SOCK_ADDR);
            load.set(ValueLayout.JAVA_INT, 4, PROGRAM.length);
            load.set(ValueLayout.ADDRESS, 8, arena.allocateFrom(ValueLayout.JAVA_LONG, PROGRAM));
            load.set(ValueLayout.ADDRESS, 16, arena.allocateFrom("GPL"));
            load.set(ValueLayout.JAVA_INT, 68, Programs.CGROUP_INET4_CONNECT);
            final int program = LibC.bpf("load a balancer", BPF_PROG_LOAD, load);
            try {
                final MemorySegment attach = arena.allocate(64, 8);
                attach.set(ValueLayout.JAVA_INT, 0, program);
                attach.set(ValueLayout.JAVA_INT, 4, directory);
                attach.set(ValueLayout.JAVA_INT, 8, Programs.CGROUP_INET4_CONNECT);
                link = LibC.bpf("attach a balancer", LibC.BPF_LINK_CREATE, attach);
            } finally {
                LibC.close(program);
            }
        } finally {
            LibC.close(directory);
        }
    }

    @Override
    public void close() {
        LibC.close(link);
    }
}
