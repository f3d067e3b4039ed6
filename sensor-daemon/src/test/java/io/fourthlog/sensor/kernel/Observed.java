package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Keeps what the kernel side tells. */
class Observed implements KernelEventSink {
    record Open(int tgid, OpenFile file) {
        String path() {
            return file.path();
        }

        long sequence() {
            return file.sequence();
        }
    }

    record Close(int tgid, OpenFile file, FileBytes bytes) {
        String path() {
            return file.path();
        }

        long sequence() {
            return file.sequence();
        }

        long read() {
            return bytes.read();
        }

        long written() {
            return bytes.written();
        }

        long mapped() {
            return bytes.mapped();
        }
    }

    record Connect(int tgid, String address, int port, int error) {}

    record Running(int tgid, int ppid, long startTicks, long cgroupId) {}

    record Blind(int tgid, String kind, String detail) {}

    /** One that ends whoever opens a file. */
    static Observed judge(final Kernel kernel, final Path denied) {
        return new Observed() {
            @Override
            public void opened(final KernelProcess process, final OpenFile file) {
                if (file.path().equals(denied.toString())) {
                    assertThat(kernel.terminate(process.tgid(), process.startNs()))
                            .isEqualTo(new TerminateResult.Terminated());
                }
            }
        };
    }

    /** One direction of a connection or channel. */
    static final class Stream {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long next;
        long missing;

        void add(final long position, final MemorySegment data) {
            missing += position - next;
            next = position + data.byteSize();
            bytes.writeBytes(data.toArray(ValueLayout.JAVA_BYTE));
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }

    final List<String> order = new ArrayList<>();
    final Map<String, Long> times = new HashMap<>(); // by what happened, of the first
    final List<Running> running = new ArrayList<>();
    final Map<Integer, Integer> forked = new HashMap<>(); // by which process
    final List<String> programs = new ArrayList<>();
    final List<Open> opened = new ArrayList<>();
    final List<Close> closed = new ArrayList<>();
    final List<Connect> connected = new ArrayList<>();
    final List<Blind> blindSpots = new ArrayList<>();
    final List<Long> cgroups = new ArrayList<>();
    final List<Integer> exited = new ArrayList<>();
    final Map<String, Stream> tls = new HashMap<>(); // by direction and connection
    final Map<Long, Stream> stdio = new HashMap<>(); // by writing end
    final Map<Integer, Long> started = new HashMap<>();
    final Map<Integer, Long> cgroupOf = new HashMap<>();
    final Map<String, Stream> sockets = new HashMap<>();
    int socketsClosed;
    int freed;
    long lostRecords;
    long lostBytes;

