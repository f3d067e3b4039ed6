package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.EventType;
import java.util.Arrays;

/** What one workload did lately: events by type and bytes, exact to the bucket, and how many different names of each kind. */
@SuppressWarnings("EnumOrdinal") // arrays by enum, in this process only
final class Activity {

    private static final int TYPES = EventType.values().length;

    private final Ring[] rings = new Ring[Span.values().length];
    private final Distinct[] distinct = new Distinct[Kind.COUNTED];
    private final long id; // hash of the workload's name
    private final Baseline baseline;

    Activity(long id, Baseline baseline) {
        this.id = id;
        this.baseline = baseline;
        for (final Span span : Span.values()) {
            rings[span.ordinal()] = new Ring(span);
        }
        for (int kind = 0; kind < distinct.length; kind++) {
            distinct[kind] = new Distinct();
        }
    }

    long id() {
        return id;
    }

    Baseline baseline() {
        return baseline;
    }

    void add(EventType type, long bytes, long micros) {
        for (final Ring ring : rings) {
            ring.add(type, bytes, micros);
        }
    }

    void name(Kind kind, long hash, long micros) {
        distinct[kind.ordinal()].add(micros, hash);
    }

    /** Events of a type, or of all types with -1, in the window that ends at a time or the one before. */
    long events(Span span, int type, long micros, boolean before) {
        return rings[span.ordinal()].sum(type, micros, before);
    }

    long bytes(Span span, long micros, boolean before) {
        return rings[span.ordinal()].sum(TYPES, micros, before);
    }

    long distinct(Kind kind, long fromMicros, long toMicros) {
        return distinct[kind.ordinal()].count(fromMicros, toMicros);
    }

    /** Sums by bucket, over a window and the one before: a row of the counts by type, and of the bytes. */
    private static final class Ring {
        private static final int ROW = TYPES + 1;

        private final int span; // buckets in a window
        private final BucketClock clock;
        private final long[] sums;
        private long newest = Long.MIN_VALUE;

        private Ring(Span span) {
            this.span = span.buckets();
            this.clock = new BucketClock(span);
            this.sums = new long[clock.buckets() * ROW];
        }

        void add(EventType type, long bytes, long micros) {
            final long bucket = clock.bucket(micros);
            advance(bucket);
            if (newest - bucket < clock.buckets()) {
                final int row = row(bucket);
                sums[row + type.ordinal()]++;
                sums[row + TYPES] += bytes;
            }
        }

        /** @param column the ordinal of a type, -1 for all types, or the number of types for bytes */
        long sum(int column, long micros, boolean before) {
            advance(clock.bucket(micros));
            final long last = newest - (before ? span : 0);
            long sum = 0;
            for (long bucket = last - span + 1; bucket <= last; bucket++) {
                final int row = row(bucket);
                if (column >= 0) {
                    sum += sums[row + column];
                } else {
                    for (int type = 0; type < TYPES; type++) {
                        sum += sums[row + type];
                    }
                }
            }
            return sum;
        }

        private void advance(long bucket) {
            if (newest == Long.MIN_VALUE) {
                newest = bucket;
            }
            final long from = Math.max(newest + 1, bucket - clock.buckets() + 1);
            for (long each = from; each <= bucket; each++) {
                final int row = row(each);
                Arrays.fill(sums, row, row + ROW, 0);
            }
            newest = Math.max(newest, bucket);
        }

        private int row(long bucket) {
            return clock.slotOf(bucket) * ROW;
        }
    }
}
