package io.fourthlog.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/**
 * Selects pods by label, as a Kubernetes LabelSelector does: everything in it must hold; an empty one selects every pod.
 *
 * @param matchLabels labels that a pod must carry with these values
 * @param matchExpressions requirements that a pod's labels must meet
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record PodSelector(Map<String, String> matchLabels, List<Requirement> matchExpressions) {

    public static final PodSelector EVERYTHING = new PodSelector(Map.of(), List.of());

    public PodSelector {
        matchLabels = Required.map(matchLabels);
        matchExpressions = Required.list(matchExpressions);
    }

    /** Whether a pod with these labels is selected. */
    public boolean matches(Map<String, String> labels) {
        return labels.entrySet().containsAll(matchLabels.entrySet())
                && matchExpressions.stream().allMatch(requirement -> requirement.matches(labels));
    }

    /** Names as in a LabelSelectorRequirement. */
    public enum Operator {
        In,
        NotIn,
        Exists,
        DoesNotExist
    }

    /**
     * One requirement.
     *
     * @param key label key
     * @param operator relation of the label to the values
     * @param values of {@code In} and {@code NotIn}; empty otherwise
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Requirement(String key, Operator operator, List<String> values) {
        public Requirement {
            Required.field("key", key);
            Required.field("operator", operator);
            values = Required.list(values);
        }

        boolean matches(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case In -> value != null && values.contains(value);
                case NotIn -> value == null || !values.contains(value);
                case Exists -> value != null;
                case DoesNotExist -> value == null;
            };
        }
    }
}
