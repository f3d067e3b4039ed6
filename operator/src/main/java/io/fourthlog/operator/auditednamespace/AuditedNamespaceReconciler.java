package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.Names;
import io.fourthlog.operator.auditednamespace.Decision.StatusChange;
import io.fourthlog.operator.cluster.CertificateAuthority;
import io.fourthlog.operator.cluster.Cluster;
import io.fourthlog.operator.cluster.Drift;
import io.fourthlog.operator.cluster.Installation;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.cluster.Wanted;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reconciles the AgentAuditPolicies of a namespace together, because together they are one config and one DaemonSet: the primary
 * resource is the Namespace, the policies come to it through an informer, and the framework never runs two reconciliations of one
 * namespace at a time. With {@code isolation: shared} everything belongs to Fourthlog's own namespace, and the others have nothing.
 */
@ControllerConfiguration(name = "auditednamespace")
public final class AuditedNamespaceReconciler implements Reconciler<Namespace> {

    /** What is refused for good may be allowed by a quota or a role that nobody tells us of. */
    private static final Duration ASK_AGAIN = Duration.ofMinutes(2);

    private static final Logger LOG = LoggerFactory.getLogger(AuditedNamespaceReconciler.class);

    private final Cluster cluster;
    private final OperatorConfig config;
    private final Installation installation;
    private final Drift drift;
    private final Classes classes = new Classes();
    private final OwnWrites writes = new OwnWrites();
    private final Decider decider;
    private volatile @Nullable Sources sources;
    private volatile boolean retired;

    public AuditedNamespaceReconciler(Cluster cluster, OperatorConfig config, Installation installation) {
        this.cluster = cluster;
        this.config = config;
        this.installation = installation;
        this.drift = new Drift(cluster.client().getKubernetesSerialization());
        this.decider = new Decider(new PolicyCheck(), new RunningConfigs(cluster.client())::read);
    }

    @Override
    public List<EventSource<?, Namespace>> prepareEventSources(EventSourceContext<Namespace> context) {
        final Sources made = new Sources(context, cluster, config, writes);
        sources = made;
        return made.all();
    }

    /** Every policy as last seen; none before this replica leads. */
    public Stream<AgentAuditPolicy> policies() {
        Sources known = sources;
        return known == null ? Stream.empty() : known.policies();
    }

    /** Every policy as last seen; empty while this replica does not lead, and when it does no more. */
    public Optional<List<AgentAuditPolicy>> observed() {
        Sources known = sources;
        return known == null || retired ? Optional.empty() : known.observed();
    }

    /** To be called before the caches are closed: what is observed from then on may be half of what there is, and is not acted upon. */
    public void retire() {
        retired = true;
    }

    @Override
    public UpdateControl<Namespace> reconcile(Namespace namespace, Context<Namespace> context) {
        if (namespace.getMetadata().getDeletionTimestamp() != null) {
            return UpdateControl
                    .noUpdate(); // nothing can be made in it any more; its pods are heard until the last is gone
        }
        Observed observed = observe(namespace, Objects.requireNonNull(sources));
        if (retired) {
            return UpdateControl.noUpdate();
        }
        Decision decision = decider.decide(observed);
        Set<AgentAuditPolicy> answered = answerAtOnce(decision);
        List<Failure> failures = apply(observed, decision);
        decision.statuses().apply(failures).stream()
                .filter(change -> !failures.isEmpty() || !answered.contains(change.policy()))
                .forEach(this::write);
        failures.stream()
                .filter(failure -> failure.obstacle().heals())
                .findFirst()
                .ifPresent(failure -> {
                    throw failure.cause(); // the framework tries again, at ever longer intervals
                });
        return Stream.concat(
                        Stream.ofNullable(decision.recheck()),
                        failures.isEmpty() ? Stream.empty() : Stream.of(ASK_AGAIN))
                .min(Comparator.naturalOrder())
                .map(recheck -> UpdateControl.<Namespace>noUpdate().rescheduleAfter(recheck))
                .orElseGet(UpdateControl::noUpdate);
    }

    /** Whoever has just applied a spec waits for its status, GitOps tools among them: it comes before all that has to be made for it. */
    private Set<AgentAuditPolicy> answerAtOnce(Decision decision) {
        Set<AgentAuditPolicy> answered = Collections.newSetFromMap(new IdentityHashMap<>());
        try {
            decision.statuses().apply(List.of()).stream()
                    .filter(StatusChange::answersAnEdit)
                    .forEach(change -> {
                        write(change);
                        answered.add(change.policy());
                    });
        } catch (
                KubernetesClientException
                        e) { // what sensors need does not wait for it, and it is tried again afterwards
            LOG.info("a status was not taken yet: {}", e.getMessage());
        }
        return answered;
    }

