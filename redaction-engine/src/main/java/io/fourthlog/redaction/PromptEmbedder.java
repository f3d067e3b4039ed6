package io.fourthlog.redaction;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A sentence model that puts a prompt at a place among others: texts that mean the like are near. A library of its own brings one, which
 * {@link PromptEmbeddings} finds by {@link java.util.ServiceLoader}; the engine has none. It is given tokens and never a text: they are
 * content all the same, so they are off the heap, and whatever it makes of them is to be zeroed. Used by one thread.
 */
public interface PromptEmbedder extends AutoCloseable {

    /** Tokens that it is given at most, the first and the last of which are {@code [CLS]} and {@code [SEP]}. */
    int MAX_TOKENS = 128;

    /** Opens the model. */
    interface Provider {

        /** What events call it, such as {@code minilm}. */
        String name();

        PromptEmbedder open() throws IOException;
    }

    /** The tokens of its vocabulary by id, in BERT's notation: {@code ##ing} goes on with a word; lower case. */
    List<String> vocabulary();

    /** Numbers of a place. */
    int dimensions();

    /**
     * Finds the place of a prompt.
     *
     * @param ids {@code count} longs in native order
     * @param place gets {@link #dimensions} floats in native order
     */
    void embed(MemorySegment ids, int count, MemorySegment place);

    @Override
    void close();
}
