package io.fourthlog.redaction.detect;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Finds places with vectors of sixty-four bytes. Literals are told by four bytes of each: a table of 128 bytes for each of those says
 * in which of eight buckets of literals a byte can be there, and what all four say is the buckets that may have one here.
 */
final class VectorFilter extends Filter {

    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_512;
    private static final int HALF = LiteralBuckets.TABLE / 2;
    private static final long EIGHTH = 0x0101010101010101L;
    private static final long GATHER = 0x0102040810204080L;

    private final byte[] buckets;

    /** Whether this machine has vectors of that length. */
    static boolean isSupported() {
        return ByteVector.SPECIES_PREFERRED.length() == BYTES.length();
    }

    VectorFilter(LiteralBuckets buckets) {
        this.buckets = buckets.tables();
    }

    @Override
    void scan(byte[] text, int from, int blocks) {
        byte[] tables = buckets;
        for (int i = 0; i < blocks; i++) {
            int block = from + i * BLOCK;
            ByteVector bytes = ByteVector.fromArray(BYTES, text, block);
            ByteVector first = values(bytes);
            ByteVector second = values(ByteVector.fromArray(BYTES, text, block + 1));
            ByteVector third = values(ByteVector.fromArray(BYTES, text, block + 2));
            ByteVector fourth = values(ByteVector.fromArray(BYTES, text, block + 3));
            long places = 0;
            for (int at = 0; at < LiteralBuckets.GROUPS * LiteralBuckets.GROUP; at += LiteralBuckets.GROUP) {
                ByteVector found = look(first, tables, at)
                        .and(look(second, tables, at + LiteralBuckets.TABLE))
                        .and(look(third, tables, at + 2 * LiteralBuckets.TABLE))
                        .and(look(fourth, tables, at + 3 * LiteralBuckets.TABLE));
                places |= found.compare(VectorOperators.NE, (byte) 0).toLong();
            }
            literals[i] = places;
            long digit = bytes.sub((byte) '0')
                    .compare(VectorOperators.ULT, (byte) 10)
                    .toLong();
            long capital = bytes.sub((byte) 'A')
                    .compare(VectorOperators.ULT, (byte) 26)
                    .toLong();
            long space = bytes.compare(VectorOperators.ULT, (byte) ('"' + 1)).toLong();
            long sign = bytes.compare(VectorOperators.EQ, (byte) '@').toLong();
            long full = bytes.compare(VectorOperators.GE, (byte) '+').toLong();
            int before = text[block - 1];
            long digitBefore = before >= '0' && before <= '9' ? 1 : 0;
            long spaceBefore = before >= 0 && before <= '"' ? 1 : 0;
            digits[i] = digit & ~(digit << 1 | digitBefore);
            signs[i] = sign | (capital & (space << 1 | spaceBefore));
            full &= full >>> 1;
            full &= full >>> 2;
            full &= full >>> 4;
            dense[i] = ((full & EIGHTH) * GATHER) >>> 56;
        }
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

    private static ByteVector values(ByteVector bytes) {
        return bytes.lanewise(
                VectorOperators.AND, LiteralShape.BEYOND_ASCII, bytes.compare(VectorOperators.LT, (byte) 0));
    }

    private static ByteVector look(ByteVector bytes, byte[] tables, int at) {
        return bytes.selectFrom(
                ByteVector.fromArray(BYTES, tables, at), ByteVector.fromArray(BYTES, tables, at + HALF));
    }

    @Override
    int locate(LiteralTable table, int literal, byte[] text, int from, int to, int at) {
        return table.isRarer(literal) ? table.locate(literal, text, from, to, at) : -1;
    }
}
