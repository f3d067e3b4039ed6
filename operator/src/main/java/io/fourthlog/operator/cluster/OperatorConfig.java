package io.fourthlog.operator.cluster;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fourthlog.api.Required;
import io.fourthlog.api.config.SensorConfig.Capture;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the operator is told at its start; the chart renders it from its values.
 *
 * @param systemNamespace namespace of the operator, the collector and every sensor
 * @param cluster name of the cluster in every {@code workload_id}
 * @param collectorUrl where sensors send batches
 * @param metricsPort of /metrics, /healthz and /readyz; 0 takes a free one
 * @param leaderElection whether several replicas agree on one by a Lease
 * @param sensor how sensors are deployed
 * @param capture what sensors do not record
 * @param webhook where the API server asks before it takes an object of ours; null when it does not
 * @param openreports how Reports of openreports.io are written; null when they are not
 */
public record OperatorConfig(
        String systemNamespace,
        String cluster,
        URI collectorUrl,
        int metricsPort,
        boolean leaderElection,
        Sensor sensor,
        Capture capture,
        @Nullable Webhook webhook,
        @Nullable OpenReports openreports) {

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();

    public OperatorConfig {
        Required.field("systemNamespace", systemNamespace);
        Required.field("cluster", cluster);
        Required.field("collectorUrl", collectorUrl);
        Required.field("sensor", sensor);
        capture = Required.orDefault(capture, Capture.EVERYTHING);
    }

    /**
     * Reads a file of YAML strictly.
     *
     * @throws IllegalArgumentException with the file and the field at fault
     */
    public static OperatorConfig read(Path file) {
        try {
            Map<?, ?> tree = new KubernetesSerialization().unmarshal(Files.readString(file), Map.class);
            return MAPPER.convertValue(tree, OperatorConfig.class);
        } catch (NoSuchFileException missing) {
            throw new IllegalArgumentException(file + " is missing; --config names the file", missing);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " cannot be read: " + e.getMessage(), e);
        } catch (IllegalArgumentException | KubernetesClientException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            String message =
                    cause instanceof JsonProcessingException json ? json.getOriginalMessage() : cause.getMessage();
            throw new IllegalArgumentException(file + ": " + message, e);
        }
    }

    /**
     * The validating webhook.
     *
     * @param port 0 takes a free one
     * @param service name of the Service in the system namespace, which the certificate is for
     */
    public record Webhook(int port, String service) {
        public Webhook {
            Required.field("service", service);
        }
    }

    /**
     * One Report in each namespace of what was denied and flagged there.
     *
     * @param seconds between two writes of one at least
     */
    public record OpenReports(int seconds) {
        public OpenReports {
            if (seconds < 1) {
                throw new IllegalArgumentException("openreports.seconds is " + seconds + ", not at least 1");
            }
        }
    }

    /** Whose agents one sensor hears. */
    public enum Isolation {
        /** A DaemonSet, a log and a certificate for each audited namespace: no two tenants share a process. */
        NAMESPACE,
        /** One DaemonSet for all, named after Fourthlog's own namespace: for many namespaces on small nodes. */
        SHARED;

        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * How sensors are deployed.
     *
     * @param isolation whether each audited namespace has sensors of its own
     * @param image image of the sensor
     * @param imagePullPolicy as in a pod
     * @param imagePullSecrets as in a pod
     * @param hostPath folder on each node, below which each namespace's sensor has one for its key and spool
     * @param resources as in a container
     * @param sysAdmin whether it has that capability, which probes need before Linux 6.6
     * @param nodeSelector nodes that can have audited pods
     * @param namespaceNodeSelectors whether a namespace's own node selector confines its sensors as well: only where an admission plugin
     *     confines its pods by it, because otherwise a tenant could take its auditor away with an annotation
     * @param tolerations as in a pod; everything is tolerated by default, so that no taint makes a node blind
     * @param priorityClassName as in a pod
     */
    public record Sensor(
            Isolation isolation,
            String image,
            String imagePullPolicy,
            List<LocalObjectReference> imagePullSecrets,
            String hostPath,
            @Nullable ResourceRequirements resources,
            boolean sysAdmin,
            Map<String, String> nodeSelector,
            boolean namespaceNodeSelectors,
            List<Toleration> tolerations,
            @Nullable String priorityClassName) {
        public Sensor {
            Required.field("image", image);
            isolation = Required.orDefault(isolation, Isolation.NAMESPACE);
            imagePullPolicy = Required.orDefault(imagePullPolicy, "IfNotPresent");
            imagePullSecrets = Required.list(imagePullSecrets);
            hostPath = Required.orDefault(hostPath, "/var/lib/fourthlog");
            nodeSelector = Required.map(nodeSelector);
            tolerations = Required.list(tolerations);
        }
    }
}
