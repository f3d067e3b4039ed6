package io.fourthlog.policy.behaviour;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The windows of time that are kept, each in buckets: a window ends now and begins at the start of a bucket. */
public enum Span {
    FIVE_MINUTES("5m", Duration.ofSeconds(30), 10),
    DAY("24h", Duration.ofHours(1), 24);

    private final String text;
    private final long bucketMicros;
    private final int buckets;

    Span(String text, Duration bucket, int buckets) {
        this.text = text;
        this.bucketMicros = TimeUnit.MICROSECONDS.convert(bucket);
        this.buckets = buckets;
    }

    /** As rules write it: {@code 5m} or {@code 24h}. */
    public String text() {
        return text;
    }

    /** All that rules can write. */
    public static List<String> texts() {
        return Arrays.stream(values()).map(Span::text).toList();
    }

    /** The window of this name. */
    public static Optional<Span> of(String text) {
        return Arrays.stream(values()).filter(span -> span.text.equals(text)).findFirst();
    }

    long bucketMicros() {
        return bucketMicros;
    }

    int buckets() {
        return buckets;
    }

    double minutes() {
        return (double) bucketMicros * buckets / TimeUnit.MINUTES.toMicros(1);
    }
}
