package io.fourthlog.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Two replicas, one of which leads. */
final class LeadershipTest extends Scenario {

    private static final String LEASE = "fourthlog-operator";

    LeadershipTest() {
        super(config(Isolation.NAMESPACE, 0, true, null));
    }

    @Test
    void oneLeadsTheNextTakesOverAtOnceAndWhoLosesTheLeaseIsToldToEnd() throws InterruptedException {
        eventually().until(() -> !holder().isEmpty());
        String first = holder();
        CountDownLatch lost = new CountDownLatch(1);
        FourthlogOperator second = new FourthlogOperator(server.client(), config, Clock.systemUTC(), lost::countDown);
        try {
            second.start();
            namespace("led");
            apply(policy("led", "agents", "true"));
            eventually().until(() -> get("led", "agents").getStatus() != null);
            assertThat(holder()).isEqualTo(first);

            operator.close(); // gives the Lease back: nobody has to wait until it runs out
            assertThat(holder()).isNotEqualTo(first);
            eventually().until(() -> !holder().isEmpty() && !holder().equals(first));
            apply(policy("led", "other", "true"));
            eventually().until(() -> get("led", "other").getStatus() != null);
            assertThat(lost.getCount()).isEqualTo(1);

            client.resource(lease())
                    .edit(lease -> new LeaseBuilder(lease)
                            .editSpec()
                            .withHolderIdentity("thief")
                            .withRenewTime(Instant.now().atZone(ZoneOffset.UTC))
                            .endSpec()
                            .build());
            assertThat(lost.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            second.close();
            client.resource(lease()).delete();
            start();
        }
    }

    private String holder() {
        String holder = lease().getSpec().getHolderIdentity();
        return holder == null ? "" : holder;
    }

    private Lease lease() {
        return client.leases().inNamespace(SYSTEM).withName(LEASE).require();
    }
}
