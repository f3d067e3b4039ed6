package io.fourthlog.operator.retentiontier;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.api.RetentionTierStatus;
import io.fourthlog.api.RetentionTierStatus.Effective;
import io.fourthlog.operator.cluster.Cluster;
import io.fourthlog.operator.cluster.Conditions;
import io.fourthlog.operator.cluster.Drift;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.cluster.Installation;
import io.fourthlog.operator.cluster.SlimStore;
import io.fourthlog.operator.retentiontier.TierResolution.Refused;
import io.fourthlog.operator.retentiontier.TierResolution.Resolved;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells the author of a RetentionTier what is really kept how long, and why, and the collector what all tiers ask for. Sensors get it
 * through the policies' namespaces.
 */
@ControllerConfiguration(name = "retentiontier", triggerReconcilerOnAllEvents = true) // also when one is deleted
public final class RetentionTierReconciler implements Reconciler<RetentionTier> {

    private final Cluster cluster;
    private final String systemNamespace;
    private final Installation installation;
    private final Drift drift;
    private volatile @Nullable InformerEventSource<ConfigMap, RetentionTier> collector;

    public RetentionTierReconciler(Cluster cluster, String systemNamespace, Installation installation) {
        this.cluster = cluster;
        this.systemNamespace = systemNamespace;
        this.installation = installation;
        this.drift = new Drift(cluster.client().getKubernetesSerialization());
    }

    @Override
    public List<EventSource<?, RetentionTier>> prepareEventSources(EventSourceContext<RetentionTier> context) {
        InformerEventSource<ConfigMap, RetentionTier> source = new InformerEventSource<>(
                InformerEventSourceConfiguration.from(ConfigMap.class, RetentionTier.class)
                        .withName("collector")
                        .withNamespaces(systemNamespace)
                        .withLabelSelector(CollectorRetention.LABELS.entrySet().stream()
                                .map(label -> label.getKey() + "=" + label.getValue())
                                .collect(Collectors.joining(",")))
                        .withItemStore(new SlimStore<>())
                        .withPrimaryToSecondaryMapper(tier -> Set.of())
                        .withSecondaryToPrimaryMapper(map -> context.getPrimaryCache()
                                .keys()
                                .limit(1) // whichever: each looks at the whole
                                .collect(Collectors.toSet()))
                        .build(),
                context);
        collector = source;
        return List.of(source);
    }

    @Override
    public UpdateControl<RetentionTier> reconcile(RetentionTier tier, Context<RetentionTier> context) {
        String deleted = context.isPrimaryResourceDeleted() ? tier.getMetadata().getName() : "";
        ConfigMap asked = drift.seal(CollectorRetention.of(
                context.getPrimaryCache()
                        .list(each -> !each.getMetadata().getName().equals(deleted)),
                systemNamespace,
                installation.owner()));
        ConfigMap found = Objects.requireNonNull(collector)
                .get(new ResourceID(CollectorRetention.NAME, systemNamespace))
                .orElse(null);
        if (drift.between(found, asked) != Drift.Difference.NONE) {
            cluster.apply(asked);
        }
        if (context.isPrimaryResourceDeleted()) {
            return UpdateControl.noUpdate();
        }
        TierResolution resolution = TierResolver.resolve(tier.getSpec());
        RetentionTierStatus status = status(tier, resolution, cluster.clock().instant());
        if (!status.equals(tier.getStatus())) {
            RetentionTier bare = new RetentionTier();
            bare.setMetadata(new ObjectMetaBuilder()
                    .withName(tier.getMetadata().getName())
                    .build());
            bare.setStatus(status);
            cluster.applyStatus(bare);
            if (resolution instanceof Refused refused && !saysAlready(tier, refused)) {
                cluster.warn(tier, "Invalid", Fault.message(refused.faults()));
            }
        }
        return UpdateControl.noUpdate();
    }

    static RetentionTierStatus status(RetentionTier tier, TierResolution resolution, Instant now) {
        RetentionTierStatus observed = tier.getStatus();
        long generation = tier.getMetadata().getGeneration();
        Conditions conditions = new Conditions(observed == null ? List.of() : observed.conditions(), generation, now);
        List<Effective> effective = switch (resolution) {
            case Resolved resolved -> {
                conditions
                        .add(Conditions.ACCEPTED, true, "Accepted", "The tier is correct.")
                        .add(Conditions.READY, true, "Accepted", "Policies can use it.");
                yield resolved.effective();
            }
            case Refused refused -> {
                String message = Fault.message(refused.faults());
                conditions
                        .add(Conditions.ACCEPTED, false, "Invalid", message)
                        .add(Conditions.READY, false, "Invalid", message)
                        .add(Conditions.STALLED, true, "Invalid", "Waiting for an edit of the tier.");
                yield List.of();
            }
        };
        return new RetentionTierStatus(generation, conditions.toList(), effective);
    }

    private static boolean saysAlready(RetentionTier tier, Refused refused) {
        return tier.getStatus() != null
                && Conditions.find(tier.getStatus().conditions(), Conditions.ACCEPTED)
                        .filter(accepted -> Fault.message(refused.faults()).equals(accepted.getMessage()))
                        .isPresent();
    }
}
