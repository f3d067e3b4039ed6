package io.fourthlog.redaction.detect;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Lets a {@link VectorFilter} take over when it is faster. Vectors are an incubator module: who starts Java with {@code --add-modules
 * jdk.incubator.vector} wants them, and who does not goes on with the {@link ScalarFilter}. Until the compiler has come to them they are
 * hundreds of times slower, so that a thread of their own tries them on a made-up text first.
 */
final class VectorStart {

    private static final String SAMPLE = """
            {"id":"f47ac10b-58cc-4372-a567-0e02b2c3d479","took":13,"text":"The answer was sent to J. Doe (at 10.1.2.3)."}
            2026-11-24T01:56:00.123456Z INFO request 42 of user@example.org done in 13 ms, path=/api/v1/items/7
            for (int i = 0; i < n; i++) { sum += values[i] % 40; } // naïve, but good enough; secret = "hunter2"
            """;
    private static final int TEXT = 1 << 14; // bytes
    private static final int LONGEST = 30; // seconds, after which the scalar filter stays
    private static final int WINS = 50; // times in a row that vectors have to be faster

    private final List<Detector> detectors;
    private final LiteralTable table;
    private final CompletableFuture<Boolean> decision = new CompletableFuture<>();
    private volatile @Nullable LiteralBuckets buckets; // once vectors are faster

    /**
     * Begins to try.
     *
     * @param table of the scalar filter for the detectors
     */
    VectorStart(List<Detector> detectors, LiteralTable table) {
        this.detectors = List.copyOf(detectors);
        this.table = table;
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty() || !VectorFilter.isSupported()) {
            decision.complete(false);
            return;
        }
        Thread.ofPlatform().daemon().name("redaction-vector-start").start(this::decide);
    }

    /** Whether vectors are in use, once that is decided. */
    CompletableFuture<Boolean> decision() {
        return decision.copy();
    }

    /** The buckets for a {@link VectorFilter}; null as long as it is not the faster one. */
    @Nullable
    LiteralBuckets buckets() {
        return buckets;
    }

    private void decide() {
        try {
            LiteralBuckets sorted = new LiteralBuckets(new LiteralTable(detectors, true));
            if (isFaster(new VectorFilter(sorted), new ScalarFilter(table))) {
                buckets = sorted;
            }
        } finally {
            decision.complete(buckets != null);
        }
    }

    private static boolean isFaster(Filter vectors, Filter scalar) {
        byte[] sample = SAMPLE.getBytes(StandardCharsets.UTF_8);
        byte[] text = new byte[Long.BYTES + TEXT + Sweep.SLACK];
        for (int i = 0; i < text.length; i++) {
            text[i] = sample[i % sample.length];
        }
        byte[] copy = new byte[text.length];
        long start = System.nanoTime();
        int wins = 0;
        while (wins < WINS && System.nanoTime() - start < LONGEST * 1_000_000_000L) {
            wins = nanos(vectors, text, copy) < nanos(scalar, text, copy) ? wins + 1 : 0;
        }
        return wins == WINS;
    }

    private static long nanos(Filter filter, byte[] text, byte[] copy) {
        long start = System.nanoTime();
        for (int at = 0; at < TEXT; ) {
            at += filter.copyPlain(text, at, TEXT, copy, at) + 1;
        }
        int blocks = 1; // as many as come in pieces of a stream, and as many as come at once
        for (int at = Long.BYTES; at + blocks * Filter.BLOCK <= Long.BYTES + TEXT; at += blocks * Filter.BLOCK) {
            blocks = blocks % Filter.BATCH + 1;
            filter.scan(text, at, blocks);
            filter.list(filter.digits, blocks);
        }
        return System.nanoTime() - start;
    }
}
