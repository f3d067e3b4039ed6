package io.fourthlog.bench.actionlog;

import com.sun.management.OperatingSystemMXBean;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.log.InclusionProof;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.MerkleTree;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.actionlog.log.VerificationReport;
import io.fourthlog.bench.policy.Events;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/**
 * Writes, verifies and proves logs of growing sizes beside the naive design and sha256sum. Arguments: a folder, and the
 * numbers of events from small to large; the figures are those of the last, in FOLDER/figures.json.
 *
 * <p>A speed is per second of CPU time of the whole process, with its collector and compiler; {@code …_wall} are per
 * second of the clock and so have the disk's fsync in them. No log is deleted before the end: an ext4 without a journal looks at each
 * inode that was deleted in the last minute whenever it makes a file, and that is most of what appending then takes.
 */
public final class LogFigures {

    private static final int BATCH = 4_096; // events for one fsync and one signature
    private static final int PROOFS = 20_000;
    private static final int NAIVE_EVENTS = 2 * BATCH;
    private static final double MIB = 1024 * 1024;
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private LogFigures() {}

    /** CPU and clock seconds that something took. */
    private record Took(double cpu, double wall) {

        interface Work {
            void run() throws IOException;
        }

        static Took of(Work work) throws IOException {
            final long cpu = SYSTEM.getProcessCpuTime();
            final long wall = System.nanoTime();
            work.run();
            return new Took((SYSTEM.getProcessCpuTime() - cpu) / 1e9, (System.nanoTime() - wall) / 1e9);
        }
    }

    private record Run(
            int events,
            Took append,
            Took verify,
            Took verifyEvents,
            Took sha256sum,
            double proofMicros,
            int proofBytes,
            double bytesPerEvent,
            double heapMib) {}

    /** Measures. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        final Path folder = Path.of(arguments[0]);
        final List<Event> events = sample();
        measure(folder.resolve("warm-up"), events, 100 * BATCH);
        naive(folder, events, BATCH); // warms up
        final Took naive = naive(folder, events, 1);
        final Took naiveBatched = naive(folder, events, BATCH);
        System.out.printf(
                Locale.ROOT,
                "naive: %,.0f events/s (wall %,.0f) with an fsync each, %,.0f (%,.0f) with one a batch%n%10s %12s %12s %12s %12s %12s %14s %14s %9s %9s %9s %9s%n",
                NAIVE_EVENTS / naive.cpu(),
                NAIVE_EVENTS / naive.wall(),
                NAIVE_EVENTS / naiveBatched.cpu(),
                NAIVE_EVENTS / naiveBatched.wall(),
                "events",
                "append/s",
                "wall",
                "verify/s",
                "wall",
                "with events",
                "sha256sum/s",
                "wall",
                "proof µs",
                "proof B",
                "B/event",
                "heap MiB");
        Run last = null;
        for (int i = 1; i < arguments.length; i++) {
            last = measure(folder.resolve(arguments[i]), events, Integer.parseInt(arguments[i]));
            System.out.printf(
                    Locale.ROOT,
                    "%10d %,12.0f %,12.0f %,12.0f %,12.0f %,12.0f %,14.0f %,14.0f %9.1f %9d %9.1f %9.1f%n",
                    last.events(),
                    last.events() / last.append().cpu(),
                    last.events() / last.append().wall(),
                    last.events() / last.verify().cpu(),
                    last.events() / last.verify().wall(),
                    last.events() / last.verifyEvents().cpu(),
                    last.events() / last.sha256sum().cpu(),
                    last.events() / last.sha256sum().wall(),
                    last.proofMicros(),
                    last.proofBytes(),
                    last.bytesPerEvent(),
                    last.heapMib());
        }
        if (last == null) {
            throw new IllegalArgumentException("usage: LogFigures FOLDER EVENTS...");
        }
        Files.writeString(folder.resolve("figures.json"), json(last, naive, naiveBatched));
    }

    /** Events of about 600 bytes. */
    private static List<Event> sample() {
        final List<Event> events = Arrays.stream(Events.stream(3 * BATCH, 100, 10))
                .filter(DataAccess.class::isInstance)
                .toList();
        System.out.printf(
                Locale.ROOT,
                "events of %.0f bytes%n",
                events.stream()
                        .mapToInt(event -> EventCodec.encode(event).length)
                        .average()
                        .orElseThrow());
        return events;
    }

    /** One file of events, each with the hash of the one before and a signature of its own. */
    private static Took naive(Path folder, List<Event> events, int batch) throws IOException {
        final Ed25519Signer signer = new Ed25519Signer();
        signer.init(true, new Ed25519PrivateKeyParameters(new SecureRandom()));
        final Path file = folder.resolve("naive");
        final Took took = Took.of(() -> {
            try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                byte[] before = new byte[32];
                for (int i = 0; i < NAIVE_EVENTS; i++) {
                    final byte[] event = EventCodec.encode(events.get(i % events.size()));
                    final MessageDigest digest = sha256();
                    digest.update(before);
                    before = digest.digest(event);
                    signer.update(before, 0, before.length);
                    for (final byte[] part : List.of(event, before, signer.generateSignature())) {
                        out.write(ByteBuffer.wrap(part));
                    }
                    if ((i + 1) % batch == 0) {
                        out.force(false);
                    }
                }
            }
        });
        Files.delete(file);
        return took;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static Run measure(Path directory, List<Event> events, int count) throws IOException, InterruptedException {
        final SigningKey key = SigningKey.generate("bench.log.node");
        resetPeaks();
        final Took append = Took.of(() -> append(directory, key, events, count));
        final VerificationReport[] report = new VerificationReport[1];
        final Took verify = Took.of(() -> report[0] = LogVerifier.verify(directory, List.of(key.verifierKey())));
        if (!report[0].holds() || report[0].size() != count) {
            throw new IllegalStateException(report[0].toString());
        }
        final Took verifyEvents =
                Took.of(() -> report[0] = LogVerifier.verifyEvents(directory, List.of(key.verifierKey())));
        if (!report[0].holds()) {
            throw new IllegalStateException(report[0].toString());
        }
        final Took sha256sum = sha256sum(directory);
        final int[] proofBytes = new int[1];
        final double proofMicros = prove(directory, proofBytes);
        return new Run(
                count,
                append,
                verify,
                verifyEvents,
                sha256sum,
                proofMicros,
                proofBytes[0],
                (double) bytes(directory) / count,
                peakMib());
    }

