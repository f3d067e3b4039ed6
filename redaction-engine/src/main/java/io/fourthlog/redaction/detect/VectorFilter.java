package io.fourthlog.redaction.detect;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Finds places with vectors of sixty-four bytes. Literals are told by four bytes of each: a table of 128 bytes for each of those says
 * in which of eight buckets of literals a byte can be there, and what all four say is the buckets that may have one here.
 */
final class VectorFilter extends Filter {

    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_512;
    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_512;
    private static final int LANES = 32; // of those
    private static final ShortVector NUMBERS = ShortVector.broadcast(SHORTS, 0).addIndex(1);
    private static final long LOW_HALF = 0xFFFF_FFFFL;
    private static final int HALF = LiteralBuckets.TABLE / 2;
    private static final int PAIR = 2 * LiteralBuckets.GROUP;

    private final byte[] buckets;

    /** Whether this machine has vectors of that length. */
    static boolean isSupported() {
        return ByteVector.SPECIES_PREFERRED.length() == BYTES.length();
    }

    VectorFilter(LiteralBuckets buckets) {
        super(buckets.literals());
        this.buckets = buckets.tables();
    }

    @Override
    void scan(byte[] text, int from, int blocks) {
        for (int i = 0; i < blocks; i++) {
            signs(text, from + i * BLOCK, i);
        }
        for (int at = 0; at < LiteralBuckets.GROUPS * LiteralBuckets.GROUP; at += PAIR) {
            literals(text, from, blocks, at);
        }
    }

    private void signs(byte[] text, int block, int index) {
        ByteVector bytes = ByteVector.fromArray(BYTES, text, block);
        long digit =
                bytes.sub((byte) '0').compare(VectorOperators.ULT, (byte) 10).toLong();
        long capital =
                bytes.sub((byte) 'A').compare(VectorOperators.ULT, (byte) 26).toLong();
        long space = bytes.compare(VectorOperators.ULT, (byte) ('"' + 1)).toLong();
        long sign = bytes.compare(VectorOperators.EQ, (byte) '@').toLong();
        long full = bytes.compare(VectorOperators.GE, (byte) '+').toLong();
        int before = text[block - 1];
        long digitBefore = before >= '0' && before <= '9' ? 1 : 0;
        long spaceBefore = before >= 0 && before <= '"' ? 1 : 0;
        digits[index] = digit & ~(digit << 1 | digitBefore);
        signs[index] = sign | (capital & (space << 1 | spaceBefore));
        literals[index] = 0;
        full &= full >>> 1;
        full &= full >>> 2;
        full &= full >>> 4;
        setDense(index, Swar.gather(full << 7));
    }

    /** Adds the places of two groups of buckets, whose tables stay in registers from block to block. */
    private void literals(byte[] text, int from, int blocks, int pair) {
        byte[] tables = buckets;
        int other = pair + LiteralBuckets.GROUP;
        ByteVector a = table(tables, pair);
        ByteVector a2 = table(tables, pair + HALF);
        ByteVector b = table(tables, pair + LiteralBuckets.TABLE);
        ByteVector b2 = table(tables, pair + LiteralBuckets.TABLE + HALF);
        ByteVector c = table(tables, pair + 2 * LiteralBuckets.TABLE);
        ByteVector c2 = table(tables, pair + 2 * LiteralBuckets.TABLE + HALF);
        ByteVector d = table(tables, pair + 3 * LiteralBuckets.TABLE);
        ByteVector d2 = table(tables, pair + 3 * LiteralBuckets.TABLE + HALF);
        ByteVector e = table(tables, other);
        ByteVector e2 = table(tables, other + HALF);
        ByteVector f = table(tables, other + LiteralBuckets.TABLE);
        ByteVector f2 = table(tables, other + LiteralBuckets.TABLE + HALF);
        ByteVector g = table(tables, other + 2 * LiteralBuckets.TABLE);
        ByteVector g2 = table(tables, other + 2 * LiteralBuckets.TABLE + HALF);
        ByteVector h = table(tables, other + 3 * LiteralBuckets.TABLE);
        ByteVector h2 = table(tables, other + 3 * LiteralBuckets.TABLE + HALF);
        for (int i = 0; i < blocks; i++) {
            int block = from + i * BLOCK;
            ByteVector first = values(text, block);
            ByteVector second = values(text, block + 1);
            ByteVector third = values(text, block + 2);
            ByteVector fourth = values(text, block + 3);
            ByteVector one = first.selectFrom(a, a2)
                    .and(second.selectFrom(b, b2))
                    .and(third.selectFrom(c, c2))
                    .and(fourth.selectFrom(d, d2));
            ByteVector two = first.selectFrom(e, e2)
                    .and(second.selectFrom(f, f2))
                    .and(third.selectFrom(g, g2))
                    .and(fourth.selectFrom(h, h2));
            literals[i] |= one.or(two).compare(VectorOperators.NE, (byte) 0).toLong();
        }
    }

    @Override
    int list(long[] kind, int blocks) {
        short[] list = places;
        int count = 0;
        for (int i = 0; i < 2 * blocks; i++) {
            long half = kind[i >>> 1] >>> (i % 2 * LANES) & LOW_HALF;
            NUMBERS.add((short) (i * LANES))
                    .compress(VectorMask.fromLong(SHORTS, half))
                    .intoArray(list, count);
            count += Long.bitCount(half);
        }
        return count;
    }

    @Override
    int copyPlain(byte[] source, int from, int to, byte[] target, int at) {
        int in = from;
        int out = at;
        while (to - in >= BLOCK) {
            ByteVector bytes = ByteVector.fromArray(BYTES, source, in);
            long veiled = bytes.compare(VectorOperators.LT, (byte) 0).toLong()
                    | bytes.compare(VectorOperators.EQ, (byte) '\\').toLong()
                    | bytes.compare(VectorOperators.EQ, (byte) '%').toLong()
                    | bytes.compare(VectorOperators.EQ, (byte) '&').toLong();
            if (veiled != 0) {
                break;
            }
            bytes.intoArray(target, out);
            in += BLOCK;
            out += BLOCK;
        }
        return in - from + Unveil.copyWords(source, in, to, target, out);
    }

    private static ByteVector values(byte[] text, int at) {
        ByteVector bytes = ByteVector.fromArray(BYTES, text, at);
        return bytes.lanewise(
                VectorOperators.AND, LiteralShape.BEYOND_ASCII, bytes.compare(VectorOperators.LT, (byte) 0));
    }

    private static ByteVector table(byte[] tables, int at) {
        return ByteVector.fromArray(BYTES, tables, at);
    }
}
