package io.fourthlog.sensor.config;

import io.fourthlog.redaction.ProfileSource;
import io.fourthlog.redaction.ProfileSource.CustomDetector;
import io.fourthlog.redaction.ProfileSource.KeyNames;
import io.fourthlog.redaction.ProfileSource.PromptClass;
import io.fourthlog.redaction.ProfileSource.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The redaction of a pod that several policies select: whatever any of their profiles looks for is looked for, and only what
 * all of them let pass is let pass.
 */
final class Strictest {

    private Strictest() {}

    /** One profile that is at least as strict as each of these, which are sorted by name and at least one. */
    static ProfileSource of(List<ProfileSource> profiles) {
        if (profiles.size() == 1) {
            return profiles.getFirst();
        }
        return new ProfileSource(
                profiles.stream().map(ProfileSource::name).collect(Collectors.joining("-")),
                union(profiles, ProfileSource::enable),
                shared(profiles, ProfileSource::disable),
                custom(profiles),
                shared(profiles, ProfileSource::allow),
                new Shape(
                        least(profiles, profile -> profile.shape().maxDepth()),
                        least(profiles, profile -> profile.shape().maxFields()),
                        profiles.stream().anyMatch(profile -> profile.shape().keyNames() == KeyNames.HASH)
                                ? KeyNames.HASH
                                : KeyNames.KEEP),
                profiles.stream().allMatch(ProfileSource::fingerprints),
                profiles.stream().allMatch(ProfileSource::previews),
                promptClasses(profiles),
                profiles.stream().anyMatch(ProfileSource::embeddings));
    }

    /** The classes of all profiles; of one name, those examples that any of them has. */
    private static List<PromptClass> promptClasses(List<ProfileSource> profiles) {
        final Map<String, List<String>> examples = new TreeMap<>();
        for (final ProfileSource profile : profiles) {
            for (final PromptClass own : profile.promptClasses()) {
                examples.merge(
                        own.name(),
                        own.examples(),
                        (a, b) ->
                                Stream.concat(a.stream(), b.stream()).distinct().toList());
            }
        }
        return examples.entrySet().stream()
                .map(each -> new PromptClass(each.getKey(), each.getValue()))
                .toList();
    }

    /** All of the profiles' own detectors, numbered, since two profiles can each have one of the same name. */
    private static List<CustomDetector> custom(List<ProfileSource> profiles) {
        final List<CustomDetector> custom = new ArrayList<>();
        for (final ProfileSource profile : profiles) {
            for (final CustomDetector detector : profile.custom()) {
                custom.add(new CustomDetector(
                        "custom-" + custom.size(),
                        detector.tag(),
                        detector.pattern(),
                        detector.examples(),
                        detector.counterExamples()));
            }
        }
        return custom;
    }

    private static <T> List<T> union(List<ProfileSource> profiles, Function<ProfileSource, List<T>> part) {
        return profiles.stream()
                .flatMap(profile -> part.apply(profile).stream())
                .distinct()
                .toList();
    }

    private static <T> List<T> shared(List<ProfileSource> profiles, Function<ProfileSource, List<T>> part) {
        final List<T> shared = new ArrayList<>(part.apply(profiles.getFirst()));
        profiles.forEach(profile -> shared.retainAll(part.apply(profile)));
        return shared;
    }

    private static int least(List<ProfileSource> profiles, ToIntFunction<ProfileSource> bound) {
        return profiles.stream().mapToInt(bound).min().orElseThrow();
    }
}
