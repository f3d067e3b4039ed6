package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.operator.OperatorConfig;
import io.fourthlog.operator.redactionprofile.ProfileResolution;
import io.fourthlog.operator.retentiontier.TierResolution;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that a decision about a namespace depends on, taken from the informers' caches.
 *
 * @param config what the operator was told at its start
 * @param now time of the observation
 * @param namespace the audited namespace
 * @param policies its policies
 * @param profiles resolution of each RedactionProfile that there is, by name
 * @param tiers resolution of each RetentionTier that there is, by name
 * @param leases by which its sensors report
 * @param objects everything else that we made for it, leases excluded
 */
record Observed(
        OperatorConfig config,
        Instant now,
        Namespace namespace,
        List<AgentAuditPolicy> policies,
        Map<String, ProfileResolution> profiles,
        Map<String, TierResolution> tiers,
        List<Lease> leases,
        Collection<HasMetadata> objects) {

    String name() {
        return namespace.getMetadata().getName();
    }

    Optional<DaemonSet> daemonSet() {
        return all(DaemonSet.class).stream().findFirst();
    }

    Optional<Secret> certificate() {
        return all(Secret.class).stream().findFirst();
    }

    /** The config that sensors were last told to run. */
    Optional<SensorConfig> running() {
        return daemonSet()
                .map(daemonSet -> daemonSet.getMetadata().getAnnotations().get(Names.CONFIG_DIGEST_ANNOTATION))
                .flatMap(digest -> all(ConfigMap.class).stream()
                        .filter(map -> map.getMetadata().getName().equals(Names.configMap(name(), digest)))
                        .findFirst())
                .flatMap(map -> SensorObjects.read(map));
    }

    <T extends HasMetadata> List<T> all(Class<T> type) {
        return objects.stream().filter(type::isInstance).map(type::cast).toList();
    }
}
