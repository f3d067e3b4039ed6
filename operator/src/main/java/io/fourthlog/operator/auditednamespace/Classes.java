package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.operator.redactionprofile.ProfileResolution;
import io.fourthlog.operator.redactionprofile.ProfileResolver;
import io.fourthlog.operator.retentiontier.TierResolution;
import io.fourthlog.operator.retentiontier.TierResolver;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The resolutions of all profiles and tiers. Compiling profiles costs milliseconds and every namespace asks for all of them, so they
 * are resolved again only when one was edited.
 */
final class Classes {

    private record Known<T>(Map<String, String> versions, Map<String, T> resolved) {}

    private volatile Known<ProfileResolution> profiles = new Known<>(Map.of(), Map.of());
    private volatile Known<TierResolution> tiers = new Known<>(Map.of(), Map.of());

    Map<String, ProfileResolution> profiles(Stream<RedactionProfile> now) {
        Map<String, RedactionProfile> byName = byName(now);
        Map<String, String> versions = versions(byName);
        Known<ProfileResolution> known = profiles;
        if (!known.versions().equals(versions)) {
            known = new Known<>(
                    versions,
                    byName.keySet().stream()
                            .collect(Collectors.toMap(
                                    Function.identity(),
                                    profile -> ProfileResolver.resolve(profile, name -> {
                                        RedactionProfile found = byName.get(name);
                                        return found == null ? null : found.getSpec();
                                    }))));
            profiles = known;
        }
        return known.resolved();
    }

    Map<String, TierResolution> tiers(Stream<RetentionTier> now) {
        Map<String, RetentionTier> byName = byName(now);
        Map<String, String> versions = versions(byName);
        Known<TierResolution> known = tiers;
        if (!known.versions().equals(versions)) {
            known = new Known<>(
                    versions,
                    byName.entrySet().stream()
                            .collect(Collectors.toMap(
                                    Map.Entry::getKey,
                                    tier -> TierResolver.resolve(tier.getValue().getSpec()))));
            tiers = known;
        }
        return known.resolved();
    }

    private static <T extends HasMetadata> Map<String, T> byName(Stream<T> objects) {
        return objects.collect(Collectors.toMap(object -> object.getMetadata().getName(), Function.identity()));
    }

    /** By name, what changes with each edit of the spec and with a new object of the same name. */
    private static <T extends HasMetadata> Map<String, String> versions(Map<String, T> objects) {
        return objects.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        object -> object.getValue().getMetadata().getUid() + "/"
                                + object.getValue().getMetadata().getGeneration()));
    }
}
