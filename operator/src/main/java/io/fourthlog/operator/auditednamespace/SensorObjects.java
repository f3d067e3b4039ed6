package io.fourthlog.operator.auditednamespace;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fourthlog.api.AgentAuditPolicySpec.Enforce;
import io.fourthlog.api.AgentAuditPolicySpec.JavaTls;
import io.fourthlog.api.AgentAuditPolicySpec.ValidationAction;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.operator.cluster.Cluster;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import io.fourthlog.operator.cluster.Wanted;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The objects that the sensors of a namespace, or shared ones, consist of. They are owned by the installation, so that the cluster's own
 * garbage collection removes them with it, when no operator is left; with their namespace {@link Orphans} removes them. No finalizer is
 * needed.
 */
final class SensorObjects {

    private static final String CONTAINER = "sensor";
    private static final String STATE = "/var/lib/fourthlog";
    private static final int METRICS_PORT = 9464;

    private static final String NET_ADMIN = "NET_ADMIN"; // attach cgroup connect programs

    /**
     * A JVM's attach socket is its user's, with mode 0600. This opens every file of the node, so that only those sensors have it whose policies
     * ask for it.
     */
    private static final String DAC_OVERRIDE = "DAC_OVERRIDE";

    /** Annotations by which the admission plugin PodNodeSelector and OpenShift confine all pods of a namespace to some nodes. */
    private static final List<String> NODE_SELECTORS =
            List.of("scheduler.alpha.kubernetes.io/node-selector", "openshift.io/node-selector");

    private final OperatorConfig config;
    private final Namespace audited;
    private final String namespace;
    private final String name;
    private final List<OwnerReference> owners;

    private SensorObjects(Observed observed) {
        this.config = observed.config();
        this.audited = observed.namespace();
        this.namespace = observed.name();
        this.name = Names.sensor(namespace);
        OwnerReference owner = observed.owner();
        this.owners = owner == null ? List.of() : List.of(owner);
    }

    /**
     * Everything but the certificate, in the order in which it is needed.
     *
     * @param needs what the config asks of the objects
     * @param canonical bytes of the document, made when they are needed
     * @param clusterPolicies value of {@link Names#CLUSTER_POLICIES_ANNOTATION}
     */
    static List<Wanted> of(
            Observed observed, Needs needs, Supplier<byte[]> canonical, String digest, String clusterPolicies) {
        SensorObjects objects = new SensorObjects(observed);
        String system = objects.config.systemNamespace();
        String name = objects.name;
        Form form = new Form(objects.owners, objects.nodes(), needs, clusterPolicies);
        List<Wanted> all = new ArrayList<>();
        all.add(new Wanted(
                "ConfigMap",
                system,
                Names.configMap(objects.namespace, digest),
                form,
                null,
                () -> objects.configMap(digest),
                map -> filled((ConfigMap) map, canonical.get())));
        all.add(new Wanted("ServiceAccount", system, name, form, null, objects::serviceAccount));
        for (String audited : needs.namespaces()) {
            String pods = Names.sensorPods(objects.namespace);
            all.add(new Wanted("Role", audited, pods, form, null, () -> objects.roleInAuditedNamespace(audited)));
            all.add(new Wanted(
                    "RoleBinding", audited, pods, form, null, () -> objects.binding(objects.metadata(pods, audited))));
        }
        all.add(new Wanted("Role", system, name, form, null, objects::roleInSystemNamespace));
        all.add(new Wanted("RoleBinding", system, name, form, null, () -> objects.binding(objects.inSystem(name))));
        all.add(new Wanted(
                "DaemonSet", system, name, form, digest, () -> objects.daemonSet(needs, digest, clusterPolicies)));
        return all;
    }

    /**
     * What a config asks of the objects around it.
     *
     * @param namespaces that are audited
     * @param capabilities of the container
     */
    record Needs(SortedSet<String> namespaces, List<String> capabilities) {

        /** @param kept capabilities that the container has, and goes on to have */
        static Needs of(SensorConfig document, Set<String> kept) {
            return new Needs(document.auditedNamespaces(), SensorObjects.capabilities(document, kept));
        }
    }

