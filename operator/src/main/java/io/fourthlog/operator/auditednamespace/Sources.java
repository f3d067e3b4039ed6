package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.Names;
import io.fourthlog.api.PodSelector;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.operator.cluster.Cluster;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import io.fourthlog.operator.cluster.SlimStore;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.PrimaryToSecondaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The informers behind {@link Observed}, and which namespaces are looked at again for what they tell.
 *
 * <pre>
 *  AgentAuditPolicy ──────────────── its namespace; one of Fourthlog's own: every namespace ─┐
 *  RedactionProfile ─ index profile ─ policies that use it or a profile that extends it ─────┤
 *  RetentionTier ──── index tier ──── policies that use it ──────────────────────────────────┼─► Namespace
 *  Lease, DaemonSet ─ label ───────── the namespace that the sensors are named after, ───────┤
 *                                     and Fourthlog's own if a policy of it applies there    │
 *  everything else that we made ───── the same namespace ────────────────────────────────────┘
 * </pre>
 *
 * <p>Reading goes through the same indexes, so that neither direction looks at everything. No Secret and no ConfigMap is cached but
 * our own, by label.
 */
final class Sources {

    private static final List<Class<? extends HasMetadata>> MADE = List.of(
            ConfigMap.class, ServiceAccount.class, Secret.class, Role.class, RoleBinding.class, DaemonSet.class);

    private static final String BY_NAMESPACE = "fourthlog-namespace";
    private static final String BY_PROFILE = "fourthlog-profile";
    private static final String BY_TIER = "fourthlog-tier";
    private static final String BY_PARENT = "fourthlog-parent";
    private static final String BY_SENSORS = "fourthlog-sensors";
    private static final String SELECTING =
            "fourthlog-selecting"; // policies of our own namespace with a namespaceSelector

    /** Nothing reads secondary resources through the framework, which would keep an index of its own of them. */
    private static final PrimaryToSecondaryMapper<Namespace> UNUSED = namespace -> Set.of();

    private final OperatorConfig config;
    private final OwnWrites writes;
    private final Hearing hearing;
    private final IndexerResourceCache<Namespace> namespaces;
    private final InformerEventSource<AgentAuditPolicy, Namespace> policies;
    private final InformerEventSource<RedactionProfile, Namespace> profiles;
    private final InformerEventSource<RetentionTier, Namespace> tiers;
    private final SensorLeases leases;
    private final Map<Class<? extends HasMetadata>, InformerEventSource<?, Namespace>> made = new HashMap<>();
    private final List<EventSource<?, Namespace>> all = new ArrayList<>();

    Sources(EventSourceContext<Namespace> context, Cluster cluster, OperatorConfig config, OwnWrites writes) {
        this.config = config;
        this.writes = writes;
        this.hearing = new Hearing(cluster.clock());
        this.namespaces = context.getPrimaryCache();
        this.policies = source(
                AgentAuditPolicy.class,
                context,
                builder -> builder.withWatchAllNamespaces().withOnUpdateFilter(Sources::specChanged),
                this::audited);
        policies.addIndexers(Map.of(
                BY_NAMESPACE, policy -> List.of(policy.getMetadata().getNamespace()),
                BY_PROFILE,
                        policy -> List.of(policy.getSpec().redactionProfileRef().name()),
                BY_TIER, policy -> List.of(policy.getSpec().retentionTierRef().name()),
                SELECTING, policy -> selects(policy) ? List.of("") : List.of()));
        this.profiles = source(
                RedactionProfile.class,
                context,
                builder -> builder.withOnUpdateFilter(Sources::specChanged),
                profile -> users(family(profile.getMetadata().getName()), BY_PROFILE));
        profiles.addIndexers(Map.of(
                BY_PARENT,
                profile ->
                        Optional.ofNullable(profile.getSpec().parent()).stream().toList()));
        this.tiers = source(
                RetentionTier.class,
                context,
                builder -> builder.withOnUpdateFilter(Sources::specChanged),
                tier -> users(Set.of(tier.getMetadata().getName()), BY_TIER));
        this.leases = new SensorLeases(cluster.client(), config.systemNamespace(), hearing, this::reporting);
        all.add(leases);
        for (Class<? extends HasMetadata> type : MADE) {
            add(type, context);
        }
        all.add(new SilenceWatch(hearing, cluster.clock(), leases::all, leases::version, this::reporting));
        all.add(new Orphans(this::orphans, cluster::delete));
        if (shared()) { // a namespace's labels decide about policies of another primary than itself
            source(
                    Namespace.class,
                    context,
                    builder -> builder.withName("selected"),
                    namespace -> Set.of(new ResourceID(config.systemNamespace())));
        }
    }

    List<EventSource<?, Namespace>> all() {
        return all;
    }

    /** A status was written: until the watch says so too, what was written is what is observed. */
    void written(AgentAuditPolicy now, AgentAuditPolicy before) {
        policies.handleRecentResourceUpdate(ResourceID.fromResource(now), now, before);
    }

