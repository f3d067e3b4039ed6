package io.fourthlog.redaction;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The class of a prompt that a sentence model is finding meanwhile. It may come late or never: whoever asks takes what there is. */
public final class LateClass {

    private final String model;
    private volatile @Nullable String name;

    LateClass(String model) {
        this.model = model;
    }

    /** What events call the model. */
    public String model() {
        return model;
    }

    /** The class, once it is found. */
    public Optional<String> now() {
        return Optional.ofNullable(name);
    }

    void found(String promptClass) {
        name = promptClass;
    }
}