    private static void append(Path directory, SigningKey key, List<Event> events, int count) throws IOException {
        try (LogWriter log = LogWriter.open(directory, key)) {
            for (int i = 0; i < count; i++) {
                log.append(EventCodec.encode(events.get(i % events.size())));
                if ((i + 1) % BATCH == 0) {
                    log.commit();
                }
            }
            log.commit();
        }
    }

    /** The median time of a proof of a leaf somewhere in the log, its files read as a new reader reads them. */
    private static double prove(Path directory, int[] largest) throws IOException {
        final LogReader log = LogReader.open(directory);
        final SplittableRandom random = new SplittableRandom(1);
        final long[] nanos = new long[PROOFS];
        for (int i = 0; i < PROOFS; i++) {
            final long index = random.nextLong(log.size());
            final long start = System.nanoTime();
            final InclusionProof proof = log.inclusionProof(index);
            nanos[i] = System.nanoTime() - start;
            largest[0] = Math.max(largest[0], proof.path().size() * 32);
            if (i % 100 == 0
                    && !proof.verify(
                            MerkleTree.leafHash(log.entry(index)),
                            log.checkpoint().rootHash())) {
                throw new IllegalStateException("the proof of leaf " + index + " does not hold");
            }
        }
        Arrays.sort(nanos);
        return nanos[PROOFS / 2] / 1e3;
    }

    private static Took sha256sum(Path directory) throws IOException, InterruptedException {
        final double before = childrenCpu();
        final long start = System.nanoTime();
        final int exit = new ProcessBuilder("sh", "-c", "find tile -type f -print0 | xargs -0 sha256sum >/dev/null")
                .directory(directory.toFile())
                .inheritIO()
                .start()
                .waitFor();
        final double wall = (System.nanoTime() - start) / 1e9;
        if (exit != 0) {
            throw new IllegalStateException("sha256sum ended with " + exit);
        }
        return new Took(childrenCpu() - before, wall);
    }

    /** CPU seconds of the children that were waited for: fields 16 and 17 of proc_pid_stat(5), in ticks of 10 ms. */
    private static double childrenCpu() throws IOException {
        final String stat = Files.readString(Path.of("/proc/self/stat"));
        final String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1); // from field 3 on
        return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / 100.0;
    }

    private static void resetPeaks() {
        System.gc();
        heapPools().forEach(MemoryPoolMXBean::resetPeakUsage);
    }

    private static double peakMib() {
        return heapPools().stream()
                        .mapToLong(pool -> pool.getPeakUsage().getUsed())
                        .sum()
                / MIB;
    }

    private static List<MemoryPoolMXBean> heapPools() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .toList();
    }

    private static long bytes(Path directory) throws IOException {
        final long[] sum = new long[1];
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                sum[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }
        });
        return sum[0];
    }

    private static String json(Run run, Took naive, Took naiveBatched) {
        final List<String> figures = new ArrayList<>();
        figures.add(figure(
                "append",
                run.events() / run.append().cpu(),
                "events/s",
                "\"wall\": %.0f, \"naive\": %.0f, \"naive_wall\": %.0f, \"naive_batched\": %.0f, \"naive_batched_wall\": %.0f"
                        .formatted(
                                run.events() / run.append().wall(),
                                NAIVE_EVENTS / naive.cpu(),
                                NAIVE_EVENTS / naive.wall(),
                                NAIVE_EVENTS / naiveBatched.cpu(),
                                NAIVE_EVENTS / naiveBatched.wall())));
        figures.add(figure(
                "verify",
                run.events() / run.verify().cpu(),
                "events/s",
                "\"wall\": %.0f, \"sha256sum\": %.0f, \"sha256sum_wall\": %.0f, \"every_event_parsed_too\": %.0f"
                        .formatted(
                                run.events() / run.verify().wall(),
                                run.events() / run.sha256sum().cpu(),
                                run.events() / run.sha256sum().wall(),
                                run.events() / run.verifyEvents().cpu())));
        figures.add(figure("proof_us", run.proofMicros(), "µs", ""));
        figures.add(figure("proof_bytes", run.proofBytes(), "B", ""));
        figures.add(figure("heap_mib", run.heapMib(), "MiB", ""));
        figures.add(figure("bytes_per_event", run.bytesPerEvent(), "B", ""));
        return "[\n" + String.join(",\n", figures) + "\n]\n";
    }

    private static String figure(String id, double value, String unit, String peers) {
        return String.format(
                Locale.ROOT,
                " {\"id\": \"action-log.%s\", \"value\": %.1f, \"unit\": \"%s\", \"peers\": {%s},"
                        + " \"command\": \"make bench ONLY=action-log\"}",
                id,
                value,
                unit,
                peers);
    }
}
