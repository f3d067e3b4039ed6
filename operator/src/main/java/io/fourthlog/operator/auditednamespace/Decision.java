package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.operator.cluster.Wanted;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What shall become of the sensors of a namespace.
 *
 * @param apply objects that sensors need, in the order in which they are needed
 * @param issueCertificate whether the sensors need a (new) client certificate
 * @param delete objects that nobody needs any more
 * @param statuses new status of each policy whose status has to change, given what of the above could not be done
 * @param recheck when time alone can change the decision; null when it cannot
 */
record Decision(
        List<Wanted> apply,
        boolean issueCertificate,
        List<HasMetadata> delete,
        Function<List<Failure>, List<StatusChange>> statuses,
        @Nullable Duration recheck) {

    Decision {
        apply = List.copyOf(apply);
        delete = List.copyOf(delete);
    }

    /**
     * A status to be written.
     *
     * @param policy as observed
     * @param status to be written
     * @param warning to be told as a Kubernetes Event; null when there is nothing new to tell
     * @param news denials that nobody was told of yet
     */
    record StatusChange(
            AgentAuditPolicy policy,
            AgentAuditPolicyStatus status,
            @Nullable Warning warning,
            List<Violation> news) {

        /** Whether it is the first status of this generation. */
        boolean answersAnEdit() {
            AgentAuditPolicyStatus before = policy.getStatus();
            return before == null || !Objects.equals(before.observedGeneration(), status.observedGeneration());
        }
    }

    /**
     * A Kubernetes Event.
     *
     * @param reason one word for machines
     * @param note for people
     */
    record Warning(String reason, String note) {}
}
