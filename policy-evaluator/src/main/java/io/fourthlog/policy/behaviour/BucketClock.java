package io.fourthlog.policy.behaviour;

/**
 * From times to the buckets that they fall into, over a window and the one before it. The last bucket is kept, because the
 * next event mostly falls into it as well, and the division that finds it costs more than all that is done with it.
 */
final class BucketClock {

    private final long length;
    private final int buckets;
    private long from = Long.MIN_VALUE;
    private long bucket;
    private int slot;

    BucketClock(Span span) {
        this.length = span.bucketMicros();
        this.buckets = 2 * span.buckets();
    }

    /** The number of the bucket that a time falls into. */
    long bucket(long micros) {
        if (from == Long.MIN_VALUE || micros < from || micros - from >= length) {
            bucket = Math.floorDiv(micros, length);
            from = bucket * length;
            slot = slot(bucket);
        }
        return bucket;
    }

    /** The place of a bucket in a ring. */
    int slotOf(long number) {
        return number == bucket ? slot : slot(number);
    }

    /** How many buckets there are in both windows. */
    int buckets() {
        return buckets;
    }

    private int slot(long number) {
        return (int) Math.floorMod(number, (long) buckets);
    }
}
