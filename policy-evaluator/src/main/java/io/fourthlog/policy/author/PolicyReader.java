package io.fourthlog.policy.author;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.ExceptionSource;
import io.fourthlog.policy.FailurePolicy;
import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import io.fourthlog.policy.VariableSource;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads AgentAuditPolicy objects as {@code kubectl apply -f} takes them: with the defaults of the CRD, and with the path of
 * whatever is not as it should be. Objects of other kinds in the same file are passed over.
 */
public final class PolicyReader {

    /** The kind of object that is read. */
    public static final String KIND = "AgentAuditPolicy";

    private static final Map<String, EventType> TYPES = byText(EventType.values(), EventType::wire);
    private static final Map<String, Decision> DECISIONS = byText(Decision.values(), Decision::wire);
    private static final Map<String, EnforceAction> ACTIONS =
            byText(EnforceAction.values(), action -> action.name().toLowerCase(Locale.ROOT));
    private static final Map<String, FailurePolicy> FAILURE_POLICIES =
            Map.of("Fail", FailurePolicy.FAIL, "Ignore", FailurePolicy.IGNORE);
    private static final Set<EventType> DESTINED =
            Set.of(EventType.MODEL_INVOCATION, EventType.TOOL_INVOCATION, EventType.DATA_ACCESS);
    private static final Map<String, Boolean> VALIDATION_ACTIONS = Map.of("Audit", false, "Deny", true);

    /**
     * One policy.
     *
     * @param namespace that the object names; empty if it leaves that to who applies it
     * @param annotations of the object, such as what it is mapped to
     */
    public record Read(PolicySource policy, Optional<String> namespace, Map<String, String> annotations) {
        public Read {
            annotations = Map.copyOf(annotations);
        }
    }

    /**
     * What was read.
     *
     * @param policies those without a fault
     * @param errors the faults of the others
     */
    public record Result(List<Read> policies, List<PolicyError> errors) {
        public Result {
            policies = List.copyOf(policies);
            errors = List.copyOf(errors);
        }

        /** The policies alone, for {@link io.fourthlog.policy.PolicyCompiler}. */
        public List<PolicySource> sources() {
            return policies.stream().map(Read::policy).toList();
        }
    }

    private PolicyReader() {}

    /** Reads a file of one or more YAML documents; JSON is YAML. */
    public static Result read(String yaml) {
        try {
            final List<Read> policies = new ArrayList<>();
            final List<PolicyError> errors = new ArrayList<>();
            for (final Object document : Yaml.documents(yaml)) {
                if (document instanceof Map<?, ?> map && KIND.equals(map.get("kind"))) {
                    final Result one = ofTree(map);
                    policies.addAll(one.policies());
                    errors.addAll(one.errors());
                }
            }
            if (policies.isEmpty() && errors.isEmpty()) {
                errors.add(new PolicyError("", "", "there is no " + KIND + " in it"));
            }
            return new Result(policies, errors);
        } catch (Yaml.NotYaml e) {
            return new Result(List.of(), List.of(new PolicyError("", "", "not YAML: " + e.getMessage())));
        }
    }

    /** Reads one object that is maps, lists and values already. */
    public static Result ofTree(Map<?, ?> object) {
        final List<PolicyError> faults = new ArrayList<>();
        final Tree metadata = Tree.of("", object, faults).tree("metadata");
        final String id = metadata.text("namespace", "default") + "/" + metadata.text("name");
        faults.clear();
        final Tree root = Tree.of(id, object, faults);
        root.only("apiVersion", "kind", "metadata", "spec", "status");
        if (!root.text("apiVersion").startsWith("fourthlog.io/")) {
            root.fault("apiVersion", "this should be fourthlog.io/v1alpha1");
        }
        root.tree("metadata").text("name");
        final PolicySource policy = spec(id, root.tree("spec"));
        if (policy.rules().isEmpty()) {
            root.fault("spec.rules", "a policy has at least one rule");
        }
        final Map<String, String> annotations = new LinkedHashMap<>();
        final Tree annotated = root.tree("metadata").tree("annotations");
        annotated.names().forEach(name -> annotations.put(String.valueOf(name), annotated.text(String.valueOf(name))));
        final Optional<String> namespace =
                metadata.has("namespace") ? Optional.of(metadata.text("namespace")) : Optional.empty();
        return faults.isEmpty()
                ? new Result(List.of(new Read(policy, namespace, annotations)), List.of())
                : new Result(List.of(), faults);
    }

