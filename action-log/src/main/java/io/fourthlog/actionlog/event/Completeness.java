package io.fourthlog.actionlog.event;

import org.jspecify.annotations.Nullable;

/**
 * Whether the sensor saw all of the bytes behind an event.
 *
 * @param gap whether some are missing: {@code completeness} is {@code gap}, else {@code complete}
 * @param missingBytes how many, if there is a gap and it is known
 */
public record Completeness(boolean gap, @Nullable Long missingBytes) {

    /** Nothing is missing. */
    public static final Completeness COMPLETE = new Completeness(false, null);

    public Completeness {
        Rules.count("missing_bytes", missingBytes);
        if (!gap && missingBytes != null) {
            throw new InvalidField("missing_bytes", "is " + missingBytes + " although there is no gap");
        }
    }

    /** A gap of {@code missingBytes}, or of an unknown size when that is {@code null}. */
    public static Completeness gap(@Nullable Long missingBytes) {
        return new Completeness(true, missingBytes);
    }

    /** The value of {@code completeness}. */
    public String wire() {
        return wire(gap);
    }

    static String wire(boolean gap) {
        return gap ? "gap" : "complete";
    }
}
