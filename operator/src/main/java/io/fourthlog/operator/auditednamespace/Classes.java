package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.operator.redactionprofile.ProfileResolution;
import io.fourthlog.operator.redactionprofile.ProfileResolver;
import io.fourthlog.operator.retentiontier.TierResolution;
import io.fourthlog.operator.retentiontier.TierResolver;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The resolutions of all profiles and tiers. Compiling a profile costs tenths of a second and every namespace asks for all of them, so
 * one is resolved again only when it or one that it extends was edited, and by one thread while the others wait.
 */
final class Classes {

    /**
     * A resolution.
     *
     * @param versions of everything that it was made from
     */
    private record Known<T>(Set<String> versions, T resolution) {}

    private Map<String, Known<ProfileResolution>> profiles = Map.of(); // by name; guarded by this, as is the other
    private Map<String, Known<TierResolution>> tiers = Map.of();

    synchronized Map<String, ProfileResolution> profiles(Stream<RedactionProfile> now) {
        Map<String, RedactionProfile> byName = byName(now);
        Map<String, Known<ProfileResolution>> next = new HashMap<>();
        for (String profile : byName.keySet()) {
            Set<String> versions = chain(profile, byName);
            Known<ProfileResolution> known = profiles.get(profile);
            next.put(
                    profile,
                    known != null && known.versions().equals(versions)
                            ? known
                            : new Known<>(versions, ProfileResolver.resolve(profile, name -> {
                                RedactionProfile found = byName.get(name);
                                return found == null ? null : found.getSpec();
                            })));
        }
        profiles = next;
        return resolutions(next);
    }

    synchronized Map<String, TierResolution> tiers(Stream<RetentionTier> now) {
        Map<String, Known<TierResolution>> next = new HashMap<>();
        byName(now).forEach((name, tier) -> {
            Set<String> versions = Set.of(version(tier));
            Known<TierResolution> known = tiers.get(name);
            next.put(
                    name,
                    known != null && known.versions().equals(versions)
                            ? known
                            : new Known<>(versions, TierResolver.resolve(tier.getSpec())));
        });
        tiers = next;
        return resolutions(next);
    }

    /** Versions of a profile and of all that it extends; a circle ends where it begins, and what is missing has a name. */
    private static Set<String> chain(String profile, Map<String, RedactionProfile> byName) {
        Set<String> versions = new LinkedHashSet<>();
        String next = profile;
        while (next != null) {
            RedactionProfile found = byName.get(next);
            if (!versions.add(next + "/" + (found == null ? "missing" : version(found)))) {
                return versions;
            }
            next = found == null ? null : found.getSpec().parent();
        }
        return versions;
    }

    private static <T> Map<String, T> resolutions(Map<String, Known<T>> known) {
        return known.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().resolution()));
    }

    private static <T extends HasMetadata> Map<String, T> byName(Stream<T> objects) {
        return objects.collect(Collectors.toMap(object -> object.getMetadata().getName(), Function.identity()));
    }

    /** Changes with each edit of the spec, and with a new object of the same name. */
    private static String version(HasMetadata object) {
        return object.getMetadata().getUid() + "/" + object.getMetadata().getGeneration();
    }
}
