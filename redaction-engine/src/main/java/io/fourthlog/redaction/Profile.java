package io.fourthlog.redaction;

/**
 * A compiled profile: what the {@link RedactionEngine} looks for and how much it describes. Comes from {@link ProfileCompiler};
 * immutable and shared by engines.
 */
public final class Profile {

    private final ProfileSource source;

    Profile(ProfileSource source) {
        this.source = source;
    }

    /** Every built-in detector, default bounds, fingerprints. */
    public static Profile builtin() {
        return new Profile(ProfileSource.defaults("builtin"));
    }

    public String name() {
        return source.name();
    }

    ProfileSource.Shape shape() {
        return source.shape();
    }

    boolean fingerprints() {
        return source.fingerprints();
    }
}
