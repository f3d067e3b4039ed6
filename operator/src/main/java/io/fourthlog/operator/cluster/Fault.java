package io.fourthlog.operator.cluster;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A mistake of an author, as it is written into the object's status.
 *
 * @param path the field, such as {@code spec.rules[0].when}
 * @param message what is wrong, and the remedy
 */
public record Fault(String path, String message) {

    private static final int SHOWN = 8; // faults in one message; the rest is counted

    /** All faults as one message of a condition. */
    public static String message(List<Fault> faults) {
        String shown = faults.stream().limit(SHOWN).map(Fault::toString).collect(Collectors.joining("; "));
        return faults.size() <= SHOWN ? shown : shown + "; and " + (faults.size() - SHOWN) + " more";
    }

    /** Warnings behind what a message says already; empty when there are none. */
    public static String toBeLookedAt(List<Fault> warnings) {
        return warnings.isEmpty() ? "" : " To be looked at: " + message(warnings);
    }

    @Override
    public String toString() {
        return path + ": " + message;
    }
}
