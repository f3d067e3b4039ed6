package io.fourthlog.api;

/** The names that operator, sensor, chart and users share: group, labels, annotations, and names derived from a namespace. */
public final class Names {

    public static final String GROUP = "fourthlog.io";
    public static final String VERSION = "v1alpha1";

    /** Label: the namespace whose sensors an object belongs to; with {@code isolation: shared} that is Fourthlog's own. */
    public static final String NAMESPACE_LABEL = GROUP + "/namespace";

    public static final String COMPONENT_LABEL = "app.kubernetes.io/component";
    public static final String MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
    public static final String SENSOR_COMPONENT = "sensor";

    /** Annotation of a sensor DaemonSet: the digest it shall run. Of a sensor's Lease: the digest it runs. */
    public static final String CONFIG_DIGEST_ANNOTATION = GROUP + "/config-digest";

    /** Annotation of a sensor's Lease: why the newest config was refused; absent when it was not. */
    public static final String CONFIG_ERROR_ANNOTATION = GROUP + "/config-error";

    /**
     * Annotation of a sensor's Lease: {@code NAMESPACE/POLICY/RULE}, with commas between, of the config's rules that went over
     * their budget; absent when none did.
     */
    public static final String STALLED_ANNOTATION = GROUP + "/stalled";

    /** Annotation of a sensor's Lease: what it decided so far, a {@link io.fourthlog.api.config.SensorDecisions}. */
    public static final String DECISIONS_ANNOTATION = GROUP + "/decisions";

    /**
     * Annotation of a sensor DaemonSet: {@code NAME:GENERATION}, with commas between, of the policies from Fourthlog's own namespace
     * that its config has.
     */
    public static final String CLUSTER_POLICIES_ANNOTATION = GROUP + "/cluster-policies";

    /** Annotation of a sensor's Lease: what the node's kernel can enforce. */
    public static final String ENFORCEMENT_ANNOTATION = GROUP + "/enforcement";

    /** The one key of a config's ConfigMap. */
    public static final String CONFIG_KEY = "config.json";

    private static final int DIGEST_CHARACTERS = 12; // 48 bits, among the few configs of one namespace

    private Names() {}

    /** DaemonSet, ServiceAccount, Role and RoleBinding of the sensors of a namespace. */
    public static String sensor(String namespace) {
        return "sensor-" + namespace;
    }

    /** Secret with the client certificate of the sensors of a namespace. */
    public static String sensorTls(String namespace) {
        return sensor(namespace) + "-tls";
    }

    /** Role and RoleBinding by which the sensors of a namespace see pods of one that they audit; no namespace's name has a dot. */
    public static String sensorPods(String namespace) {
        return sensor(namespace) + ".pods";
    }

    /** Lease by which the sensor of a namespace on a node acknowledges its config; the first dot ends the namespace. */
    public static String sensorLease(String namespace, String node) {
        return sensor(namespace) + "." + node;
    }

    /** What that Lease was called when it could also be that of another namespace and node. */
    public static String formerSensorLease(String namespace, String node) {
        return sensor(namespace) + "-" + node;
    }

    /**
     * ConfigMap of a config.
     *
     * @param digest {@code sha256:} and 64 hexadecimal digits; of anything else, which a person may have written, there is no ConfigMap
     */
    public static String configMap(String namespace, String digest) {
        int hex = digest.indexOf(':') + 1;
        return "sensor-config-" + namespace + "-"
                + digest.substring(hex, Math.min(digest.length(), hex + DIGEST_CHARACTERS));
    }
}