    /** All by which the objects of one name can differ while a process runs, but for the config itself. */
    private record Form(List<OwnerReference> owners, Map<String, String> nodes, Needs needs, String clusterPolicies) {}

    /** The Secret with a certificate that was just issued. */
    static Secret certificate(Observed observed, Map<String, String> base64) {
        SensorObjects objects = new SensorObjects(observed);
        return new SecretBuilder()
                .withMetadata(
                        objects.inSystem(Names.sensorTls(objects.namespace)).build())
                .withType("kubernetes.io/tls")
                .withData(base64)
                .build();
    }

    /** The config in a ConfigMap; empty when a person tampered with it. */
    static Optional<SensorConfig> read(ConfigMap map) {
        String json = map.getData() == null ? null : map.getData().get(Names.CONFIG_KEY);
        return json != null && SensorConfig.parse(json.getBytes(UTF_8)) instanceof SensorConfig.Parsed.Valid valid
                ? Optional.of(valid.config())
                : Optional.empty();
    }

    private ConfigMap configMap(String digest) {
        return new ConfigMapBuilder()
                .withMetadata(inSystem(Names.configMap(namespace, digest)).build())
                .build();
    }

    private static ConfigMap filled(ConfigMap map, byte[] canonical) {
        return new ConfigMapBuilder(map)
                .withImmutable(true)
                .withData(Map.of(Names.CONFIG_KEY, new String(canonical, UTF_8)))
                .build();
    }

    private HasMetadata serviceAccount() {
        return new ServiceAccountBuilder().withMetadata(inSystem(name).build()).build();
    }

    /** What a sensor may see of a namespace that it audits. */
    private Role roleInAuditedNamespace(String in) {
        return new RoleBuilder()
                .withMetadata(metadata(Names.sensorPods(namespace), in).build())
                .withRules(
                        // Pods of its node: cgroup, labels for podSelector, service account.
                        rule("", "pods", "get", "list", "watch"),
                        // From a pod to the Deployment or CronJob that workload_id names.
                        rule("apps", "replicasets", "get"),
                        rule("batch", "jobs", "get"))
                .build();
    }

    /** What a sensor may do among its own kind. */
    private Role roleInSystemNamespace() {
        return new RoleBuilder()
                .withMetadata(inSystem(name).build())
                .withRules(
                        // The digest that it shall run is an annotation of its own DaemonSet.
                        new PolicyRuleBuilder(rule("apps", "daemonsets", "get", "list", "watch"))
                                .withResourceNames(name)
                                .build(),
                        // The config itself; its name changes with its digest.
                        rule("", "configmaps", "get"),
                        // Its acknowledgement; one Lease a node, so the names are not known beforehand.
                        rule("coordination.k8s.io", "leases", "get", "create", "update", "patch"))
                .build();
    }

    /** Binds the Role of the same name. */
    private RoleBinding binding(ObjectMetaBuilder metadata) {
        return new RoleBindingBuilder()
                .withMetadata(metadata.build())
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", metadata.getName())
                .addNewSubject(
                        null, "ServiceAccount", name, config.systemNamespace()) // the server drops an empty group
                .build();
    }

