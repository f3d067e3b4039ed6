package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.function.Consumer;

/**
 * The text of a body of any length, in blocks that are looked through one by one. Each begins with the end of the one before, so that
 * what crosses from one to the next is seen, and neither begins nor ends inside of a word, so that no part of one is taken for a whole.
 *
 * <pre>
 *  body   ├──────────────────────────────────────┤
 *  blocks ├──────────────┤
 *                     ├──────────────┤
 *                                 ├──────────────┤
 * </pre>
 */
public final class TextBlocks implements AutoCloseable {
    static final int BLOCK = 64 << 10; // bytes
    static final int OVERLAP = 1 << 10; // bytes; what is looked for is shorter, or known by its beginning
    private static final int WORD = 256; // bytes of a word that is not cut
    private static final int BINARY = 16; // of so many bytes of a text, less than one is a control character

    private final ContentBuffer held;
    private final boolean declared;
    private final Consumer<Plaintext> sink;
    private int seen; // bytes at the beginning that were in the block before

    /**
     * Of one body.
     *
     * @param declared whether it is said to be text, and not to be judged by its looks
     * @param sink gets each block, and closes it
     */
    public TextBlocks(final MemoryBudget budget, final boolean declared, final Consumer<Plaintext> sink) {
        this.held = new ContentBuffer(budget, BLOCK);
        this.declared = declared;
        this.sink = sink;
    }

    /** What follows of it. */
    public void add(final byte[] bytes, final int offset, final int length) {
        int at = offset;
        final int end = offset + length;
        while (at < end) {
            final int count = Math.min(end - at, BLOCK - held.length());
            if (!held.append(bytes, at, count)) {
                end(); // there is no memory for more of it together
                look(bytes, at, count);
            } else if (held.length() == BLOCK) {
                full();
            }
            at += count;
        }
    }

    private void full() {
        final byte[] bytes = held.array();
        final int end = endOfWord(bytes, BLOCK);
        look(bytes, 0, end);
        final int from = endOfWord(bytes, end - OVERLAP);
        System.arraycopy(bytes, from, bytes, 0, BLOCK - from);
        held.truncate(BLOCK - from);
        seen = end - from;
    }

    /** Where the last word before {@code limit} begins, if that is near. */
    private static int endOfWord(final byte[] bytes, final int limit) {
        for (int at = limit; at > limit - WORD; at--) {
            if (isSpace(bytes[at - 1])) {
                return at;
            }
        }
        return limit;
    }

    private static boolean isSpace(final byte b) {
        return (b >= 0 && b <= ' ') || b == ',' || b == ';' || b == '"' || b == '&' || b == '<' || b == '>';
    }

    /** Nothing follows what was added, or not at once. */
    public void end() {
        if (held.length() > seen) {
            look(held.array(), 0, held.length());
        }
        held.clear();
        seen = 0;
    }

    private void look(final byte[] bytes, final int from, final int length) {
        if (declared || looksLikeText(bytes, from, length)) {
            sink.accept(Plaintext.copyOf(bytes, from, length));
        }
    }

    private static boolean looksLikeText(final byte[] bytes, final int from, final int length) {
        int controls = 0;
        for (int at = from; at < from + length; at++) {
            final byte b = bytes[at];
            controls += b >= 0 && b < ' ' && b != '\n' && b != '\r' && b != '\t' ? 1 : 0;
        }
        return controls <= length / BINARY;
    }

    @Override
    public void close() {
        held.close();
    }
}
