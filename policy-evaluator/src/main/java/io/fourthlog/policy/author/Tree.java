package io.fourthlog.policy.author;

import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.Suggestions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A node of a document that is being read: values by name, with a fault and its path for whatever is not as it should be.
 * Reading goes on after a fault, so that a document's faults are all found at once.
 */
final class Tree {

    private final String document;
    private final String path;
    private final Map<?, ?> values;
    private final List<PolicyError> faults;

    private Tree(String document, String path, Map<?, ?> values, List<PolicyError> faults) {
        this.document = document;
        this.path = path;
        this.values = values;
        this.faults = faults;
    }

    /** @param document what faults are said to be of */
    static Tree of(String document, Object root, List<PolicyError> faults) {
        return node(document, "", root, faults);
    }

    private static Tree node(String document, String path, Object value, List<PolicyError> faults) {
        if (value instanceof Map<?, ?> map) {
            return new Tree(document, path, map, faults);
        }
        faults.add(new PolicyError(document, path, "this should be an object"));
        return new Tree(document, path, Map.of(), faults);
    }

    /** Faults every name that is none of these. */
    Tree only(String... names) {
        final List<String> known = List.of(names);
        for (final Object name : values.keySet()) {
            if (!known.contains(String.valueOf(name))) {
                fault(
                        String.valueOf(name),
                        "there is no such field" + Suggestions.didYouMean(String.valueOf(name), known));
            }
        }
        return this;
    }

    boolean has(String name) {
        return values.get(name) != null;
    }

    Set<?> names() {
        return values.keySet();
    }

    Optional<Object> find(String name) {
        return Optional.ofNullable(values.get(name));
    }

    /** A text that has to be there; empty, with a fault, if it is not. */
    String text(String name) {
        if (!has(name)) {
            fault(name, "this is missing");
            return "";
        }
        return text(name, "");
    }

    String text(String name, String otherwise) {
        final Object value = values.get(name);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Map || value instanceof List) {
            fault(name, "this should be a text");
            return otherwise;
        }
        return String.valueOf(value);
    }

    long number(String name, long otherwise) {
        final Object value = values.get(name);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Number number && number.longValue() == number.doubleValue()) {
            return number.longValue();
        }
        fault(name, "this should be a whole number");
        return otherwise;
    }

    /** One out of some, by its text. */
    <T> T choice(String name, Map<String, T> choices, String otherwise) {
        final String text = text(name, otherwise);
        T chosen = choices.get(text);
        if (chosen == null) {
            fault(
                    name,
                    "\"" + text + "\" is none of " + choices.keySet() + Suggestions.didYouMean(text, choices.keySet()));
            chosen = choices.get(otherwise);
        }
        if (chosen == null) {
            throw new IllegalArgumentException(otherwise + " is none of " + choices.keySet());
        }
        return chosen;
    }

    List<String> texts(String name) {
        final List<String> texts = new ArrayList<>();
        list(name).forEach(each -> texts.add(String.valueOf(each)));
        return texts;
    }

    private List<?> list(String name) {
        final Object value = values.get(name);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list) {
            return list;
        }
        fault(name, "this should be a list");
        return List.of();
    }

    List<Tree> trees(String name) {
        final List<Tree> trees = new ArrayList<>();
        for (final Object each : list(name)) {
            trees.add(node(document, join(name) + "[" + trees.size() + "]", each, faults));
        }
        return trees;
    }

    /** An object; an empty one if it is not there. */
    Tree tree(String name) {
        return node(document, join(name), find(name).orElse(Map.of()), faults);
    }

    void fault(String name, String message) {
        faults.add(new PolicyError(document, join(name), message));
    }

    String path() {
        return path;
    }

    private String join(String name) {
        return path.isEmpty() ? name : name.isEmpty() ? path : path + "." + name;
    }
}