    private Observed observe(Namespace namespace, Sources from) {
        String name = namespace.getMetadata().getName();
        List<Applied> applied = from.applied(namespace);
        List<Applied> own = from.own(namespace);
        Sensors sensors = from.sensors(name);
        boolean nothing = applied.isEmpty() && own.isEmpty(); // as most namespaces of a cluster
        return new Observed(
                config,
                nothing ? null : installation.owner().orElse(null),
                cluster.clock().instant(),
                namespace,
                applied,
                own,
                from.neighbours(own, applied),
                nothing ? Map.of() : classes.profiles(from.profiles()),
                nothing ? Map.of() : classes.tiers(from.tiers()),
                sensors,
                nothing ? null : from.systemConfig(sensors).orElse(null),
                from.elsewhere(name, own));
    }

    /** What of the decision could not be done: whoever has rights in a namespace shall not keep the rest from the sensors. */
    private List<Failure> apply(Observed observed, Decision decision) {
        List<Failure> failures = new ArrayList<>();
        for (Wanted wanted : decision.apply()) {
            try {
                apply(observed, wanted);
            } catch (KubernetesClientException e) {
                failures.add(new Failure(wanted.namespace(), e));
                if (wanted.namespace().equals(config.systemNamespace())) {
                    return failures; // what comes after it needs it
                }
            }
        }
        for (HasMetadata obsolete : decision.delete()) {
            if (!writes.isEchoOfDeletion(obsolete)) { // of which the cache has not heard yet
                try {
                    cluster.delete(obsolete);
                    writes.deleted(obsolete);
                } catch (KubernetesClientException e) {
                    LOG.warn("what no sensor needs any more was not deleted: {}", e.getMessage());
                    failures.add(new Failure(obsolete.getMetadata().getNamespace(), e));
                }
            }
        }
        if (decision.issueCertificate()) { // last, so that without an authority everything else still is true
            try {
                CertificateAuthority authority = CertificateAuthority.read(cluster.client(), config.systemNamespace());
                writes.applied(cluster.apply(
                        SensorObjects.certificate(observed, authority.issueSensor(observed.name(), observed.now()))));
            } catch (KubernetesClientException | CertificateAuthority.UnusableException e) {
                failures.add(new Failure(config.systemNamespace(), e));
            }
        }
        return failures;
    }

    private void apply(Observed observed, Wanted wanted) {
        HasMetadata found = observed.sensors().objects().stream()
                .filter(wanted::isOf)
                .findFirst()
                .orElse(null);
        switch (drift.between(found, wanted)) {
            case NONE -> {}
            case DIGEST -> writes.applied(tell((DaemonSet) Objects.requireNonNull(found), wanted));
            case MORE -> writes.applied(write(found, wanted));
        }
    }

    private HasMetadata write(@Nullable HasMetadata found, Wanted wanted) {
        HasMetadata desired = wanted.fill().apply(drift.seal(wanted.make().get()));
        if (found == null && desired instanceof ConfigMap config && config.getImmutable()) {
            Optional<ConfigMap> made = cluster.create(config);
            if (made.isPresent()) {
                drift.made(made.get(), wanted);
                return made.get();
            }
        }
        try {
            return cluster.apply(desired);
        } catch (KubernetesClientException e) {
            if (!(desired instanceof RoleBinding) || e.getCode() != Obstacle.UNPROCESSABLE) {
                throw e;
            }
            cluster.delete(desired); // one of another role, which cannot be changed
            return cluster.apply(desired);
        }
    }

    /** Sensors of this DaemonSet shall run another config, and answer soon. */
    private HasMetadata tell(DaemonSet found, Wanted wanted) {
        HasMetadata told =
                cluster.annotate(found, Names.CONFIG_DIGEST_ANNOTATION, Objects.requireNonNull(wanted.digest()));
        Objects.requireNonNull(sources).expectAnswers();
        return told;
    }

    private void write(StatusChange change) {
        change.news().forEach(violation -> cluster.denied(change.policy(), violation));
        AgentAuditPolicy bare = new AgentAuditPolicy();
        bare.setMetadata(new ObjectMetaBuilder()
                .withName(change.policy().getMetadata().getName())
                .withNamespace(change.policy().getMetadata().getNamespace())
                .build());
        bare.setStatus(change.status());
        cluster.applyStatus(bare)
                .ifPresent(now -> Objects.requireNonNull(sources).written(now, change.policy()));
        if (change.warning() != null) {
            cluster.warn(
                    change.policy(), change.warning().reason(), change.warning().note());
        }
    }
}
