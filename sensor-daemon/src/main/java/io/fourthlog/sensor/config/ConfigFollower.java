package io.fourthlog.sensor.config;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fourthlog.api.Names;
import io.fourthlog.redaction.Hmac;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows what the operator wants this sensor to run, and acknowledges what it does run.
 *
 * <pre>
 *  DaemonSet sensor-NAMESPACE  fourthlog.io/config-digest ─► ConfigMap sensor-config-NAMESPACE-… ─► {@link ConfigKeeper}
 *  Lease sensor-NAMESPACE.NODE ◄─ fourthlog.io/config-digest, config-error, stalled, enforcement ◄─────────┘
 * </pre>
 *
 * <p>Everything is tried again every five seconds, when the Lease is renewed and the installation's key looked at; without an API server the last good config runs on.
 */
public final class ConfigFollower implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ConfigFollower.class);
    private static final int RENEW_SECONDS = 5;

    private final KubernetesClient client;
    private final String systemNamespace;
    private final String namespace;
    private final ConfigKeeper keeper;
    private final Acknowledgement acknowledgement;
    private final Supplier<Optional<Hmac>> replacedKey;
    private final SharedIndexInformer<DaemonSet> informer;
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private volatile Optional<String> wanted = Optional.empty();
    private Optional<String> refused = Optional.empty(); // its document is immutable, so it stays refused
    private boolean reachable = true;

    /**
     * Follows from now on.
     *
     * @param replacedKey the installation's key when it has been replaced; asked at every step
     */
    public ConfigFollower(
            KubernetesClient client,
            String systemNamespace,
            String namespace,
            ConfigKeeper keeper,
            Acknowledgement acknowledgement,
            Supplier<Optional<Hmac>> replacedKey) {
        this.client = client;
        this.systemNamespace = systemNamespace;
        this.namespace = namespace;
        this.keeper = keeper;
        this.acknowledgement = acknowledgement;
        this.replacedKey = replacedKey;
        this.informer = client.apps()
                .daemonSets()
                .inNamespace(systemNamespace)
                .withName(Names.sensor(namespace))
                .runnableInformer(0)
                .exceptionHandler((started, failure) -> true) // go on trying
                .addEventHandler(new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(DaemonSet daemonSet) {
                        want(daemonSet);
                    }

                    @Override
                    public void onUpdate(DaemonSet before, DaemonSet daemonSet) {
                        want(daemonSet);
                    }

                    @Override
                    public void onDelete(DaemonSet daemonSet, boolean finalStateUnknown) {
                        LOG.info("the DaemonSet of this sensor is gone; running on until kubelet ends it");
                    }
                });
        informer.start();
        this.thread = Thread.ofPlatform().daemon().name("config-follower").start(this::run);
    }

    private void want(DaemonSet daemonSet) {
        acknowledgement.belongsTo(daemonSet);
        wanted = Optional.ofNullable(
                Objects.requireNonNullElse(daemonSet.getMetadata().getAnnotations(), Map.<String, String>of())
                        .get(Names.CONFIG_DIGEST_ANNOTATION));
        wake.release();
    }

    private void run() {
        try {
            while (true) {
                step();
                wake.tryAcquire(RENEW_SECONDS, TimeUnit.SECONDS);
                wake.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // close() asks for the end
        }
    }

    private void step() {
        replacedKey.get().ifPresent(keeper::use);
        try {
            follow();
            acknowledgement.renew(keeper);
            if (!reachable) {
                LOG.info("the API server answers again");
            }
            reachable = true;
        } catch (KubernetesClientException e) {
            if (reachable) {
                LOG.warn("the API server does not do what is asked, trying again: {}", e.getMessage());
            }
            reachable = false;
        }
    }

    private void follow() {
        if (wanted.isEmpty()
                || wanted.equals(refused)
                || wanted.equals(keeper.active().map(ActiveConfig::digest))) {
            return;
        }
        final String digest = wanted.get();
        final String name = Names.configMap(namespace, digest);
        final ConfigMap map =
                client.configMaps().inNamespace(systemNamespace).withName(name).get();
        final String document =
                map == null || map.getData() == null ? null : map.getData().get(Names.CONFIG_KEY);
        if (document == null) {
            keeper.refuse(
                    digest, "there is no ConfigMap " + systemNamespace + "/" + name + " with " + Names.CONFIG_KEY);
        } else if (!keeper.offer(document.getBytes(StandardCharsets.UTF_8), digest)) {
            refused = Optional.of(digest);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        informer.close();
    }
}
