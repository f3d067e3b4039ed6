package io.fourthlog.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a RedactionProfile.
 *
 * @param observedGeneration generation of the spec that the conditions speak of
 * @param conditions {@code Accepted}, {@code Ready}, {@code Stalled}
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RedactionProfileStatus(@Nullable Long observedGeneration, List<Condition> conditions) {
    public RedactionProfileStatus {
        conditions = Required.list(conditions);
    }
}
