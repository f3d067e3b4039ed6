package io.fourthlog.policy;

import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.Program;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A policy whose expressions are checked and planned; made by {@link PolicyCompiler}, run by {@link PolicySet}. */
record CompiledPolicy(PolicySource source, List<Rule> rules) {

    /** @param variables those that the expressions were checked with */
    record Rule(
            RuleSource source,
            Program when,
            @Nullable Program message,
            List<Exemption> exemptions,
            Shape<Evaluation> variables) {}

    /** An exception of the policy. */
    record Exemption(ExceptionSource source, Program when) {
        boolean expired(Instant at) {
            return source.expiresAt() != null && !at.isBefore(source.expiresAt());
        }
    }

    /** A rule that fired, and how to word it. */
    record Fired(FiredRule rule, String message) {}

    boolean covers(EventType type) {
        return rules.stream().anyMatch(rule -> rule.source().on().contains(type));
    }

    /**
     * The rules that fire on an event, in the order of the policy.
     *
     * @param ignored takes {@code POLICY/RULE: why} for each rule that failed and does not count
     */
    List<Fired> evaluate(Event event, Facts facts, Consumer<String> ignored) {
        final Evaluation evaluation = new Evaluation(event, facts);
        return rules.stream()
                .filter(rule -> rule.source().on().contains(event.type()))
                .flatMap(rule -> evaluate(rule, event, evaluation, ignored).stream())
                .toList();
    }

    private Optional<Fired> evaluate(Rule rule, Event event, Evaluation evaluation, Consumer<String> ignored) {
        String failure = null;
        try {
            if (!evaluation.holds(rule.when(), rule.variables())) {
                return Optional.empty();
            }
        } catch (CelEvaluationException e) {
            failure = String.valueOf(e.getMessage());
            if (source.failurePolicy() == FailurePolicy.IGNORE) {
                ignored.accept(source.id() + "/" + rule.source().name() + ": " + failure);
                return Optional.empty();
            }
        }
        final String overriddenBy =
                exempted(rule, event.header().ts(), evaluation, ignored).orElse(null);
        final String message = overriddenBy != null
                ? overriddenBy
                : failure != null ? "could not be evaluated: " + failure : word(rule, evaluation, ignored);
        return Optional.of(new Fired(fired(rule.source(), overriddenBy, failure), message));
    }

    private FiredRule fired(RuleSource rule, @Nullable String overriddenBy, @Nullable String failure) {
        final boolean denies = rule.decision() == Decision.DENY;
        final boolean enforced = denies && source.deny();
        return new FiredRule(
                source.id(),
                rule.name(),
                denies && !source.deny() ? Decision.FLAG : rule.decision(),
                enforced ? rule.enforce() : EnforceAction.NONE,
                rule.severity(),
                overriddenBy,
                failure);
    }

    /** The reason of the first exception that applies. One that cannot be evaluated does not. */
    private Optional<String> exempted(Rule rule, Instant at, Evaluation evaluation, Consumer<String> ignored) {
        for (final Exemption exemption : rule.exemptions()) {
            try {
                if (!exemption.expired(at) && evaluation.holds(exemption.when(), rule.variables())) {
                    return Optional.of(exemption.source().reason());
                }
            } catch (CelEvaluationException e) {
                ignored.accept(source.id() + "/" + rule.source().name() + ": exception: " + e.getMessage());
            }
        }
        return Optional.empty();
    }

    private String word(Rule rule, Evaluation evaluation, Consumer<String> ignored) {
        final String plain = "rule " + rule.source().name() + " of " + source.id();
        if (rule.message() == null) {
            return plain;
        }
        try {
            return evaluation.text(rule.message(), rule.variables());
        } catch (CelEvaluationException e) {
            ignored.accept(source.id() + "/" + rule.source().name() + ": messageExpression: " + e.getMessage());
            return plain;
        }
    }
}
