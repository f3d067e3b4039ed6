package io.fourthlog.sensor.config;

import io.fourthlog.redaction.ProfileSource;
import io.fourthlog.redaction.ProfileSource.CustomDetector;
import io.fourthlog.redaction.ProfileSource.KeyNames;
import io.fourthlog.redaction.ProfileSource.Shape;
import java.util.ArrayList;
import java.util.List;
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
                profiles.stream().flatMap(Strictest::named).toList(),
                shared(profiles, ProfileSource::allow),
                new Shape(
                        least(profiles, profile -> profile.shape().maxDepth()),
                        least(profiles, profile -> profile.shape().maxFields()),
                        profiles.stream().anyMatch(profile -> profile.shape().keyNames() == KeyNames.HASH)
                                ? KeyNames.HASH
                                : KeyNames.KEEP),
                profiles.stream().allMatch(ProfileSource::fingerprints),
                profiles.stream().allMatch(ProfileSource::previews));
    }

    /** A profile's own detectors, named so that two profiles can each have one of the same name. */
    private static Stream<CustomDetector> named(ProfileSource profile) {
        return profile.custom().stream()
                .map(detector -> new CustomDetector(
                        profile.name() + "-" + detector.name(),
                        detector.tag(),
                        detector.pattern(),
                        detector.examples(),
                        detector.counterExamples()));
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