    private static PolicySource spec(String id, Tree spec) {
        spec.only(
                "podSelector",
                "namespaceSelector",
                "redactionProfileRef",
                "retentionTierRef",
                "failurePolicy",
                "validationActions",
                "javaTls",
                "variables",
                "rules",
                "exceptions");
        boolean deny = false;
        for (final String action : spec.texts("validationActions")) {
            if (!VALIDATION_ACTIONS.containsKey(action)) {
                spec.fault("validationActions", "\"" + action + "\" is neither Audit nor Deny");
            }
            deny |= VALIDATION_ACTIONS.getOrDefault(action, false);
        }
        return new PolicySource(
                id,
                deny,
                spec.choice("failurePolicy", FAILURE_POLICIES, "Fail"),
                spec.trees("variables").stream()
                        .map(variable -> variable.only("name", "expression"))
                        .map(variable -> new VariableSource(variable.text("name"), variable.text("expression")))
                        .toList(),
                spec.trees("rules").stream().map(PolicyReader::rule).toList(),
                spec.trees("exceptions").stream().map(PolicyReader::exception).toList());
    }

    private static RuleSource rule(Tree rule) {
        rule.only("name", "on", "when", "decision", "enforce", "severity", "messageExpression");
        final Set<EventType> on = new LinkedHashSet<>();
        for (final String type : rule.texts("on")) {
            final EventType found = TYPES.get(type);
            if (found == null) {
                rule.fault("on", "\"" + type + "\" is none of " + TYPES.keySet());
            } else {
                on.add(found);
            }
        }
        if (!rule.has("decision")) {
            rule.fault("decision", "this is missing");
        }
        final Decision decision = rule.choice("decision", DECISIONS, "flag");
        final EnforceAction enforce = rule.choice("enforce", ACTIONS, "none");
        if (enforce != EnforceAction.NONE && decision != Decision.DENY) {
            rule.fault("enforce", "only a denied event can be enforced upon: set decision to deny, or enforce to none");
        }
        if ((enforce == EnforceAction.RESET || enforce == EnforceAction.BLOCK) && !DESTINED.containsAll(on)) {
            rule.fault(
                    "enforce",
                    "only a model_invocation, tool_invocation or data_access has a destination: set enforce to terminate, or take the other types out of on");
        }
        return new RuleSource(
                rule.text("name"),
                on,
                rule.text("when"),
                decision,
                enforce,
                rule.text("severity", "medium"),
                rule.has("messageExpression") ? rule.text("messageExpression") : null);
    }

    private static ExceptionSource exception(Tree exception) {
        exception.only("rule", "when", "reason", "expiresAt");
        return new ExceptionSource(
                exception.text("rule"), exception.text("when"), exception.text("reason"), expiry(exception));
    }

    private static @Nullable Instant expiry(Tree exception) {
        if (!exception.has("expiresAt")) {
            return null;
        }
        try {
            return OffsetDateTime.parse(exception.text("expiresAt")).toInstant();
        } catch (DateTimeException e) {
            exception.fault("expiresAt", "this should be a time, as 2027-01-31T00:00:00Z is");
            return null;
        }
    }

    private static <T> Map<String, T> byText(T[] values, Function<T, String> text) {
        return Arrays.stream(values).collect(Collectors.toMap(text, value -> value, (a, b) -> a, LinkedHashMap::new));
    }
}
