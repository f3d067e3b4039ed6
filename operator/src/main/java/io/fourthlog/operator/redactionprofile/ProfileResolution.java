package io.fourthlog.operator.redactionprofile;

import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.operator.cluster.Fault;
import java.util.List;

/** What came of resolving a profile. */
public sealed interface ProfileResolution {

    /**
     * It can be used.
     *
     * @param merged the spec with what it extends merged in; {@code extends} is null
     */
    record Resolved(RedactionProfileSpec merged) implements ProfileResolution {

        /** What its author and those who use it should know. */
        public List<Fault> warnings() {
            return merged.previews()
                    ? List.of(new Fault(
                            "spec.preview",
                            "masked keeps the beginning of what was asked and answered: what detectors miss is there in the clear, for"
                                    + " everyone who reads the trail"))
                    : List.of();
        }
    }

    /** It cannot, and here is everything that is wrong with it. */
    record Refused(List<Fault> faults) implements ProfileResolution {
        public Refused {
            faults = List.copyOf(faults);
        }
    }
}
