package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.Names;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.operator.Cluster;
import io.fourthlog.operator.Drift;
import io.fourthlog.operator.OperatorConfig;
import io.fourthlog.operator.auditednamespace.Decision.StatusChange;
import io.fourthlog.operator.redactionprofile.ProfileResolver;
import io.fourthlog.operator.retentiontier.TierResolver;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reconciles the AgentAuditPolicies of a namespace together, because together they are one config and one DaemonSet: the primary
 * resource is the Namespace, the policies come to it through an informer, and the framework never runs two reconciliations of one
 * namespace at a time.
 */
@ControllerConfiguration(name = "auditednamespace")
public final class AuditedNamespaceReconciler implements Reconciler<Namespace> {

    private static final List<Class<? extends HasMetadata>> MADE = List.of(
            ConfigMap.class, ServiceAccount.class, Secret.class, Role.class, RoleBinding.class, DaemonSet.class);

    private final Cluster cluster;
    private final OperatorConfig config;
    private final Drift drift;
    private final Decider decider = new Decider(new PolicyCheck());
    private volatile @Nullable InformerEventSource<AgentAuditPolicy, Namespace> policies;

    public AuditedNamespaceReconciler(Cluster cluster, OperatorConfig config) {
        this.cluster = cluster;
        this.config = config;
        this.drift = new Drift(cluster.client().getKubernetesSerialization());
    }

    @Override
    public List<EventSource<?, Namespace>> prepareEventSources(EventSourceContext<Namespace> context) {
        InformerEventSource<AgentAuditPolicy, Namespace> policies = new InformerEventSource<>(
                InformerEventSourceConfiguration.from(AgentAuditPolicy.class, Namespace.class)
                        .withWatchAllNamespaces()
                        .withSecondaryToPrimaryMapper(policy ->
                                Set.of(new ResourceID(policy.getMetadata().getNamespace())))
                        .withOnUpdateFilter((now, before) -> !now.getMetadata()
                                        .getGeneration()
                                        .equals(before.getMetadata().getGeneration())
                                || now.getMetadata().getDeletionTimestamp() != null)
                        .build(),
                context);
        this.policies = policies;
        List<EventSource<?, Namespace>> sources = new ArrayList<>(List.of(
                policies,
                classes(RedactionProfile.class, policies, context),
                classes(RetentionTier.class, policies, context),
                new InformerEventSource<>(
                        InformerEventSourceConfiguration.from(Lease.class, Namespace.class)
                                .withNamespaces(config.systemNamespace())
                                .withLabelSelector(Names.NAMESPACE_LABEL + "," + Names.COMPONENT_LABEL + "="
                                        + Names.SENSOR_COMPONENT)
                                .withSecondaryToPrimaryMapper(AuditedNamespaceReconciler::audited)
                                .withOnUpdateFilter(AuditedNamespaceReconciler::saysSomethingNew)
                                .build(),
                        context)));
        for (Class<? extends HasMetadata> type : MADE) {
            sources.add(made(type, context));
        }
        return sources;
    }

    /** Every policy as last seen; none before this replica leads. */
    public Stream<AgentAuditPolicy> policies() {
        InformerEventSource<AgentAuditPolicy, Namespace> known = policies;
        return known == null || !known.isRunning() ? Stream.empty() : known.list(policy -> true);
    }

    @Override
    public UpdateControl<Namespace> reconcile(Namespace namespace, Context<Namespace> context) {
        Observed observed = observe(namespace, context);
        Decision decision = decider.decide(observed);
        apply(observed, decision);
        UpdateControl<Namespace> control = UpdateControl.noUpdate();
        return decision.recheck() == null ? control : control.rescheduleAfter(decision.recheck());
    }

