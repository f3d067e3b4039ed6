package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fourthlog.api.Names;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What there is of the sensors of one DaemonSet: those of a namespace, or the shared ones.
 *
 * @param name namespace that they are named after
 * @param reports by which they say what they run
 * @param objects everything else that we made for them
 */
record Sensors(String name, List<Report> reports, Collection<HasMetadata> objects) {

    Sensors {
        reports = List.copyOf(reports);
        objects = List.copyOf(objects);
    }

    /**
     * The Lease of one sensor.
     *
     * @param lease as observed
     * @param until when the sensor counts as silent unless it is heard of again
     */
    record Report(Lease lease, Instant until) {}

    /** Those of the Leases by which their sensors report now, and not by another one of another name. */
    List<Report> current() {
        Set<String> superseded = superseded();
        return superseded.isEmpty()
                ? reports
                : reports.stream()
                        .filter(report -> !superseded.contains(nameOf(report)))
                        .toList();
    }

    /** Names of the others. */
    Set<String> superseded() {
        Set<String> names = reports.stream().map(Sensors::nameOf).collect(Collectors.toSet());
        String former = Names.formerSensorLease(name, "");
        return names.stream()
                .filter(named -> named.startsWith(former)
                        && names.contains(Names.sensorLease(name, named.substring(former.length()))))
                .collect(Collectors.toSet());
    }

    private static String nameOf(Report report) {
        return report.lease().getMetadata().getName();
    }

    Optional<DaemonSet> daemonSet() {
        return all(DaemonSet.class).stream().findFirst();
    }

    Optional<Secret> certificate() {
        return all(Secret.class).stream().findFirst();
    }

    /** The digest that they were last told to run. */
    Optional<String> digest() {
        return daemonSet()
                .map(daemonSet -> daemonSet.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(Names.CONFIG_DIGEST_ANNOTATION));
    }

    /** The config that they were last told to run; its metadata alone. */
    Optional<ConfigMap> running() {
        return digest().flatMap(this::config);
    }

    /** The config with this digest; its metadata alone. */
    Optional<ConfigMap> config(String digest) {
        return all(ConfigMap.class).stream()
                .filter(map -> map.getMetadata().getName().equals(Names.configMap(name, digest)))
                .findFirst();
    }

    <T extends HasMetadata> List<T> all(Class<T> type) {
        return objects.stream().filter(type::isInstance).map(type::cast).toList();
    }
}
