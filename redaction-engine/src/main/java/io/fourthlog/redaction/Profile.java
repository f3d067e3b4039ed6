package io.fourthlog.redaction;

import com.google.re2j.Pattern;
import io.fourthlog.redaction.detect.Detector;
import io.fourthlog.redaction.detect.DetectorSet;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A compiled profile: what the {@link RedactionEngine} looks for and how much it describes. Comes from {@link ProfileCompiler};
 * immutable and shared by engines.
 */
public final class Profile {

    /** Made when it is asked for: a sensor whose profiles come from the cluster needs none of its tables. */
    private static final class BuiltIn {
        private static final Profile PROFILE = switch (ProfileCompiler.compile(ProfileSource.defaults("builtin"))) {
            case ProfileCompiler.Result.Compiled(Profile profile) -> profile;
            case ProfileCompiler.Result.Refused(List<ProfileError> errors) ->
                throw new AssertionError("the built-in profile: " + errors);
        };
    }

    private final ProfileSource source;
    private final DetectorSet detectors;
    private final List<CustomPattern> custom;
    private final Map<String, List<Pattern>> allowed;
    private final List<String> tags;
    private final int firstCustom;
    private final PromptClass promptClass;

    Profile(
            ProfileSource source,
            List<Detector> detectors,
            List<CustomPattern> custom,
            Map<String, List<Pattern>> allowed,
            PromptClass promptClass) {
        this.source = source;
        this.promptClass = promptClass;
        this.detectors = new DetectorSet(
                Stream.concat(detectors.stream(), custom.stream().map(CustomPattern::gate))
                        .toList());
        this.custom = List.copyOf(custom);
        this.allowed = Map.copyOf(allowed);
        this.firstCustom = detectors.size();
        this.tags = this.detectors.tags();
    }

    /** Every built-in detector, default bounds, fingerprints. */
    public static Profile builtin() {
        return BuiltIn.PROFILE;
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

    boolean previews() {
        return source.previews();
    }

    /** Whether prompts are classified by a sentence model as well. */
    boolean embeddings() {
        return source.embeddings();
    }

    PromptClass promptClass() {
        return promptClass;
    }

    DetectorSet detectors() {
        return detectors;
    }

    List<CustomPattern> custom() {
        return custom;
    }

    /** Index of the first custom pattern among {@link #tags()}. */
    int firstCustom() {
        return firstCustom;
    }

    /** Tag of each built-in detector, then of each custom pattern; a tag can be there twice. */
    List<String> tags() {
        return tags;
    }

    /** Whether an occurrence is one of those that the profile's author allows. */
    boolean allows(int tag, byte[] text, int start, int end, Budget budget) {
        List<Pattern> patterns = allowed.getOrDefault(tags.get(tag), List.of());
        if (patterns.isEmpty()) {
            return false;
        }
        byte[] exact = Arrays.copyOfRange(text, start, end);
        try {
            for (Pattern pattern : patterns) {
                budget.charge((long) exact.length * pattern.programSize());
                if (pattern.matcher(exact).find()) {
                    return true;
                }
            }
            return false;
        } finally {
            Arrays.fill(exact, (byte) 0);
        }
    }
}
