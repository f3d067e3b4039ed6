package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fourthlog.operator.cluster.CertificateAuthority;
import java.net.HttpURLConnection;
import java.util.Set;

/**
 * Why what was decided could not be done.
 *
 * @param reason one word for machines
 * @param message for people, with the remedy
 * @param heals whether trying again soon can help
 */
record Obstacle(String reason, String message, boolean heals) {

    static final int UNPROCESSABLE = 422;
    private static final Set<Integer> FINAL = Set.of(
            HttpURLConnection.HTTP_BAD_REQUEST,
            HttpURLConnection.HTTP_FORBIDDEN, // a role, a quota or an admission webhook of somebody else
            HttpURLConnection.HTTP_BAD_METHOD,
            HttpURLConnection.HTTP_ENTITY_TOO_LARGE,
            UNPROCESSABLE);

    static Obstacle of(KubernetesClientException failure) {
        String said = failure.getStatus() != null && failure.getStatus().getMessage() != null
                ? failure.getStatus().getMessage()
                : String.valueOf(failure.getMessage());
        return FINAL.contains(failure.getCode())
                ? new Obstacle(
                        "ApiServerRefuses", "The API server refuses an object that the sensors need: " + said, false)
                : new Obstacle("ApiServerUnavailable", "Trying again: " + said, true);
    }

    static Obstacle of(CertificateAuthority.UnusableException failure) {
        return new Obstacle("NoCertificate", String.valueOf(failure.getMessage()), false);
    }
}
