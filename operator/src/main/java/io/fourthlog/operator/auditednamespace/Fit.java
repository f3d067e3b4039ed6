package io.fourthlog.operator.auditednamespace;

import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.config.SensorConfig;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the policies that have to be left out of a config, because all together are more than a ConfigMap takes. Those of Fourthlog's own
 * namespace come first, then the others, that one earlier which is less together with what comes before it of its own namespace: so the
 * policies of a namespace that has no more than an equal share are not kept out by those of another.
 */
final class Fit {

    static final int CONFIG_BYTES = 1_000_000; // of the 1 MiB of a ConfigMap, for the document

    /**
     * A policy for which there is no room.
     *
     * @param bytes that it would have taken
     * @param instead what is in the config in its place: as it was accepted before; null when that does not fit either, or there is none
     */
    record LeftOut(int bytes, SensorConfig.@Nullable Policy instead) {

        Obstacle obstacle() {
            return new Obstacle(
                    "ConfigTooLarge",
                    "The " + bytes
                            + " bytes of this policy do not fit into the config of its sensors, which has at most "
                            + CONFIG_BYTES + ": remove policies or rules. " + inForce(),
                    false);
        }

        String inForce() {
            return instead == null ? "None of its rules is in force." : "Its last accepted spec stays in force.";
        }
    }

    /**
     * A policy and what it takes, each with a comma.
     *
     * @param policy the policy
     * @param bytes of the policy itself
     * @param references bytes of its profile and its tier, which it can have in common with others
     */
    private record Sized(SensorConfig.Policy policy, int bytes, Map<String, Integer> references) {

        static Sized of(SensorConfig.Policy policy, Function<List<SensorConfig.Policy>, SensorConfig> compile) {
            SensorConfig config = compile.apply(List.of(policy));
            int all = config.canonicalJson().length;
            int references = with(config, config.redactionProfiles());
            int tier = with(config, Map.of());
            int nothing = compile.apply(List.of()).canonicalJson().length;
            return new Sized(
                    policy,
                    all - references + 1,
                    Map.of(
                            "profile " + policy.redaction(),
                            references - tier + 1,
                            "tier " + policy.tier(),
                            tier - nothing + 1));
        }

        private static int with(SensorConfig config, Map<String, RedactionProfileSpec> profiles) {
            return new SensorConfig(
                            config.cluster(),
                            config.namespace(),
                            List.of(),
                            profiles,
                            config.retentionTiers(),
                            config.collector(),
                            config.capture())
                    .canonicalJson()
                    .length;
        }

        String namespace() {
            return policy.id().substring(0, policy.id().indexOf('/'));
        }
    }

    private final Set<String> references = new HashSet<>(); // that are in the config
    private int room;

    private Fit(int room) {
        this.room = room;
    }

    /**
     * Policies for which there is no room, by id.
     *
     * @param policies that shall be in it
     * @param systemNamespace Fourthlog's own
     * @param compile makes a config of policies
     * @param last what the sensors run of the policy with this id; null when they do not
     */
    static Map<String, LeftOut> leftOut(
            List<SensorConfig.Policy> policies,
            String systemNamespace,
            Function<List<SensorConfig.Policy>, SensorConfig> compile,
            Function<String, SensorConfig.@Nullable Policy> last) {
        Fit fit = new Fit(CONFIG_BYTES - compile.apply(List.of()).canonicalJson().length);
        Map<String, LeftOut> leftOut = new LinkedHashMap<>();
        for (Sized sized : inOrder(policies, systemNamespace, compile)) {
            if (!fit.take(sized)) {
                String id = sized.policy().id();
                SensorConfig.Policy before = last.apply(id);
                SensorConfig.Policy instead =
                        before == null ? null : before.in(sized.policy().namespaces());
                leftOut.put(
                        id,
                        new LeftOut(
                                sized.bytes(),
                                instead != null && fit.take(Sized.of(instead, compile)) ? instead : null));
            }
        }
        return leftOut;
    }

    /** What is in a config of these policies. */
    static List<SensorConfig.Policy> in(List<SensorConfig.Policy> policies, Map<String, LeftOut> leftOut) {
        return policies.stream()
                .flatMap(policy -> {
                    LeftOut left = leftOut.get(policy.id());
                    return left == null ? Stream.of(policy) : Stream.ofNullable(left.instead());
                })
                .toList();
    }

    private static List<Sized> inOrder(
            List<SensorConfig.Policy> policies,
            String systemNamespace,
            Function<List<SensorConfig.Policy>, SensorConfig> compile) {
        record Placed(Sized sized, long place) {}
        Map<String, Long> soFar = new HashMap<>(); // bytes by namespace
        return policies.stream()
                .map(policy -> Sized.of(policy, compile))
                .map(sized -> new Placed(
                        sized,
                        sized.namespace().equals(systemNamespace)
                                ? 0
                                : soFar.merge(sized.namespace(), (long) sized.bytes(), Long::sum)))
                .sorted(Comparator.comparingLong(Placed::place))
                .map(Placed::sized)
                .toList();
    }

    private boolean take(Sized sized) {
        int bytes = sized.bytes()
                + sized.references().entrySet().stream()
                        .filter(reference -> !references.contains(reference.getKey()))
                        .mapToInt(Map.Entry::getValue)
                        .sum();
        if (bytes > room) {
            return false;
        }
        room -= bytes;
        references.addAll(sized.references().keySet());
        return true;
    }
}
