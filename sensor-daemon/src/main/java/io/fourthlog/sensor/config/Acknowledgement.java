package io.fourthlog.sensor.config;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.api.config.SensorDecisions;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The Lease by which the operator knows that this sensor lives, which config it runs, and why it does not run the newest.
 * Applied by the server under a field manager of its own, so that what is left out goes away.
 */
public final class Acknowledgement {

    private static final String FIELD_MANAGER = "fourthlog-sensor";
    private static final int LEASE_SECONDS = 15; // three renewals
    private static final int MAX_STALLED = 256; // rules; 100 KiB at most, of 256 KiB for all annotations

    private final KubernetesClient client;
    private final String systemNamespace;
    private final String namespace;
    private final String node;
    private final String pod;
    private final List<String> enforcement;
    private final DecisionCounts decisions;
    private final Clock clock;
    private boolean restored;
    private volatile List<OwnerReference> owners = List.of();

    /**
     * @param enforcement what this node's kernel can enforce
     * @param decisions goes on, from the first renewal, from what the Lease says
     */
    public Acknowledgement(
            KubernetesClient client,
            String systemNamespace,
            String namespace,
            String node,
            String pod,
            List<String> enforcement,
            DecisionCounts decisions,
            Clock clock) {
        this.client = client;
        this.systemNamespace = systemNamespace;
        this.namespace = namespace;
        this.node = node;
        this.pod = pod;
        this.enforcement = List.copyOf(enforcement);
        this.decisions = decisions;
        this.clock = clock;
    }

    /** The Lease belongs to this sensor's DaemonSet, and goes with it. */
    void belongsTo(DaemonSet daemonSet) {
        owners = List.of(new OwnerReferenceBuilder()
                .withApiVersion(daemonSet.getApiVersion())
                .withKind(daemonSet.getKind())
                .withName(daemonSet.getMetadata().getName())
                .withUid(daemonSet.getMetadata().getUid())
                .build());
    }

    void renew(ConfigKeeper keeper) {
        if (!restored) {
            restore();
            restored = true;
        }
        client.resource(lease(annotations(keeper, decisions, enforcement)))
                .fieldManager(FIELD_MANAGER)
                .forceConflicts()
                .serverSideApply();
    }

    private void restore() {
        find(Names.sensorLease(namespace, node))
                .or(() -> find(Names.formerSensorLease(namespace, node))
                        .filter(lease -> lease.getMetadata().getLabels() != null
                                && namespace.equals(
                                        lease.getMetadata().getLabels().get(Names.NAMESPACE_LABEL))))
                .map(lease -> lease.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(Names.DECISIONS_ANNOTATION))
                .flatMap(SensorDecisions::parse)
                .ifPresent(decisions::restore);
    }

    private Optional<Lease> find(String name) {
        return Optional.ofNullable(
                client.leases().inNamespace(systemNamespace).withName(name).get());
    }

    static Map<String, String> annotations(ConfigKeeper keeper, DecisionCounts decisions, List<String> enforcement) {
        final Map<String, String> annotations = new TreeMap<>();
        keeper.active().ifPresent(config -> {
            annotations.put(Names.CONFIG_DIGEST_ANNOTATION, config.digest());
            final String stalled = config.policies().stalled().stream()
                    .limit(MAX_STALLED)
                    .map(rule -> rule.policyId() + "/" + rule.rule())
                    .collect(Collectors.joining(","));
            final SensorDecisions decided = decisions.of(config.config().policies().stream()
                    .map(SensorConfig.Policy::id)
                    .collect(Collectors.toSet()));
            if (!decided.equals(SensorDecisions.NONE)) {
                annotations.put(Names.DECISIONS_ANNOTATION, decided.toJson());
            }
            if (!stalled.isEmpty()) {
                annotations.put(Names.STALLED_ANNOTATION, stalled);
            }
        });
        keeper.error().ifPresent(error -> annotations.put(Names.CONFIG_ERROR_ANNOTATION, error));
        annotations.put(Names.ENFORCEMENT_ANNOTATION, String.join(",", enforcement));
        return annotations;
    }

    private Lease lease(Map<String, String> annotations) {
        return new LeaseBuilder()
                .withNewMetadata()
                .withName(Names.sensorLease(namespace, node))
                .withNamespace(systemNamespace)
                .withLabels(Map.of(Names.NAMESPACE_LABEL, namespace, Names.COMPONENT_LABEL, Names.SENSOR_COMPONENT))
                .withAnnotations(annotations)
                .withOwnerReferences(owners)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(pod)
                .withLeaseDurationSeconds(LEASE_SECONDS)
                .withRenewTime(ZonedDateTime.now(clock.withZone(ZoneOffset.UTC)))
                .endSpec()
                .build();
    }
}
