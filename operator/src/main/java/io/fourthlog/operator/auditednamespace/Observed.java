package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.redactionprofile.ProfileResolution;
import io.fourthlog.operator.retentiontier.TierResolution;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a decision about the sensors of a namespace depends on, taken from the informers' caches.
 *
 * @param config what the operator was told at its start
 * @param owner of everything that is made; null when there is none
 * @param now time of the observation
 * @param namespace that the sensors are named after: the audited one, or Fourthlog's own when they are shared
 * @param applied policies that these sensors run, each with the namespaces in which they run it
 * @param own policies whose status is written here, each with all its namespaces
 * @param neighbours every policy that can meet one of {@code own}, those included
 * @param profiles resolution of each RedactionProfile that there is, by name
 * @param tiers resolution of each RetentionTier that there is, by name
 * @param sensors these sensors
 * @param systemConfig what the sensors of Fourthlog's own namespace were last told to run, its metadata alone; null when there is nothing, or
 *     these are those sensors
 * @param elsewhere by name, the other sensors that run one of {@code own}
 */
record Observed(
        OperatorConfig config,
        @Nullable OwnerReference owner,
        Instant now,
        Namespace namespace,
        List<Applied> applied,
        List<Applied> own,
        List<Applied> neighbours,
        Map<String, ProfileResolution> profiles,
        Map<String, TierResolution> tiers,
        Sensors sensors,
        @Nullable ConfigMap systemConfig,
        Map<String, Sensors> elsewhere) {

    String name() {
        return namespace.getMetadata().getName();
    }
}
