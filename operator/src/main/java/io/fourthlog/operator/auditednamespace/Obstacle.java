package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Why what was decided could not be done.
 *
 * @param reason one word for machines
 * @param message for people, with the remedy
 * @param heals whether trying again soon can help
 */
record Obstacle(String reason, String message, boolean heals) {

    static final int UNPROCESSABLE = 422;
    private static final int SHOWN = 5; // messages in one
    private static final Set<Integer> FINAL = Set.of(
            HttpURLConnection.HTTP_BAD_REQUEST,
            HttpURLConnection.HTTP_FORBIDDEN, // a role, a quota or an admission webhook of somebody else
            HttpURLConnection.HTTP_BAD_METHOD,
            HttpURLConnection.HTTP_ENTITY_TOO_LARGE,
            UNPROCESSABLE);

    static Obstacle of(RuntimeException failure) {
        return failure instanceof KubernetesClientException refused
                ? of(refused)
                : new Obstacle("NoCertificate", String.valueOf(failure.getMessage()), false);
    }

    private static Obstacle of(KubernetesClientException failure) {
        String said = failure.getStatus() != null && failure.getStatus().getMessage() != null
                ? failure.getStatus().getMessage()
                : String.valueOf(failure.getMessage());
        return FINAL.contains(failure.getCode())
                ? new Obstacle(
                        "ApiServerRefuses", "The API server refuses an object that the sensors need: " + said, false)
                : new Obstacle("ApiServerUnavailable", "Trying again: " + said, true);
    }

    /** Several at once: what does not heal comes first. */
    static Optional<Obstacle> of(List<Obstacle> all) {
        List<String> messages = all.stream()
                .sorted(Comparator.comparing(Obstacle::heals))
                .map(Obstacle::message)
                .distinct()
                .toList();
        String more = messages.size() <= SHOWN ? "" : "; and " + (messages.size() - SHOWN) + " more";
        return all.stream()
                .min(Comparator.comparing(Obstacle::heals))
                .map(first -> new Obstacle(
                        first.reason(),
                        messages.stream().limit(SHOWN).collect(Collectors.joining("; ")) + more,
                        first.heals()));
    }
}
