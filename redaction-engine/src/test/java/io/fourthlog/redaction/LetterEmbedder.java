package io.fourthlog.redaction;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Puts a prompt where its letters are, which is no model but can be told from nothing. Waits for a permit before each prompt. */
final class LetterEmbedder implements PromptEmbedder {

    private static final int LETTERS = 26;

    private final Semaphore permits;

    private LetterEmbedder(Semaphore permits) {
        this.permits = permits;
    }

    /** Lets it classify as many prompts as there are permits, beside the examples of the taxonomies. */
    record Provider(Semaphore permits) implements PromptEmbedder.Provider {

        Provider() {
            this(new Semaphore(Integer.MAX_VALUE));
        }

        @Override
        public String name() {
            return "letters";
        }

        @Override
        public PromptEmbedder open() {
            return new LetterEmbedder(permits);
        }
    }

    /** [CLS], [SEP] and [UNK], letters that begin words, letters that go on with them. */
    @Override
    public List<String> vocabulary() {
        List<String> letters = IntStream.range(0, LETTERS)
                .mapToObj(i -> Character.toString('a' + i))
                .toList();
        return Stream.of(
                        Stream.of("[CLS]", "[SEP]", "[UNK]"),
                        letters.stream(),
                        letters.stream().map("##"::concat))
                .flatMap(tokens -> tokens)
                .toList();
    }

    @Override
    public int dimensions() {
        return LETTERS;
    }

    @Override
    public void embed(MemorySegment ids, int count, MemorySegment place) {
        permits.acquireUninterruptibly();
        for (int i = 0; i < count; i++) {
            int id = (int) ids.getAtIndex(ValueLayout.JAVA_LONG, i) - 3;
            if (id >= 0) {
                int letter = id % LETTERS;
                place.setAtIndex(ValueLayout.JAVA_FLOAT, letter, place.getAtIndex(ValueLayout.JAVA_FLOAT, letter) + 1);
            }
        }
    }

    @Override
    public void close() {}
}
