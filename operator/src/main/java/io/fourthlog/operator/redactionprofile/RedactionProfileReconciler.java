package io.fourthlog.operator.redactionprofile;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.RedactionProfileStatus;
import io.fourthlog.operator.cluster.Cluster;
import io.fourthlog.operator.cluster.Conditions;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.redactionprofile.ProfileResolution.Refused;
import io.fourthlog.operator.redactionprofile.ProfileResolution.Resolved;
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
import java.util.stream.Collectors;

/** Tells the author of a RedactionProfile whether policies can use it. Sensors get it through the policies' namespaces. */
@ControllerConfiguration(name = "redactionprofile")
public final class RedactionProfileReconciler implements Reconciler<RedactionProfile> {

    private final Cluster cluster;

    public RedactionProfileReconciler(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public List<EventSource<?, RedactionProfile>> prepareEventSources(EventSourceContext<RedactionProfile> context) {
        // Any profile can be an ancestor of any other, and there are few: an edit of one looks at all.
        return List.of(new InformerEventSource<>(
                InformerEventSourceConfiguration.from(RedactionProfile.class, RedactionProfile.class)
                        .withName("ancestors")
                        .withSecondaryToPrimaryMapper(profile -> context.getPrimaryCache()
                                .list(other -> other.getSpec().parent() != null)
                                .map(ResourceID::fromResource)
                                .collect(Collectors.toSet()))
                        .build(),
                context));
    }

    @Override
    public UpdateControl<RedactionProfile> reconcile(RedactionProfile profile, Context<RedactionProfile> context) {
        ProfileResolution resolution = ProfileResolver.resolve(
                profile.getMetadata().getName(),
                name -> context.getPrimaryCache()
                        .get(new ResourceID(name))
                        .map(RedactionProfile::getSpec)
                        .orElse(null));
        RedactionProfileStatus status =
                status(profile, resolution, cluster.clock().instant());
        if (!status.equals(profile.getStatus())) {
            RedactionProfile bare = new RedactionProfile();
            bare.setMetadata(new ObjectMetaBuilder()
                    .withName(profile.getMetadata().getName())
                    .build());
            bare.setStatus(status);
            cluster.applyStatus(bare);
            if (resolution instanceof Refused refused && !saysAlready(profile, refused)) {
                cluster.warn(profile, "Invalid", Fault.message(refused.faults()));
            }
        }
        return UpdateControl.noUpdate();
    }

    static RedactionProfileStatus status(RedactionProfile profile, ProfileResolution resolution, Instant now) {
        RedactionProfileStatus observed = profile.getStatus();
        long generation = profile.getMetadata().getGeneration();
        Conditions conditions = new Conditions(observed == null ? List.of() : observed.conditions(), generation, now);
        switch (resolution) {
            case Resolved resolved ->
                conditions
                        .add(
                                Conditions.ACCEPTED,
                                true,
                                "Accepted",
                                "The profile is correct." + Fault.toBeLookedAt(resolved.warnings()))
                        .add(Conditions.READY, true, "Accepted", "Policies can use it.");
            case Refused refused -> {
                String message = Fault.message(refused.faults());
                conditions
                        .add(Conditions.ACCEPTED, false, "Invalid", message)
                        .add(Conditions.READY, false, "Invalid", message)
                        .add(Conditions.STALLED, true, "Invalid", "Waiting for an edit of the profile.");
            }
        }
        return new RedactionProfileStatus(generation, conditions.toList());
    }

    private static boolean saysAlready(RedactionProfile profile, Refused refused) {
        return profile.getStatus() != null
                && Conditions.find(profile.getStatus().conditions(), Conditions.ACCEPTED)
                        .filter(accepted -> Fault.message(refused.faults()).equals(accepted.getMessage()))
                        .isPresent();
    }
}
