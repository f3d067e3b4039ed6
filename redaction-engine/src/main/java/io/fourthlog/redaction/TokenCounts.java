package io.fourthlog.redaction;

import io.fourthlog.redaction.Tokenizer.Encoding;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts tokens by a model family's own vocabulary, beside the work, on a thread of its own. Texts are copied off the heap, and zeroed when they were
 * counted. What is longer than {@value #MAX_BYTES} bytes, comes while {@value #WAITING} wait, or is for a model whose family
 * publishes no vocabulary, is not taken: {@link TokenEstimate} has to do. Counts of texts that have a name are kept, since a conversation is
 * sent again with each request.
 */
public final class TokenCounts implements AutoCloseable {

    private static final int MAX_BYTES = 1 << 18; // of the texts of one count, those that are known not among them
    private static final int MAX_KNOWN = 2048; // texts; beyond it all are forgotten
    private static final int WAITING = 8; // counts
    private static final int LEAST_BYTES = 1 << 14; // of memory for the texts of a count
    private static final String NAMELESS = "";
    private static final System.Logger LOG = System.getLogger(TokenCounts.class.getName());

    /** The process's one, started when it is first asked for. */
    private static final class Shared {
        private static final TokenCounts INSTANCE = new TokenCounts();
    }

    private final BlockingQueue<Count> waiting = new ArrayBlockingQueue<>(WAITING);
    private final BlockingQueue<MemorySegment> spare =
            new ArrayBlockingQueue<>(WAITING + 1); // zeroed memory, to be used again
    private final Map<Encoding, Tokenizer> tokenizers = new EnumMap<>(Encoding.class);
    private final Scratch scratch = new Scratch(); // of the worker
    private final Map<Known, Long> known = new ConcurrentHashMap<>(); // tokens
    private final Thread worker =
            Thread.ofPlatform().daemon().name("token-counts").unstarted(this::work);

    private record Known(Encoding encoding, String name) {}

    /** Texts that wait, one behind the other. */
    @SuppressWarnings("ArrayRecordComponent") // its owner's, and never compared
    private record Count(
            Encoding encoding, MemorySegment texts, int[] ends, List<String> names, long before, LateCount late) {

        int size() {
            return ends.length == 0 ? 0 : ends[ends.length - 1];
        }
    }

    /**
     * A text to be counted.
     *
     * @param name its keyed hash, by which it is known when it comes again; null for one that need not be
     */
    public record Text(Plaintext content, @Nullable String name) {}

    TokenCounts() {
        worker.start();
    }

    /** The one of this process. */
    public static TokenCounts shared() {
        return Shared.INSTANCE;
    }

    /**
     * Takes texts, if their model's vocabulary is known and there is room.
     *
     * @throws IllegalStateException if a text is closed
     */
    public Optional<LateCount> take(String modelId, List<Text> texts) {
        Encoding encoding = Encoding.of(modelId).orElse(null);
        if (encoding == null) {
            return Optional.empty();
        }
        List<Text> left = new ArrayList<>();
        long before = 0;
        long size = 0;
        for (Text text : texts) {
            if (text.content().length() == 0) {
                continue; // a message without a text
            }
            Long count = text.name() == null ? null : known.get(new Known(encoding, text.name()));
            if (count == null) {
                left.add(text);
                size += text.content().length();
            } else {
                before += count;
            }
        }
        LateCount late = new LateCount();
        if (left.isEmpty()) {
            late.counted(before);
            return Optional.of(late);
        }
        return size <= MAX_BYTES && waiting.remainingCapacity() > 0 && queue(encoding, left, (int) size, before, late)
                ? Optional.of(late)
                : Optional.empty();
    }

    private boolean queue(Encoding encoding, List<Text> texts, int size, long before, LateCount late) {
        MemorySegment copy = memory(size);
        List<String> names = new ArrayList<>(texts.size());
        int[] ends = new int[texts.size()];
        int end = 0;
        for (int i = 0; i < ends.length; i++) {
            Plaintext text = texts.get(i).content();
            MemorySegment.copy(text.bytes(), 0, copy, ValueLayout.JAVA_BYTE, end, text.length());
            end += text.length();
            ends[i] = end;
            names.add(Objects.requireNonNullElse(texts.get(i).name(), NAMELESS));
        }
        Count count = new Count(encoding, copy, ends, names, before, late);
        boolean taken = waiting.offer(count);
        if (!taken) {
            forget(count);
        }
        return taken;
    }

    /** Memory for so many bytes; what turns out too small is left to the collector. */
    private MemorySegment memory(int size) {
        MemorySegment used = spare.poll();
        return used != null && used.byteSize() >= size
                ? used
                : Arena.ofAuto().allocate(Math.max(LEAST_BYTES, Integer.highestOneBit(Math.max(1, size - 1)) * 2L));
    }

    private void forget(Count count) {
        count.texts().asSlice(0, count.size()).fill((byte) 0);
        spare.offer(count.texts());
    }

    private void work() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Count count = waiting.take();
                try {
                    count(count);
                } finally {
                    forget(count);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "tokens are estimated and not counted: {0}", e.getMessage());
            forgetFurther();
        }
    }

    private void count(Count count) throws IOException {
        Tokenizer tokenizer = tokenizers.get(count.encoding());
        if (tokenizer == null) {
            tokenizer = new Tokenizer(count.encoding());
            tokenizers.put(count.encoding(), tokenizer);
        }
        int size = count.size();
        byte[] texts = scratch.reserve(size + TokenRanks.PADDING); // while they wait, texts are in no heap dump
        try {
            MemorySegment.copy(count.texts(), ValueLayout.JAVA_BYTE, 0, texts, 0, size);
            long tokens = count.before();
            int from = 0;
            for (int i = 0; i < count.ends().length; i++) {
                long counted = tokenizer.count(texts, from, count.ends()[i]);
                if (counted == Tokenizer.NOT_COUNTED) {
                    return;
                }
                keep(new Known(count.encoding(), count.names().get(i)), counted);
                tokens += counted;
                from = count.ends()[i];
            }
            count.late().counted(tokens);
        } finally {
            scratch.wipe();
        }
    }

    private void keep(Known text, long tokens) {
        if (!text.name().equals(NAMELESS)) {
            if (known.size() >= MAX_KNOWN) {
                known.clear();
            }
            known.put(text, tokens);
        }
    }

    /** Without a vocabulary, what comes is only zeroed. */
    private void forgetFurther() {
        try {
            while (true) {
                forget(waiting.take());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops the thread; what waits is zeroed. */
    @Override
    public void close() {
        worker.interrupt();
        for (Count count = waiting.poll(); count != null; count = waiting.poll()) {
            forget(count);
        }
    }
}
