package io.fourthlog.redaction.detect;

/**
 * Reduces text to the few places that a {@link Sweep} has to look at: sixty-four bytes become a bit for each place of a kind. There is
 * one that does arithmetic on eight bytes at a time and runs everywhere, and one of vectors; they give the same numbers, signs and
 * words, and of literals each its own places, at which its table has every literal once. Confined to one thread.
 */
abstract sealed class Filter permits ScalarFilter, VectorFilter {

    static final int BLOCK = 64; // bytes
    static final int BATCH = 32; // blocks that are looked at in one go, while their text is in the first-level cache

    static final int ROOM = 32; // after the last place of a list, which can be written
    /** The literals that it looks for. */
    final LiteralTable table;

    /** Where runs of digits begin, by block. */
    final long[] digits = new long[BATCH];

    /** At signs, and capitals behind white space or a quotation mark, by block. */
    final long[] signs = new long[BATCH];

    /** Where four bytes may be those of a literal, by block. */
    final long[] literals = new long[BATCH];

    /** Words of eight bytes, a bit each, that have neither white space nor quotes in them, by eight blocks. */
    final long[] dense = new long[BATCH / Byte.SIZE];

    /** Distances from the first block, see {@link #list}. */
    final short[] places = new short[BATCH * BLOCK + ROOM];

    /** Anchors at as many places. */
    final long[] anchors = new long[BATCH * BLOCK];

    Filter(LiteralTable table) {
        this.table = table;
    }

    /**
     * Looks at blocks.
     *
     * @param text eight bytes before the first block and {@link Sweep#SLACK} after the last one can be read
     * @param from index of the first block
     * @param blocks up to {@link #BATCH}
     */
    abstract void scan(byte[] text, int from, int blocks);

    /**
     * Lists the places of a kind in {@link #places}. There are so few in each block that a processor would often guess wrong how many.
     *
     * @return how many there are in all
     */
    abstract int list(long[] kind, int blocks);

    /**
     * Copies text as long as there is no byte in the next ones that {@link Unveil} has to look at.
     *
     * @param target may be the source when {@code at <= from}
     * @return bytes that were copied
     */
    abstract int copyPlain(byte[] source, int from, int to, byte[] target, int at);

    /** Sets the dense words of a block, after those of the blocks before it. */
    final void setDense(int block, long words) {
        int shift = block % Byte.SIZE * Byte.SIZE;
        long before = shift == 0 ? 0 : dense[block / Byte.SIZE];
        dense[block / Byte.SIZE] = before | words << shift;
    }
}
