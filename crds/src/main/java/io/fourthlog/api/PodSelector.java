package io.fourthlog.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

    /** Whether some labels are selected by both: for each key there is a value, or its absence, that meets everything in both. */
    public boolean overlaps(PodSelector other) {
        Map<String, List<Requirement>> byKey = Stream.of(this, other)
                .flatMap(PodSelector::requirements)
                .collect(Collectors.groupingBy(Requirement::key));
        return byKey.values().stream().allMatch(PodSelector::satisfiable);
    }

    private Stream<Requirement> requirements() {
        return Stream.concat(
                matchLabels.entrySet().stream()
                        .map(label -> new Requirement(label.getKey(), Operator.In, List.of(label.getValue()))),
                matchExpressions.stream());
    }

    /** Requirements of one key: met by its absence, by one of the values that an In names, or by a value that none names. */
    private static boolean satisfiable(List<Requirement> requirements) {
        String key = requirements.getFirst().key();
        Stream<Map<String, String>> named = requirements.stream()
                .filter(requirement -> requirement.operator() == Operator.In)
                .flatMap(requirement -> requirement.values().stream())
                .map(value -> Map.of(key, value));
        Map<String, String> unnamed = Map.of(
                key,
                requirements.stream()
                        .flatMap(requirement -> requirement.values().stream())
                        .collect(Collectors.joining("/", "/", ""))); // no label value has a slash
        return Stream.concat(Stream.of(Map.<String, String>of(), unnamed), named)
                .anyMatch(labels -> requirements.stream().allMatch(requirement -> requirement.matches(labels)));
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
