package io.fourthlog.bench.sensor;

import io.fourthlog.sensor.kernel.Direction;
import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.kernel.KernelEventSink;
import io.fourthlog.sensor.kernel.KernelOptions;
import io.fourthlog.sensor.kernel.KernelProcess;
import io.fourthlog.sensor.kernel.KernelUnavailableException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * CPU time for each record of emptying a full ring, ours and a consumer's in C in turn: a program in the cgroup writes messages of one
 * size to a pipe until the ring is full, then one of the two empties it. Both take the header's fields and copy the data.
 *
 * <pre>java … io.fourthlog.bench.sensor.RingDrain CGROUP FILLER PEER SIZE…</pre>
 *
 * Prints for each size: {@code SIZE OURS PEER}, medians in ns.
 */
public final class RingDrain {
    private static final int RING_BYTES = 64 << 20;
    private static final int WARM_UP = 8; // rings
    private static final int ROUNDS = 7;
    private static final int LARGEST = 16 << 10;

    /** Does with a record what the pipeline does first. */
    private static final class Sink implements KernelEventSink {
        private final byte[] copy = new byte[LARGEST];
        private long records;
        private long sum;

        @Override
        public void stdio(
                final KernelProcess process,
                final long channel,
                final long endInode,
                final long position,
                final MemorySegment data) {
            sum += process.tgid()
                    + process.ppid()
                    + process.startNs()
                    + process.cgroupId()
                    + process.ktimeNs()
                    + channel
                    + endInode
                    + position;
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, copy, 0, (int) data.byteSize());
            sum += copy[0];
            records++;
        }

        @Override
        public void running(final KernelProcess process) {}

        @Override
        public void forked(final KernelProcess process) {}

        @Override
        public void exec(final KernelProcess process, final String filename) {}

        @Override
        public void exit(final KernelProcess process) {}

        @Override
        public void tls(
                final KernelProcess process,
                final long ssl,
                final Direction direction,
                final long position,
                final MemorySegment data) {}

        @Override
        public void tlsClosed(final KernelProcess process, final long ssl) {}

        @Override
        public void socket(
                final KernelProcess process,
                final long socket,
                final Direction direction,
                final long position,
                final MemorySegment data) {}

        @Override
        public void socketPeer(final KernelProcess process, final long socket, final Peer peer) {}

        @Override
        public void tlsPeer(final KernelProcess process, final long ssl, final Peer peer) {}

        @Override
        public void servedSocket(
                final KernelProcess process,
                final String address,
                final int port,
                final long sent,
                final long received) {}

        @Override
        public void otherSocket(
                final KernelProcess process,
                final String address,
                final int port,
                final long sent,
                final long received) {}

        @Override
        public void datagramsBegan(final KernelProcess process, final Flow flow) {}

        @Override
        public void datagramsEnded(
                final KernelProcess process, final Flow flow, final long sent, final long received) {}

        @Override
        public void socketClosed(final KernelProcess process, final long socket) {}

        @Override
        public void opened(final KernelProcess process, final OpenFile file) {}

        @Override
        public void closed(final KernelProcess process, final OpenFile file, final FileBytes bytes) {}

        @Override
        public void connected(final KernelProcess process, final String address, final int port, final int error) {}

        @Override
        public void cgroupMade(final long cgroupId, final long parentId, final String path) {}

        @Override
        public void lost(final long records, final long bytes) {}

        @Override
        public void blindSpot(final KernelProcess process, final String kind, final String detail) {}

        @Override
        public void failed(final KernelProcess process, final RuntimeException bug) {
            throw bug;
        }
    }

    /** A program that answers a line with a line. */
    private record Partner(Process process, BufferedWriter in, BufferedReader out) implements AutoCloseable {
        static Partner start(final String... command) throws IOException {
            final Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            return new Partner(
                    process,
                    new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)),
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
        }

        String ask(final String question) throws IOException {
            in.write(question + "\n");
            in.flush();
            final String answer = out.readLine();
            if (answer == null) {
                throw new IOException(process.info() + " has ended");
            }
            return answer;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    private RingDrain() {}

    public static void main(final String[] arguments) throws IOException, KernelUnavailableException {
        if (arguments.length < 4) {
            System.err.println("usage: RingDrain CGROUP FILLER PEER SIZE...");
            System.exit(2);
        }
        final Path cgroup = Path.of(arguments[0]);
        final KernelOptions defaults = KernelOptions.defaults();
        final KernelOptions options = new KernelOptions(RING_BYTES, defaults.proc(), defaults.cgroups());
        try (Kernel kernel = Kernel.open(options)) {
            kernel.track(cgroup);
            for (final String size : Arrays.asList(arguments).subList(3, arguments.length)) {
                try (Partner filler = Partner.start(
                                "sh", "-c", "echo $$ > $0/cgroup.procs; exec \"$@\"", arguments[0], arguments[1]);
                        Partner peer = Partner.start(
                                arguments[2],
                                String.valueOf(ProcessHandle.current().pid()))) {
                    measure(kernel, filler, peer, size);
                }
            }
        }
    }

    private static void measure(final Kernel kernel, final Partner filler, final Partner peer, final String size)
            throws IOException {
        final Sink sink = new Sink();
        final List<Double> ours = new ArrayList<>();
        final List<Double> theirs = new ArrayList<>();
        for (int round = 0; round < WARM_UP + ROUNDS; round++) {
            fill(kernel, filler, size);
            final double ns = drain(kernel, sink);
            fill(kernel, filler, size);
            final String[] peers = peer.ask("").split(" ", -1);
            if (round >= WARM_UP) {
                ours.add(ns);
                theirs.add(Double.parseDouble(peers[1]) / Double.parseDouble(peers[0]));
            }
        }
        System.out.printf(Locale.ROOT, "%s %.1f %.1f%n", size, median(ours), median(theirs));
    }

    private static double drain(final Kernel kernel, final Sink sink) {
        final long records = sink.records;
        final long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        kernel.poll(Duration.ZERO, sink);
        final long taken = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
        if (sink.sum == 0) {
            throw new IllegalStateException("no record was read");
        }
        return (double) taken / (sink.records - records);
    }

    /** Has messages written until one finds no room. */
    private static void fill(final Kernel kernel, final Partner filler, final String size) throws IOException {
        final long lost = kernel.counters().lostRecords();
        while (kernel.counters().lostRecords() == lost) {
            filler.ask(size);
        }
    }

    private static double median(final List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
