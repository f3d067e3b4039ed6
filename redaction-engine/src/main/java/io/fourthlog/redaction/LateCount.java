package io.fourthlog.redaction;

import java.util.OptionalLong;

/** A number of tokens that is being counted meanwhile. It may come late or never: whoever asks takes what there is. */
public final class LateCount {

    private volatile long tokens = Tokenizer.NOT_COUNTED;

    LateCount() {}

    /** The number, once it is counted. */
    public OptionalLong now() {
        long counted = tokens;
        return counted == Tokenizer.NOT_COUNTED ? OptionalLong.empty() : OptionalLong.of(counted);
    }

    void counted(long number) {
        tokens = number;
    }
}
