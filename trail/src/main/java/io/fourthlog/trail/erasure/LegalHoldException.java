package io.fourthlog.trail.erasure;

import java.io.Serial;
import java.util.Map;
import java.util.TreeMap;

/** Something that was to be erased must not be. */
public final class LegalHoldException extends Exception {

    @Serial
    private static final long serialVersionUID = 1;

    /** @param held workloads, and who says so */
    LegalHoldException(Map<String, String> held) {
        super("nothing was erased, since these are under a legal hold: " + new TreeMap<>(held));
    }
}
