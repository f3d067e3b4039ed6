package io.fourthlog.operator;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fourthlog.operator.cluster.Installation;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The election of the one replica that writes, by a Lease: who leads renews it with one request in {@link #RENEWAL}, the others watch it.
 * So an idle operator costs the API server next to nothing, a Lease that is given back is taken within a moment, and one that nobody
 * renews once it was not seen to change for its duration: clocks of different machines are never compared.
 */
final class Election {

    static final Duration RENEWAL = Duration.ofSeconds(15);

    /** How long others wait for a renewal, which is how long nobody leads after a crash. */
    static final Duration LEASE = Duration.ofSeconds(40);

    /** Who could not renew for so long ends, before the others' patience does. */
    static final Duration DEADLINE = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(Election.class);

    private final KubernetesClient client;
    private final Resource<Lease> lease;
    private final String namespace;
    private final String name;
    private final String identity;
    private final Installation installation;
    private final Clock clock;
    private final Runnable won;
    private final Runnable lost;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("election").factory());
    private final ScheduledExecutorService guard = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("election-guard").factory());
    private @Nullable SharedIndexInformer<Lease> informer;

    // Confined to the timer's thread, and after its end to whoever closes.
    private @Nullable Lease seen;
    private long seenAt = System.nanoTime();
    private volatile long renewedAt;
    private volatile boolean leads;
    private volatile @Nullable Thread leader;

    /**
     * @param identity of this replica, and of no other ever
     * @param won is run once, by a thread of its own, when this replica leads
     * @param lost is run when it leads no more
     */
    Election(
            KubernetesClient client,
            String namespace,
            String name,
            String identity,
            Installation installation,
            Clock clock,
            Runnable won,
            Runnable lost) {
        this.client = client;
        this.lease = client.leases().inNamespace(namespace).withName(name);
        this.namespace = namespace;
        this.name = name;
        this.identity = identity;
        this.installation = installation;
        this.clock = clock;
        this.won = won;
        this.lost = lost;
    }

    /** Takes part from now on. */
    void start() {
        informer = lease.inform(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Lease now) {
                changed(now);
            }

            @Override
            public void onUpdate(Lease before, Lease now) {
                changed(now);
            }

            @Override
            public void onDelete(Lease before, boolean unknown) {
                changed(null);
            }
        });
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(this::look, 0, 1, TimeUnit.SECONDS);
        ScheduledFuture<?> _ = guard.scheduleWithFixedDelay(this::checkDeadline, 1, 1, TimeUnit.SECONDS);
    }

    private void changed(@Nullable Lease now) {
        try {
            timer.execute(() -> {
                see(now);
                look();
            });
        } catch (RejectedExecutionException closed) { // and so it is nobody's business any more
            LOG.debug("the Lease changed after this replica gave it back");
        }
    }

    private void see(@Nullable Lease now) {
        if (leads && now != null && seen != null && isOurs(now) && renewal(now).isBefore(renewal(seen))) {
            return; // a watch tells of a renewal later than its answer
        }
        if (seen == null || now == null || !seen.getSpec().equals(now.getSpec())) {
            seenAt = System.nanoTime();
        }
        seen = now;
    }

    private void look() {
        try {
            if (!leads) {
                standFor();
            } else if (seen == null || !isOurs(seen)) {
                lose();
            } else if (since(renewedAt).compareTo(RENEWAL) >= 0) {
                renew();
            }
        } catch (RuntimeException e) { // the timer would not run again
            LOG.warn("the Lease was not {}, trying again: {}", leads ? "renewed" : "taken", e.getMessage());
        }
    }

    /** By a thread of its own, because a request that hangs holds the other. */
    private void checkDeadline() {
        if (leads && since(renewedAt).compareTo(DEADLINE) >= 0) {
            lose();
        }
    }

    /** Takes the Lease if nobody has it; of several who try the API server lets one. */
    private void standFor() {
        Lease now = seen;
        long asked = System.nanoTime();
        try {
            if (now == null) {
                seen = create();
            } else if (isFree(now)) {
                seen = replace(now, identity);
            } else {
                return;
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
            see(lease.get());
            return;
        }
        renewedAt = asked;
        leads = true;
        LOG.info("this replica leads");
        leader = Thread.ofPlatform().name("leader").start(won);
    }

    private void renew() {
        long asked = System.nanoTime();
        try {
            seen = replace(Objects.requireNonNull(seen), identity);
            renewedAt = asked;
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
            see(lease.get()); // somebody edited it, or took it
        }
    }

    private synchronized void lose() {
        if (!leads) {
            return;
        }
        leads = false;
        timer.shutdown();
        guard.shutdown();
        LOG.error("another replica leads, or the API server did not answer in time");
        lost.run();
    }

    private boolean isOurs(Lease now) {
        return identity.equals(now.getSpec().getHolderIdentity());
    }

    private boolean isFree(Lease now) {
        String holder = now.getSpec().getHolderIdentity();
        Integer seconds = now.getSpec().getLeaseDurationSeconds();
        return holder == null
                || holder.isEmpty()
                || since(seenAt).compareTo(seconds == null ? LEASE : Duration.ofSeconds(seconds)) > 0;
    }

    private static Duration since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime);
    }

    private static Instant renewal(Lease of) {
        return of.getSpec().getRenewTime() == null
                ? Instant.EPOCH
                : of.getSpec().getRenewTime().toInstant();
    }

    private Lease create() {
        return client.resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .withOwnerReferences(installation.owner().stream().toList())
                        .endMetadata()
                        .withSpec(spec(null, identity))
                        .build())
                .create();
    }

    /** Refused with a conflict if the Lease is another one by now. */
    private Lease replace(Lease now, String holder) {
        return client.resource(new LeaseBuilder(now)
                        .withSpec(spec(now.getSpec(), holder))
                        .build())
                .update();
    }

    private LeaseSpec spec(@Nullable LeaseSpec before, String holder) {
        ZonedDateTime time = clock.instant().atZone(ZoneOffset.UTC);
        LeaseSpecBuilder next = before == null ? new LeaseSpecBuilder() : new LeaseSpecBuilder(before);
        if (!holder.equals(next.getHolderIdentity())) {
            Integer terms = next.getLeaseTransitions();
            next.withHolderIdentity(holder)
                    .withAcquireTime(time)
                    .withLeaseTransitions((terms == null ? 0 : terms) + (holder.isEmpty() ? 0 : 1));
        }
        return next.withLeaseDurationSeconds((int) LEASE.toSeconds())
                .withRenewTime(time)
                .build();
    }

    /** Takes no part any more, and waits a while for {@code won} to end; the Lease stays ours, if it is. */
    void withdraw(Duration patience) {
        guard.shutdown();
        timer.shutdown();
        if (informer != null) {
            informer.close();
        }
        try {
            boolean ended = timer.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
            Thread started = leader;
            if (!ended || (started != null && !started.join(patience))) {
                LOG.warn("it ends in the middle of its start or of a renewal");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Gives it back, if this replica leads, so that the next one does not wait until it runs out. Nothing may be written afterwards. */
    void release() {
        if (leads && seen != null) {
            try {
                Lease _ = replace(seen, "");
            } catch (KubernetesClientException e) {
                LOG.warn("the Lease was not given back, so the next replica waits for its end: {}", e.getMessage());
            }
        }
    }
}