    /** Sensors were told something, and their answer is waited for. */
    void expectAnswers() {
        leases.expectAnswers();
    }

    /** The newest that is known of a policy. */
    private AgentAuditPolicy newest(AgentAuditPolicy policy) {
        return policies.get(ResourceID.fromResource(policy)).orElse(policy);
    }

    /** Whether the namespace is there, and not on its way out. */
    private Optional<Namespace> living(String name) {
        return namespaces
                .get(new ResourceID(name))
                .filter(namespace -> namespace.getMetadata().getDeletionTimestamp() == null);
    }

    /** Profiles and tiers that there are, for {@link Classes}. */
    Stream<RedactionProfile> profiles() {
        return profiles.list(profile -> true);
    }

    Stream<RetentionTier> tiers() {
        return tiers.list(tier -> true);
    }

    /** Policies that the sensors named after a namespace run. */
    List<Applied> applied(Namespace namespace) {
        String name = namespace.getMetadata().getName();
        if (shared()) {
            return isSystem(name) ? everywhere() : List.of();
        }
        Stream<AgentAuditPolicy> foreign = isSystem(name)
                ? Stream.empty()
                : policies.byIndex(SELECTING, "").stream().filter(policy -> matches(policy, namespace));
        return Stream.concat(policies.byIndex(BY_NAMESPACE, name).stream(), foreign)
                .map(this::newest)
                .filter(Sources::stays)
                .map(policy -> new Applied(policy, List.of(name)))
                .toList();
    }

    /** Policies whose status is written with that of a namespace. */
    List<Applied> own(Namespace namespace) {
        String name = namespace.getMetadata().getName();
        if (shared()) {
            return isSystem(name) ? everywhere() : List.of();
        }
        return policies.byIndex(BY_NAMESPACE, name).stream()
                .map(this::newest)
                .filter(Sources::stays)
                .map(this::reach)
                .toList();
    }

    /** Policies that can meet one of these. */
    List<Applied> neighbours(List<Applied> own, List<Applied> applied) {
        return !shared() && own.stream().anyMatch(policy -> policy.namespaces().size() > 1) ? everywhere() : applied;
    }

    /** What there is of the sensors named after a namespace. */
    Sensors sensors(String name) {
        return new Sensors(
                name,
                leases.of(name)
                        .map(lease -> new Sensors.Report(lease, hearing.until(lease)))
                        .toList(),
                objects(name, MADE));
    }

    /** What the sensors of Fourthlog's own namespace were last told to run, where it is not theirs that are observed. */
    Optional<ConfigMap> systemConfig(Sensors observed) {
        String system = config.systemNamespace();
        return observed.name().equals(system)
                ? Optional.empty()
                : new Sensors(system, List.of(), objects(system, List.of(DaemonSet.class, ConfigMap.class))).running();
    }

    private List<HasMetadata> objects(String name, List<Class<? extends HasMetadata>> types) {
        return types.stream()
                .<HasMetadata>flatMap(type -> Objects.requireNonNull(made.get(type)).byIndex(BY_SENSORS, name).stream())
                .toList();
    }

    /** Every policy as last seen; none before this replica leads. */
    Stream<AgentAuditPolicy> policies() {
        return observed().stream().flatMap(List::stream);
    }

    /** Every policy as last seen; empty before this replica leads. */
    Optional<List<AgentAuditPolicy>> observed() {
        return policies.isRunning() ? Optional.of(policies.list(policy -> true).toList()) : Optional.empty();
    }

    /** What there is of other sensors that run one of these policies, by name. */
    Map<String, Sensors> elsewhere(String name, List<Applied> own) {
        return shared()
                ? Map.of()
                : own.stream()
                        .flatMap(policy -> policy.namespaces().stream())
                        .distinct()
                        .filter(other -> !other.equals(name))
                        .collect(Collectors.toMap(Function.identity(), this::sensors));
    }

    private List<Applied> everywhere() {
        return policies.list(policy -> true)
                .map(this::newest)
                .filter(Sources::stays)
                .filter(policy -> living(policy.getMetadata().getNamespace()).isPresent())
                .map(this::reach)
                .toList();
    }

    private Applied reach(AgentAuditPolicy policy) {
        Stream<String> selected = selects(policy)
                ? namespaces
                        .list(namespace -> namespace.getMetadata().getDeletionTimestamp() == null)
                        .filter(namespace -> matches(policy, namespace))
                        .map(namespace -> namespace.getMetadata().getName())
                : Stream.empty();
        return new Applied(
                policy,
                Stream.concat(Stream.of(policy.getMetadata().getNamespace()), selected)
                        .toList());
    }

    private boolean selects(AgentAuditPolicy policy) {
        return isSystem(policy.getMetadata().getNamespace()) && policy.getSpec().namespaceSelector() != null;
    }

    private static boolean matches(AgentAuditPolicy policy, Namespace namespace) {
        PodSelector selector = policy.getSpec().namespaceSelector();
        Map<String, String> labels = namespace.getMetadata().getLabels();
        return selector != null && selector.matches(labels == null ? Map.of() : labels);
    }

