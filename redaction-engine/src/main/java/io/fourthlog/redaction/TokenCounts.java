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
 * Counts tokens by a model family's own vocabulary: at once what has at most {@value #AT_ONCE} bytes, for which waking a thread takes as
 * long as counting; what is longer, or comes before its vocabulary was read, beside the work, on a thread of its own. Texts that wait for that
 * are copied off the heap, and zeroed when they were counted. What is longer than {@value #MAX_BYTES} bytes, comes while {@value #WAITING} wait,
 * or is for a model whose family publishes no vocabulary, is not taken: {@link TokenEstimate} has to do. Counts of texts that have a name are
 * kept, since a conversation is sent again with each request.
 */
public final class TokenCounts implements AutoCloseable {

    private static final int MAX_BYTES = 1 << 18; // of the texts of one count, those that are known not among them
    private static final int AT_ONCE = 1 << 13; // of the same
    private static final int MAX_KNOWN = 2048; // texts; beyond it all are forgotten
    private static final int WAITING = 8; // counts
    private static final int LEAST_BYTES = 1 << 14; // of memory for the texts of a count
    private static final String NAMELESS = "";
    private static final System.Logger LOG = System.getLogger(TokenCounts.class.getName());

    /** The process's one, started when it is first asked for. */
    private static final class Shared {
        private static final TokenCounts INSTANCE = new TokenCounts();
    }

    private final BlockingQueue<Waiting> waiting = new ArrayBlockingQueue<>(WAITING);
    private final BlockingQueue<MemorySegment> spare =
            new ArrayBlockingQueue<>(WAITING + 1); // zeroed memory, to be used again
    private final Map<Encoding, TokenRanks> vocabularies = new ConcurrentHashMap<>(); // that the worker has read
    private final Counter beside = new Counter(); // the worker's
    private final Counter atOnce = new Counter(); // for whoever holds its monitor
    private final Map<Known, Long> known = new ConcurrentHashMap<>(); // tokens
    private final Thread worker =
            Thread.ofPlatform().daemon().name("token-counts").unstarted(this::work);

    private record Known(Encoding encoding, String name) {}

    /** Of texts that lie one behind the other. */
    @SuppressWarnings("ArrayRecordComponent") // its owner's, and never compared
    private record Count(Encoding encoding, int[] ends, List<String> names, long before, LateCount late) {

        static Count of(Encoding encoding, List<Text> texts, long before) {
            List<String> names = new ArrayList<>(texts.size());
            int[] ends = new int[texts.size()];
            int end = 0;
            for (int i = 0; i < ends.length; i++) {
                end += texts.get(i).content().length();
                ends[i] = end;
                names.add(Objects.requireNonNullElse(texts.get(i).name(), NAMELESS));
            }
            return new Count(encoding, ends, names, before, new LateCount());
        }

        int start(int text) {
            return text == 0 ? 0 : ends[text - 1];
        }

        int size() {
            return start(ends.length);
        }
    }

    private record Waiting(Count count, MemorySegment texts) {}

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
        if (size > MAX_BYTES) {
            return Optional.empty();
        }
        Count count = Count.of(encoding, left, before);
        TokenRanks vocabulary = vocabularies.get(encoding);
        if (left.isEmpty()) {
            count.late().counted(before);
        } else if (size <= AT_ONCE && vocabulary != null) {
            atOnce(count, left, vocabulary);
        } else if (waiting.remainingCapacity() == 0 || !queue(count, left)) {
            return Optional.empty();
        }
        return Optional.of(count.late());
    }

    private void atOnce(Count count, List<Text> of, TokenRanks vocabulary) {
        synchronized (atOnce) {
            try {
                byte[] texts = atOnce.reserve(count);
                for (int i = 0; i < of.size(); i++) {
                    Plaintext text = of.get(i).content();
                    System.arraycopy(text.bytes(), 0, texts, count.start(i), text.length());
                }
                atOnce.count(count, vocabulary, texts);
            } finally {
                atOnce.scratch.wipe();
            }
        }
    }

    private boolean queue(Count count, List<Text> of) {
        MemorySegment texts = memory(count.size());
        for (int i = 0; i < of.size(); i++) {
            Plaintext text = of.get(i).content();
            MemorySegment.copy(text.bytes(), 0, texts, ValueLayout.JAVA_BYTE, count.start(i), text.length());
        }
        Waiting behind = new Waiting(count, texts);
        boolean taken = waiting.offer(behind);
        if (!taken) {
            forget(behind);
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

    private void forget(Waiting counted) {
        counted.texts().asSlice(0, counted.count().size()).fill((byte) 0);
        spare.offer(counted.texts());
    }

    private void work() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Waiting next = waiting.take();
                try {
                    count(next.count(), next.texts());
                } finally {
                    forget(next);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "tokens are estimated and not counted: {0}", e.getMessage());
            forgetFurther();
        }
    }

    private void count(Count count, MemorySegment of) throws IOException {
        TokenRanks vocabulary = vocabularies.get(count.encoding());
        if (vocabulary == null) {
            vocabulary = count.encoding().vocabulary();
            vocabularies.put(count.encoding(), vocabulary);
        }
        try {
            byte[] texts = beside.reserve(count); // while they wait, texts are in no heap dump
            MemorySegment.copy(of, ValueLayout.JAVA_BYTE, 0, texts, 0, count.size());
            beside.count(count, vocabulary, texts);
        } finally {
            beside.scratch.wipe();
        }
    }

    /** Counts in memory that is kept, and empty in between. */
    private final class Counter {
        private final Map<Encoding, Tokenizer> tokenizers = new EnumMap<>(Encoding.class);
        private final Scratch scratch = new Scratch();

        byte[] reserve(Count count) {
            return scratch.reserve(count.size() + TokenRanks.PADDING);
        }

        void count(Count count, TokenRanks vocabulary, byte[] texts) {
            Tokenizer tokenizer =
                    tokenizers.computeIfAbsent(count.encoding(), encoding -> new Tokenizer(encoding, vocabulary));
            long tokens = count.before();
            for (int i = 0; i < count.ends().length; i++) {
                long counted = tokenizer.count(texts, count.start(i), count.ends()[i]);
                if (counted == Tokenizer.NOT_COUNTED) {
                    return;
                }
                keep(new Known(count.encoding(), count.names().get(i)), counted);
                tokens += counted;
            }
            count.late().counted(tokens);
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
        for (Waiting left = waiting.poll(); left != null; left = waiting.poll()) {
            forget(left);
        }
    }
}
