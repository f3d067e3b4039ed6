package io.fourthlog.redaction;

import java.util.List;

/** Checks a {@link ProfileSource} and compiles it; the operator does so for the status, the sensor to use it. */
public final class ProfileCompiler {

    private ProfileCompiler() {}

    /** What became of a source. */
    public sealed interface Result {

        /** It compiled. */
        record Compiled(Profile profile) implements Result {}

        /** It did not, and here is everything that is wrong with it. */
        record Refused(List<ProfileError> errors) implements Result {

            public Refused {
                errors = List.copyOf(errors);
            }
        }
    }

    @SuppressWarnings("DoNotCallSuggester")
    public static Result compile(ProfileSource source) {
        throw new UnsupportedOperationException();
    }
}
