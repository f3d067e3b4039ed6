package io.fourthlog.operator.webhook;

import io.fourthlog.operator.cluster.Fault;
import java.util.List;

/**
 * What is said of an object.
 *
 * @param faults why it is refused; it is taken when there are none
 * @param warnings what kubectl shows its author
 */
record Verdict(List<Fault> faults, List<Fault> warnings) {

    static final Verdict TAKEN = new Verdict(List.of(), List.of());

    Verdict {
        faults = List.copyOf(faults);
        warnings = List.copyOf(warnings);
    }
}