    /** Polls until something was seen. */
    void until(final Kernel kernel, final String what, final BooleanSupplier seen) {
        final long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!seen.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not seen: " + what + "; but " + order);
            }
            kernel.poll(Duration.ofMillis(20), this);
        }
    }

    /** Polls until a program that was started has ended, and has been seen to. */
    void untilEnd(final Kernel kernel, final Process process) {
        until(kernel, "the end of " + process.pid(), () -> exited.contains((int) process.pid()));
    }

    private void note(final KernelProcess process, final String what) {
        started.put(process.tgid(), process.startNs());
        cgroupOf.put(process.tgid(), process.cgroupId());
        order.add(process.tgid() + " " + what);
        times.putIfAbsent(what, process.ktimeNs());
    }

    record Other(int port, long sent, long received) {}

    record Served(String address, long sent, long received) {}

    /** What went through a flow that has ended. */
    record Datagrams(int protocol, String address, int port, long sent, long received) {}

    final List<Flow> flows = new ArrayList<>();
    final List<Datagrams> ended = new ArrayList<>();
    final List<Peer> peers = new ArrayList<>();
    final List<Other> others = new ArrayList<>();
    final List<Served> served = new ArrayList<>();
    final Map<Long, Peer> tlsPeers = new HashMap<>(); // by connection
    final List<Long> tlsPeersLate = new ArrayList<>(); // told after data

    @Override
    public void running(final KernelProcess process) {
        running.add(new Running(process.tgid(), process.ppid(), process.startTicks(), process.cgroupId()));
    }

    @Override
    public void forked(final KernelProcess process) {
        forked.put(process.tgid(), process.ppid());
    }

    @Override
    public void exec(final KernelProcess process, final String filename) {
        note(process, "exec " + filename);
        programs.add(filename);
    }

    @Override
    public void exit(final KernelProcess process) {
        note(process, "exit");
        exited.add(process.tgid());
    }

    @Override
    public void tls(
            final KernelProcess process,
            final long ssl,
            final Direction direction,
            final long position,
            final MemorySegment data) {
        note(process, "tls " + direction + " " + position + "+" + data.byteSize());
        tls.computeIfAbsent(direction + " " + ssl, _ -> new Stream()).add(position, data);
    }

    @Override
    public void tlsClosed(final KernelProcess process, final long ssl) {
        note(process, "tlsClosed");
        freed++;
    }

    @Override
    public void socket(
            final KernelProcess process,
            final long socket,
            final Direction direction,
            final long position,
            final MemorySegment data) {
        note(process, "socket " + direction + " " + position + "+" + data.byteSize());
        sockets.computeIfAbsent(direction + " " + socket, _ -> new Stream()).add(position, data);
    }

    @Override
    public void socketPeer(final KernelProcess process, final long socket, final Peer peer) {
        note(process, "socketPeer");
        peers.add(peer);
    }

    @Override
    public void tlsPeer(final KernelProcess process, final long ssl, final Peer peer) {
        note(process, "tlsPeer");
        tlsPeers.put(ssl, peer);
        if (tls.containsKey(Direction.SENT + " " + ssl)) {
            tlsPeersLate.add(ssl);
        }
    }

    @Override
    public void otherSocket(
            final KernelProcess process, final String address, final int port, final long sent, final long received) {
        note(process, "otherSocket");
        others.add(new Other(port, sent, received));
    }

    @Override
    public void servedSocket(
            final KernelProcess process, final String address, final int port, final long sent, final long received) {
        note(process, "servedSocket");
        served.add(new Served(address, sent, received));
    }

    @Override
    public void datagramsBegan(final KernelProcess process, final Flow flow) {
        note(process, "datagramsBegan");
        flows.add(flow);
    }

    @Override
    public void datagramsEnded(final KernelProcess process, final Flow flow, final long sent, final long received) {
        note(process, "datagramsEnded");
        ended.add(new Datagrams(flow.protocol(), flow.address(), flow.port(), sent, received));
    }

    @Override
    public void socketClosed(final KernelProcess process, final long socket) {
        note(process, "socketClosed");
        socketsClosed++;
    }

    @Override
    public void stdio(
            final KernelProcess process,
            final long channel,
            final long endInode,
            final long position,
            final MemorySegment data) {
        note(process, "stdio " + position + "+" + data.byteSize());
        stdio.computeIfAbsent(endInode, _ -> new Stream()).add(position, data);
    }

    @Override
    public void opened(final KernelProcess process, final OpenFile file) {
        note(process, "opened " + file.path());
        opened.add(new Open(process.tgid(), file));
    }

    @Override
    public void closed(final KernelProcess process, final OpenFile file, final FileBytes bytes) {
        note(process, "closed " + file.path());
        closed.add(new Close(process.tgid(), file, bytes));
    }

    @Override
    public void connected(final KernelProcess process, final String address, final int port, final int error) {
        note(process, "connected " + address);
        connected.add(new Connect(process.tgid(), address, port, error));
    }

    @Override
    public void cgroupMade(final long cgroupId, final long parentId, final String path) {
        order.add("cgroup " + path);
        cgroups.add(cgroupId);
    }

    @Override
    public void lost(final long records, final long bytes) {
        lostRecords += records;
        lostBytes += bytes;
    }

    @Override
    public void blindSpot(final KernelProcess process, final String kind, final String detail) {
        note(process, "blind " + kind);
        blindSpots.add(new Blind(process.tgid(), kind, detail));
    }

    @Override
    public void failed(final KernelProcess process, final RuntimeException bug) {
        throw bug;
    }
}
