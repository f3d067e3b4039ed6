package io.fourthlog.operator;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fourthlog.operator.cluster.StartException;
import org.junit.jupiter.api.Test;

final class PreflightTest {

    @Test
    void aMissingApiServerAndAMissingCrdAreOneLineEach() {
        Config nowhere = new ConfigBuilder(Config.empty())
                .withMasterUrl("https://127.0.0.1:1")
                .withRequestRetryBackoffLimit(0)
                .build();
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(nowhere).build()) {
            assertThatThrownBy(() -> Preflight.check(client))
                    .isInstanceOf(StartException.class)
                    .hasMessageMatching(
                            "the Kubernetes API at https://127.0.0.1:1/ does not answer \\(.+\\): check that it runs, and KUBECONFIG outside a cluster");
        }
        try (KubeApiServer server = KubeApiServer.start();
                KubernetesClient client = server.client()) {
            assertThatThrownBy(() -> Preflight.check(client))
                    .isInstanceOf(StartException.class)
                    .hasMessage(
                            "the CustomResourceDefinition agentauditpolicies.fourthlog.io is missing: install the chart with"
                                    + " crds.install=true, or \"kubectl apply -k config/crd\"");
        }
    }
}
