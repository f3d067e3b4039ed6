package io.fourthlog.operator.retentiontier;

import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.api.RetentionTierStatus.Effective;
import io.fourthlog.operator.cluster.Fault;
import java.util.List;

/** What came of resolving a tier. */
public sealed interface TierResolution {

    /**
     * It can be used.
     *
     * @param merged the spec with a period of its own for every type of event
     * @param effective the same, with what decided each
     */
    record Resolved(RetentionTierSpec merged, List<Effective> effective) implements TierResolution {}

    /** It cannot, and here is everything that is wrong with it. */
    record Refused(List<Fault> faults) implements TierResolution {
        public Refused {
            faults = List.copyOf(faults);
        }
    }
}