    private boolean shared() {
        return config.sensor().isolation() == Isolation.SHARED;
    }

    private boolean isSystem(String namespace) {
        return namespace.equals(config.systemNamespace());
    }

    // From what happened to the namespaces that are looked at again.

    /** A policy of Fourthlog's own namespace may select any other, or have selected it before it was edited. */
    private Set<ResourceID> audited(AgentAuditPolicy policy) {
        if (!shared() && isSystem(policy.getMetadata().getNamespace())) {
            return namespaces.keys().collect(Collectors.toSet());
        }
        return Set.of(primary(policy.getMetadata().getNamespace()));
    }

    private Set<ResourceID> users(Set<String> classes, String index) {
        return classes.stream()
                .flatMap(name -> policies.byIndex(index, name).stream())
                .flatMap(policy -> audited(policy).stream())
                .collect(Collectors.toSet());
    }

    /** A profile and those that extend it, directly or not. */
    private Set<String> family(String name) {
        Set<String> family = new HashSet<>();
        List<String> open = new ArrayList<>(List.of(name));
        while (!open.isEmpty()) {
            String next = open.removeLast();
            if (family.add(next)) {
                profiles.byIndex(BY_PARENT, next)
                        .forEach(child -> open.add(child.getMetadata().getName()));
            }
        }
        return family;
    }

    private Set<ResourceID> reporting(HasMetadata object) {
        ResourceID primary = new ResourceID(sensors(object).getFirst());
        return shared() || policies.byIndex(SELECTING, "").isEmpty()
                ? Set.of(primary)
                : Stream.of(primary, new ResourceID(config.systemNamespace())).collect(Collectors.toSet());
    }

    /** What was written for one namespace is news for another: a policy of Fourthlog's own says whether the rest runs it. */
    private boolean othersLook(HasMetadata object) {
        return object instanceof DaemonSet && reporting(object).size() > 1;
    }

    private ResourceID primary(String namespace) {
        return new ResourceID(shared() ? config.systemNamespace() : namespace);
    }

    private Stream<HasMetadata> orphans() {
        return Stream.concat(
                        made.values().stream().<HasMetadata>flatMap(source -> source.list(object -> true)),
                        leases.all())
                .filter(object -> namespaces
                        .get(new ResourceID(sensors(object).getFirst()))
                        .isEmpty());
    }

    private static List<String> sensors(HasMetadata object) {
        return List.of(object.getMetadata().getLabels().get(Names.NAMESPACE_LABEL));
    }

    private static boolean stays(AgentAuditPolicy policy) {
        return policy.getMetadata().getDeletionTimestamp() == null;
    }

    private static boolean specChanged(HasMetadata now, HasMetadata before) {
        return !now.getMetadata().getGeneration().equals(before.getMetadata().getGeneration())
                || !Objects.equals(
                        now.getMetadata().getDeletionTimestamp(),
                        before.getMetadata().getDeletionTimestamp());
    }

    private <T extends HasMetadata> void add(Class<T> type, EventSourceContext<Namespace> context) {
        // Roles and bindings also are in the audited namespaces; nothing else of ours is.
        boolean everywhere = type == Role.class || type == RoleBinding.class;
        InformerEventSource<T, Namespace> source = source(
                type,
                context,
                builder -> (everywhere
                                ? builder.withWatchAllNamespaces()
                                : builder.withNamespaces(config.systemNamespace()))
                        .withLabelSelector(
                                Names.NAMESPACE_LABEL + "," + Names.MANAGED_BY_LABEL + "=" + Cluster.FIELD_MANAGER)
                        .withOnAddFilter(object -> !writes.isEcho(object) || othersLook(object))
                        .withOnUpdateFilter((now, before) -> !writes.isEcho(now) || othersLook(now))
                        .withOnDeleteFilter(
                                (object, unknown) -> !writes.isEchoOfDeletion(object) || othersLook(object)),
                type == DaemonSet.class
                        ? this::reporting
                        : object -> Set.of(new ResourceID(sensors(object).getFirst())));
        source.addIndexers(Map.of(BY_SENSORS, Sources::sensors));
        made.put(type, source);
    }

    private <T extends HasMetadata> InformerEventSource<T, Namespace> source(
            Class<T> type,
            EventSourceContext<Namespace> context,
            Function<InformerEventSourceConfiguration.Builder<T>, InformerEventSourceConfiguration.Builder<T>> narrow,
            SecondaryToPrimaryMapper<T> mapper) {
        InformerEventSource<T, Namespace> source = new InformerEventSource<>(
                narrow.apply(InformerEventSourceConfiguration.from(type, Namespace.class)
                                .withItemStore(new SlimStore<>())
                                .withPrimaryToSecondaryMapper(UNUSED)
                                .withSecondaryToPrimaryMapper(mapper))
                        .build(),
                context);
        all.add(source);
        return source;
    }
}
