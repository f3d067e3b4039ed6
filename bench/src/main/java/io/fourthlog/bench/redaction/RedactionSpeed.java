package io.fourthlog.bench.redaction;

import com.sun.management.ThreadMXBean;
import io.fourthlog.redaction.detect.DetectorSet;
import io.fourthlog.redaction.detect.Detectors;
import io.fourthlog.redaction.detect.Scanner;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Measures the sweep of the redaction engine, all detectors and validators on, one thread: writes the texts for the peers to a folder and
 * the figures as lines {@code id value unit}. With
 * {@code scalar} as a second argument it measures only the speed of a Java that has no vectors.
 */
final class RedactionSpeed {

    private static final int MIXED = 64 << 20; // bytes
    private static final int SMALL = 4 << 20;
    private static final int ROUNDS = 7;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final DetectorSet detectors = new DetectorSet(Detectors.builtIn());
    private final Scanner scanner = new Scanner(detectors);
    private final Counter counter = new Counter();
    private final List<String> figures = new ArrayList<>();

    private RedactionSpeed() {}

    /** Counts findings, all of them. */
    private static final class Counter implements Scanner.Sink {

        private long found;
        private long hash;

        @Override
        public boolean wants(int detector) {
            return true;
        }

        @Override
        public void found(int detector, long start, long end, byte[] text, int from, int to) {
            found++;
            hash += (start * 31 + end) * 31 + detector;
        }
    }

    public static void main(String[] args) throws IOException, NoSuchAlgorithmException {
        Path folder = Path.of(args[0]);
        if (args.length > 1) {
            new RedactionSpeed().runScalar(folder);
        } else {
            new RedactionSpeed().run(folder);
        }
    }

    /** The two plain texts, in a Java without vectors. */
    private void runScalar(Path folder) throws IOException {
        if (detectors.vectors().join()) {
            throw new IllegalStateException("there are vectors: leave out --add-modules jdk.incubator.vector");
        }
        byte[] mixed = Corpus.mixed(MIXED);
        byte[] prose = Corpus.prose(SMALL * 4);
        figure("redaction.mixed_scalar", speed(mixed, mixed.length), "MB/s");
        figure("redaction.prose_scalar", speed(prose, prose.length), "MB/s");
        Files.write(folder.resolve("scalar.txt"), figures);
    }

    private void run(Path folder) throws IOException, NoSuchAlgorithmException {
        byte[] mixed = Corpus.mixed(MIXED);
        byte[] prose = Corpus.prose(SMALL * 4);
        figure("redaction.vectors", detectors.vectors().join() ? 1 : 0, "");
        Files.write(folder.resolve("mixed.txt"), mixed);
        double mixedSpeed = speed(mixed, mixed.length);
        long block = counter.hash;
        long found = counter.found;
        figure("redaction.mixed", mixedSpeed, "MB/s");
        figure("redaction.prose", speed(prose, prose.length), "MB/s");
        figure("redaction.prose_findings_per_mib", counter.found / (prose.length / 1048576.0), "");
        figure("redaction.stream64", stream(mixed, 64), "MB/s");
        if (counter.hash != block || counter.found != found) {
            throw new IllegalStateException("the stream found " + counter.found + ", the block " + found);
        }
        figure("redaction.mixed_findings", (double) found, "");
        double worst = Double.MAX_VALUE;
        List<String> lines = new ArrayList<>();
        for (Corpus.Adversary adversary : Corpus.adversaries(SMALL)) {
            double speed = speed(adversary.text(), adversary.text().length);
            lines.add(String.format(Locale.ROOT, "%8.1f MB/s  %s", speed, adversary.name()));
            worst = Math.min(worst, speed);
        }
        lines.sort(Comparator.naturalOrder());
        lines.forEach(System.out::println);
        figure("redaction.worst", worst, "MB/s");
        figure("redaction.worst_over_median", mixedSpeed / worst, "x");
        figure("redaction.alloc_bytes_per_kib", allocated(prose) / (prose.length / 1024.0), "B");
        figure("redaction.tables_mib", detectors.tableBytes() / 1048576.0, "MiB");
        figure("redaction.sha256", sha256(mixed, false), "MB/s");
        figure("redaction.mixed_and_sha256", sha256(mixed, true), "MB/s");
        Files.write(folder.resolve("figures.txt"), figures);
    }

    private void figure(String id, double value, String unit) {
        String line = String.format(Locale.ROOT, "%s %.3f %s", id, value, unit);
        figures.add(line);
        System.out.println(line);
    }

    /** Median of some rounds, in millions of bytes a second of CPU time. */
    private double speed(byte[] text, int piece) {
        return median(
                () -> {
                    counter.found = 0;
                    counter.hash = 0;
                    scanner.begin(null);
                    for (int at = 0; at < text.length; at += piece) {
                        scanner.feed(text, at, Math.min(text.length, at + piece), counter);
                    }
                    scanner.end(counter);
                },
                text.length);
    }

    private double stream(byte[] text, int piece) {
        Scanner stream = scanner.stream();
        return median(
                () -> {
                    counter.found = 0;
                    counter.hash = 0;
                    stream.begin(null);
                    for (int at = 0; at < text.length; at += piece) {
                        stream.feed(text, at, Math.min(text.length, at + piece), counter);
                    }
                    stream.end(counter);
                },
                text.length);
    }

    private double sha256(byte[] text, boolean sweep) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        int piece = 1 << 14;
        return median(
                () -> {
                    scanner.begin(null);
                    for (int at = 0; at < text.length; at += piece) {
                        int length = Math.min(piece, text.length - at);
                        digest.update(text, at, length);
                        if (sweep) {
                            scanner.feed(text, at, at + length, counter);
                        }
                    }
                    scanner.end(counter);
                    counter.hash += digest.digest()[0];
                },
                text.length);
    }

    private static double median(Runnable round, int bytes) {
        List<Double> speeds = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            long start = THREADS.getCurrentThreadCpuTime();
            round.run();
            speeds.add(bytes * 1e3 / (THREADS.getCurrentThreadCpuTime() - start));
        }
        speeds.sort(Comparator.naturalOrder());
        return speeds.get(ROUNDS / 2);
    }

    private long allocated(byte[] text) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        scanner.begin(null);
        scanner.feed(text, 0, text.length, counter);
        scanner.end(counter);
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
