package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fourthlog.api.config.SensorConfig;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what is in a config of which the cache has the metadata alone. It is asked for where a policy with a fault stays in force as it was
 * last accepted, by every event of its namespace until the fault is gone: so the last ones are kept.
 */
final class RunningConfigs {

    private static final int KEPT = 64; // configs of some ten kibibytes

    private final KubernetesClient client;
    private final Map<String, Optional<SensorConfig>> known = // by uid, because they are immutable
            Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Optional<SensorConfig>> eldest) {
                    return size() > KEPT;
                }
            });

    RunningConfigs(KubernetesClient client) {
        this.client = client;
    }

    /**
     * The config in an observed ConfigMap; empty when a person tampered with it.
     *
     * @throws io.fabric8.kubernetes.client.KubernetesClientException when it cannot be read, and if it is gone meanwhile: the cache will say so
     *     soon, and until then nobody must take the policies in it for ones that never were accepted
     */
    Optional<SensorConfig> read(ConfigMap observed) {
        String uid = observed.getMetadata().getUid();
        Optional<SensorConfig> config = known.get(uid);
        if (config == null) {
            config = SensorObjects.read(client.configMaps()
                    .inNamespace(observed.getMetadata().getNamespace())
                    .withName(observed.getMetadata().getName())
                    .require());
            known.put(uid, config);
        }
        return config;
    }
}
