package io.fourthlog.operator;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.operator.cluster.StartException;
import java.net.HttpURLConnection;
import java.util.List;

/** Looks for what the operator cannot do without, so that a first mistake is one line and not a stack trace. */
final class Preflight {

    private static final List<Class<? extends CustomResource<?, ?>>> KINDS =
            List.of(AgentAuditPolicy.class, RedactionProfile.class, RetentionTier.class);

    private Preflight() {}

    static void check(KubernetesClient client) {
        for (Class<? extends CustomResource<?, ?>> kind : KINDS) {
            try {
                list(client, kind);
            } catch (KubernetesClientException e) {
                throw new StartException(message(client, kind, e), e);
            }
        }
    }

    private static <T extends CustomResource<?, ?>> void list(KubernetesClient client, Class<T> kind) {
        client.resources(kind)
                .inAnyNamespace()
                .list(new ListOptionsBuilder().withLimit(1L).build());
    }

    private static String message(
            KubernetesClient client, Class<? extends CustomResource<?, ?>> kind, KubernetesClientException e) {
        String name = CustomResource.getCRDName(kind);
        return switch (e.getCode()) {
            case -1, 0 -> // no answer at all
                "the Kubernetes API at " + client.getMasterUrl() + " does not answer (" + root(e)
                        + "): check that it runs, and KUBECONFIG outside a cluster";
            case HttpURLConnection.HTTP_NOT_FOUND ->
                "the CustomResourceDefinition " + name
                        + " is missing: install the chart with crds.install=true, or \"kubectl apply -k config/crd\"";
            case HttpURLConnection.HTTP_UNAUTHORIZED, HttpURLConnection.HTTP_FORBIDDEN ->
                "the API server refuses to list " + name + " (" + e.getStatus().getMessage()
                        + "): the chart's ClusterRole allows it";
            default -> "listing " + name + " failed: " + e.getMessage();
        };
    }

    private static String root(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