    private DaemonSet daemonSet(Needs needs, String digest, String clusterPolicies) {
        OperatorConfig.Sensor sensor = config.sensor();
        Map<String, String> selector =
                Map.of(Names.COMPONENT_LABEL, Names.SENSOR_COMPONENT, Names.NAMESPACE_LABEL, namespace);
        return new DaemonSetBuilder()
                .withMetadata(inSystem(name)
                        .addToAnnotations(Names.CONFIG_DIGEST_ANNOTATION, digest)
                        .addToAnnotations(
                                clusterPolicies.isEmpty()
                                        ? Map.of()
                                        : Map.of(Names.CLUSTER_POLICIES_ANNOTATION, clusterPolicies))
                        .build())
                .withNewSpec()
                .withNewSelector()
                .withMatchLabels(selector)
                .endSelector()
                .withNewUpdateStrategy()
                .withType("RollingUpdate")
                .withNewRollingUpdate()
                // A node without its sensor is blind: few at once. No surge, because two sensors cannot write one
                // node's log.
                .withNewMaxUnavailable("25%")
                .endRollingUpdate()
                .endUpdateStrategy()
                .withNewTemplate()
                .withNewMetadata()
                .withLabels(selector)
                .addToAnnotations("kubectl.kubernetes.io/default-container", CONTAINER)
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName(name)
                .withHostPID(true) // the processes of other pods, their libraries and cgroups are seen through /proc
                .withEnableServiceLinks(false)
                .withTerminationGracePeriodSeconds(15L) // to sign a last checkpoint and ship it
                .withPriorityClassName(sensor.priorityClassName())
                .withNodeSelector(nodes())
                .withTolerations(sensor.tolerations())
                .withImagePullSecrets(sensor.imagePullSecrets())
                .withVolumes(
                        hostPath("sys", "/sys", "Directory"),
                        hostPath("state", sensor.hostPath() + "/" + name, "DirectoryOrCreate"),
                        secret("tls", Names.sensorTls(namespace)),
                        secret(
                                "hmac",
                                "fourthlog-hmac",
                                "key-id",
                                "key"), // retired keys are for whoever reads the trail
                        new VolumeBuilder()
                                .withName("tmp")
                                .withNewEmptyDir()
                                .withMedium("Memory") // never a disk: what is in a process's memory may be plaintext
                                .endEmptyDir()
                                .build())
                .addNewContainer()
                .withName(CONTAINER)
                .withImage(sensor.image())
                .withImagePullPolicy(sensor.imagePullPolicy())
                .withArgs("run")
                .withEnv(
                        field("NODE_NAME", "spec.nodeName"),
                        field("POD_NAME", "metadata.name"),
                        value("AUDITED_NAMESPACE", namespace),
                        value("SYSTEM_NAMESPACE", config.systemNamespace()),
                        value("CLUSTER_NAME", config.cluster()))
                .addNewPort()
                .withName("metrics")
                .withContainerPort(METRICS_PORT)
                .withProtocol("TCP")
                .endPort()
                .withLivenessProbe(probe("/healthz"))
                .withReadinessProbe(probe("/readyz"))
                .withResources(sensor.resources())
                .withNewSecurityContext()
                .withPrivileged(false)
                .withAllowPrivilegeEscalation(false)
                .withRunAsUser(0L) // capabilities below are only effective for uid 0 without file capabilities
                .withReadOnlyRootFilesystem(true)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .withNewCapabilities()
                .withDrop("ALL")
                .withAdd(needs.capabilities())
                .addToAdd(sensor.sysAdmin() ? new String[] {"SYS_ADMIN"} : new String[0])
                .endCapabilities()
                .endSecurityContext()
                .withVolumeMounts(
                        mount("sys", "/sys", true), // cgroup ids and paths, BTF of the kernel
                        mount("state", STATE + "/" + name, false), // spool and signing key outlive the pod
                        mount("tls", "/etc/fourthlog/tls", true),
                        mount("hmac", "/etc/fourthlog/hmac", true),
                        mount("tmp", "/tmp", false))
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    /** Nodes that can have audited pods: no other needs a sensor. Shared sensors are wherever the chart's values say. */
    private Map<String, String> nodes() {
        Map<String, String> nodes = new TreeMap<>(config.sensor().nodeSelector());
        Map<String, String> annotations = audited.getMetadata().getAnnotations();
        if (config.sensor().namespaceNodeSelectors()
                && config.sensor().isolation() == Isolation.NAMESPACE
                && annotations != null) {
            for (String annotation : NODE_SELECTORS) {
                for (String label : annotations.getOrDefault(annotation, "").split(",", -1)) {
                    int equals = label.indexOf('=');
                    if (equals > 0) {
                        nodes.put(
                                label.substring(0, equals).trim(),
                                label.substring(equals + 1).trim());
                    }
                }
            }
        }
        return nodes;
    }

    /** Capabilities of the container as it was observed. */
    static Set<String> capabilities(DaemonSet observed) {
        return observed.getSpec().getTemplate().getSpec().getContainers().stream()
                .filter(container -> container.getName().equals(CONTAINER))
                .map(Container::getSecurityContext)
                .flatMap(context -> Stream.ofNullable(context).map(SecurityContext::getCapabilities))
                .flatMap(capabilities -> Stream.ofNullable(capabilities).map(Capabilities::getAdd))
                .flatMap(List::stream)
                .collect(Collectors.toSet());
    }

    /**
     * The least that the sensor's programs need; each was tried without. What policies ask for stays until the DaemonSet goes: each change of
     * it restarts the sensors, and policies are their tenants'.
     */
    private static List<String> capabilities(SensorConfig document, Set<String> kept) {
        List<String> capabilities = new ArrayList<>(List.of(
                "BPF", // load programs and maps
                "PERFMON", // attach uprobes and tracepoints
                "SYS_PTRACE", // open TLS libraries of other pods through /proc/PID/root; take the sockets that are to
                // be reset
                "KILL")); // terminate a denied process of another user
        if (blocks(document) || kept.contains(NET_ADMIN)) {
            capabilities.add(NET_ADMIN);
        }
        if (document.policies().stream().anyMatch(policy -> policy.javaTls() == JavaTls.Attach)
                || kept.contains(DAC_OVERRIDE)) {
            capabilities.add(DAC_OVERRIDE);
        }
        return capabilities;
    }

    private static boolean blocks(SensorConfig document) {
        return document.policies().stream()
                .filter(policy -> policy.validationActions().contains(ValidationAction.Deny))
                .flatMap(policy -> policy.rules().stream())
                .anyMatch(rule -> rule.enforce() == Enforce.BLOCK);
    }

    private ObjectMetaBuilder metadata(String object, String in) {
        return new ObjectMetaBuilder()
                .withName(object)
                .withNamespace(in)
                .addToLabels("app.kubernetes.io/name", "fourthlog")
                .addToLabels("app.kubernetes.io/part-of", "fourthlog")
                .addToLabels(Names.COMPONENT_LABEL, Names.SENSOR_COMPONENT)
                .addToLabels(Names.MANAGED_BY_LABEL, Cluster.FIELD_MANAGER)
                .addToLabels(Names.NAMESPACE_LABEL, namespace)
                .addToAnnotations(Map.of())
                .withOwnerReferences(owners);
    }

    private ObjectMetaBuilder inSystem(String object) {
        return metadata(object, config.systemNamespace());
    }

    private static PolicyRule rule(String group, String resource, String... verbs) {
        return new PolicyRuleBuilder()
                .withApiGroups(group)
                .withResources(resource)
                .withVerbs(verbs)
                .build();
    }

    private static Probe probe(String path) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withNewPort("metrics")
                .endHttpGet()
                .withPeriodSeconds(5)
                .withFailureThreshold(6)
                .build();
    }

    private static Volume hostPath(String volume, String path, String type) {
        return new VolumeBuilder().withName(volume).withNewHostPath(path, type).build();
    }

    /** All that is in a Secret, or only some of it. */
    private static Volume secret(String volume, String secret, String... keys) {
        return new VolumeBuilder()
                .withName(volume)
                .withNewSecret()
                .withSecretName(secret)
                .withItems(Arrays.stream(keys)
                        .map(key -> new KeyToPath(key, null, key))
                        .toList())
                .withDefaultMode(0400)
                .endSecret()
                .build();
    }

    private static VolumeMount mount(String volume, String path, boolean readOnly) {
        return new VolumeMountBuilder()
                .withName(volume)
                .withMountPath(path)
                .withReadOnly(readOnly ? Boolean.TRUE : null)
                .build();
    }

    private static EnvVar value(String variable, String value) {
        return new EnvVarBuilder().withName(variable).withValue(value).build();
    }

    private static EnvVar field(String variable, String path) {
        return new EnvVarBuilder()
                .withName(variable)
                .withNewValueFrom()
                .withNewFieldRef()
                .withFieldPath(path)
                .endFieldRef()
                .endValueFrom()
                .build();
    }
}
