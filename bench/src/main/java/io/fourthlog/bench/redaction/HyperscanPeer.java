package io.fourthlog.bench.redaction;

import com.sun.management.ThreadMXBean;
import io.fourthlog.bench.redaction.HyperscanRules.Rule;
import io.fourthlog.redaction.detect.Span;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Measures Hyperscan on the same text, with the expressions of {@link HyperscanRules}, twice: where matches end in blocks that know nothing of
 * each other, and what redaction needs: whole spans in one stream, decided by the same verifiers. Writes lines {@code name speed}.
 */
final class HyperscanPeer {

    private static final int PIECE = 1 << 16; // bytes
    private static final int ROUNDS = 7;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final List<Rule> rules = HyperscanRules.all();
    private final List<Hyperscan.Expression> expressions =
            rules.stream().map(Rule::expression).toList();
    private final byte[] text;
    private final MemorySegment bytes; // the same, for the library
    private final long[] verified = new long[rules.size()]; // by rule: the start that was looked at last
    private int matches;
    private int spans;

    private HyperscanPeer(byte[] text, MemorySegment bytes) throws IOException {
        this.text = text;
        this.bytes = bytes;
        MemorySegment.copy(text, 0, bytes, ValueLayout.JAVA_BYTE, 0, text.length);
    }

    public static void main(String[] args) throws IOException {
        byte[] text = Files.readAllBytes(Path.of(args[0]));
        try (Arena arena = Arena.ofConfined()) {
            HyperscanPeer peer = new HyperscanPeer(text, arena.allocate(text.length));
            peer.ends();
            peer.spans();
        }
    }

    private void ends() throws IOException {
        try (Hyperscan hyperscan = new Hyperscan(expressions, false, false, (rule, from, to) -> matches++)) {
            double speed = speed(() -> {
                for (int at = 0; at < text.length; at += PIECE) {
                    hyperscan.scan(bytes.asSlice(at, Math.min(PIECE, text.length - at)));
                }
            });
            System.out.printf(
                    Locale.ROOT,
                    "hyperscan-ends %.1f %d expressions, %d matches%n",
                    speed,
                    expressions.size(),
                    matches);
        }
    }

    private void spans() throws IOException {
        try (Hyperscan hyperscan = new Hyperscan(expressions, true, true, this::verify)) {
            double speed = speed(() -> hyperscan.scanStream(bytes, PIECE));
            System.out.printf(
                    Locale.ROOT,
                    "hyperscan-spans %.1f %d expressions, %d of them too large to have starts, %d matches, %d accepted%n",
                    speed,
                    expressions.size(),
                    hyperscan.withoutStarts().size(),
                    matches,
                    spans);
        }
    }

    /** Looks at each start once, and not at each of its ends. */
    private void verify(int rule, long from, long to) {
        matches++;
        if (verified[rule] != from) {
            verified[rule] = from;
            spans += HyperscanRules.verify(rules.get(rule), text, (int) from, (int) to) == Span.NONE ? 0 : 1;
        }
    }

    /** Median of some rounds, in millions of bytes a second of CPU time. */
    private double speed(Runnable round) {
        List<Double> speeds = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            matches = 0;
            spans = 0;
            Arrays.fill(verified, -1);
            long start = THREADS.getCurrentThreadCpuTime();
            round.run();
            speeds.add(text.length * 1e3 / (THREADS.getCurrentThreadCpuTime() - start));
        }
        speeds.sort(Comparator.naturalOrder());
        return speeds.get(ROUNDS / 2);
    }
}
