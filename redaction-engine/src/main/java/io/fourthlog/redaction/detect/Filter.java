package io.fourthlog.redaction.detect;

/**
 * Reduces text to the few places that a {@link Sweep} has to look at: sixty-four bytes become a bit for each place of a kind. There is
 * one that does arithmetic on eight bytes at a time and runs everywhere, and one of vectors; they give the same numbers, signs and
 * words, and of literals each its own places, at which {@link #locate} finds every literal once. Confined to one thread.
 */
abstract sealed class Filter permits ScalarFilter, VectorFilter {

    static final int BLOCK = 64; // bytes
    static final int BATCH = 16; // blocks that are looked at in one go, while their text is in the first-level cache

    /** Where runs of digits begin, by block. */
    final long[] digits = new long[BATCH];

    /** At signs, and capitals behind white space or a quotation mark, by block. */
    final long[] signs = new long[BATCH];

    /** Where four bytes may be those of a literal, by block. */
    final long[] literals = new long[BATCH];

    /** Words of eight bytes, a bit each, that have neither white space nor quotes in them, by block. */
    final long[] dense = new long[BATCH];

    /**
     * Looks at blocks.
     *
     * @param text eight bytes before the first block and {@link Sweep#SLACK} after the last one can be read
     * @param from index of the first block
     * @param blocks up to {@link #BATCH}
     */
    abstract void scan(byte[] text, int from, int blocks);

    /**
     * Copies text as long as there is no byte in the next ones that {@link Unveil} has to look at.
     *
     * @param target may be the source when {@code at <= from}
     * @return bytes that were copied
     */
    abstract int copyPlain(byte[] source, int from, int to, byte[] target, int at);

    /** Index of a literal of the table whose four bytes are at one of {@link #literals}, or -1 if it is not there. */
    abstract int locate(LiteralTable table, int literal, byte[] text, int from, int to, int at);
}