    private Observed observe(Namespace namespace, Context<Namespace> context) {
        Map<String, RedactionProfile> profiles = cached(RedactionProfile.class, context);
        return new Observed(
                config,
                cluster.clock().instant(),
                namespace,
                List.copyOf(context.getSecondaryResources(AgentAuditPolicy.class)),
                profiles.keySet().stream()
                        .collect(Collectors.toMap(
                                Function.identity(),
                                profile -> ProfileResolver.resolve(profile, name -> {
                                    RedactionProfile found = profiles.get(name);
                                    return found == null ? null : found.getSpec();
                                }))),
                cached(RetentionTier.class, context).entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey,
                                tier -> TierResolver.resolve(tier.getValue().getSpec()))),
                List.copyOf(context.getSecondaryResources(Lease.class)),
                MADE.stream()
                        .<HasMetadata>flatMap(type -> context.getSecondaryResources(type).stream())
                        .toList());
    }

    private void apply(Observed observed, Decision decision) {
        for (HasMetadata desired : decision.apply()) {
            drift.seal(desired);
            HasMetadata found = observed.objects().stream()
                    .filter(object -> same(object, desired))
                    .findFirst()
                    .orElse(null);
            if (drift.differs(found, desired)) {
                cluster.apply(desired);
            }
        }
        for (StatusChange change : decision.statuses()) {
            AgentAuditPolicy bare = new AgentAuditPolicy();
            bare.setMetadata(new ObjectMetaBuilder()
                    .withName(change.policy().getMetadata().getName())
                    .withNamespace(change.policy().getMetadata().getNamespace())
                    .build());
            bare.setStatus(change.status());
            cluster.applyStatus(bare);
            if (change.warning() != null) {
                cluster.warn(
                        change.policy(),
                        change.warning().reason(),
                        change.warning().note());
            }
        }
        decision.delete().forEach(cluster::delete);
        if (decision.issueCertificate()) { // last, so that without an authority everything else still is true
            CertificateAuthority authority = CertificateAuthority.read(cluster.client(), config.systemNamespace());
            cluster.apply(SensorObjects.certificate(observed, authority.issue(observed.name(), observed.now())));
        }
    }

    /** What the framework retries is told once, to the people who wait for it. */
    @Override
    public ErrorStatusUpdateControl<Namespace> updateErrorStatus(
            Namespace namespace, Context<Namespace> context, Exception failure) {
        if (failure instanceof CertificateAuthority.UnusableException
                && context.getRetryInfo()
                        .filter(retry -> retry.getAttemptCount() > 0)
                        .isEmpty()) {
            for (AgentAuditPolicy policy : context.getSecondaryResources(AgentAuditPolicy.class)) {
                cluster.warn(policy, "NoCertificate", String.valueOf(failure.getMessage()));
            }
        }
        return ErrorStatusUpdateControl.noStatusUpdate();
    }

    private static boolean same(HasMetadata one, HasMetadata other) {
        return one.getKind().equals(other.getKind())
                && one.getMetadata().getName().equals(other.getMetadata().getName())
                && one.getMetadata().getNamespace().equals(other.getMetadata().getNamespace());
    }

    /** Renewals come every few seconds and change nothing, unless the sensor was taken for silent. */
    private static boolean saysSomethingNew(Lease now, Lease before) {
        return !Objects.equals(
                        now.getMetadata().getAnnotations(), before.getMetadata().getAnnotations())
                || SensorReports.expiry(before)
                        .isBefore(
                                now.getSpec() == null || now.getSpec().getRenewTime() == null
                                        ? SensorReports.expiry(before)
                                        : now.getSpec().getRenewTime().toInstant());
    }

    private static Set<ResourceID> audited(HasMetadata object) {
        return Set.of(new ResourceID(object.getMetadata().getLabels().get(Names.NAMESPACE_LABEL)));
    }

    /** A profile can be an ancestor of any other, so an edit of a class looks at every namespace that has a policy. */
    private static <T extends HasMetadata> InformerEventSource<T, Namespace> classes(
            Class<T> type,
            InformerEventSource<AgentAuditPolicy, Namespace> policies,
            EventSourceContext<Namespace> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(type, Namespace.class)
                        .withSecondaryToPrimaryMapper(edited -> policies.list(policy -> true)
                                .map(policy ->
                                        new ResourceID(policy.getMetadata().getNamespace()))
                                .collect(Collectors.toSet()))
                        .withOnUpdateFilter((now, before) -> !now.getMetadata()
                                .getGeneration()
                                .equals(before.getMetadata().getGeneration()))
                        .build(),
                context);
    }

    private static <T extends HasMetadata> Map<String, T> cached(Class<T> type, Context<Namespace> context) {
        EventSource<T, Namespace> source = context.eventSourceRetriever().getEventSourceFor(type);
        return ((InformerEventSource<T, Namespace>) source)
                .list(object -> true)
                .collect(Collectors.toMap(object -> object.getMetadata().getName(), Function.identity()));
    }

    private <T extends HasMetadata> InformerEventSource<T, Namespace> made(
            Class<T> type, EventSourceContext<Namespace> context) {
        var builder = InformerEventSourceConfiguration.from(type, Namespace.class)
                .withLabelSelector(Names.NAMESPACE_LABEL + "," + Names.MANAGED_BY_LABEL + "=" + Cluster.FIELD_MANAGER)
                .withSecondaryToPrimaryMapper(AuditedNamespaceReconciler::audited);
        // Roles and bindings also are in the audited namespaces; nothing else of ours is.
        boolean everywhere = type == Role.class || type == RoleBinding.class;
        return new InformerEventSource<>(
                (everywhere ? builder.withWatchAllNamespaces() : builder.withNamespaces(config.systemNamespace()))
                        .build(),
                context);
    }
}
