package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.Scope.Expression;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A policy whose expressions are compiled; made by {@link PolicyCompiler}, run by {@link PolicySet}. */
record CompiledPolicy(PolicySource source, List<Rule> rules) {

    /** @param message compiled for each type of event; empty if the rule has none */
    record Rule(RuleSource source, Expression when, Map<EventType, Code> message, List<Exemption> exemptions) {}

    /** An exception of the policy, compiled for each type of event. */
    record Exemption(ExceptionSource source, Map<EventType, Code> when) {
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
     * What becomes of a rule whose condition held, or failed.
     *
     * @param ignored takes {@code POLICY/RULE: why} for each expression that failed and does not count
     */
    Optional<Fired> fire(Rule rule, @Nullable Failure failed, Frame frame, Consumer<String> ignored) {
        final String failure = failed == null ? null : failed.message(frame.event());
        if (failure != null && source.failurePolicy() == FailurePolicy.IGNORE) {
            ignored.accept(source.id() + "/" + rule.source().name() + ": " + failure);
            return Optional.empty();
        }
        final ExceptionSource exception = exempted(rule, frame, ignored).orElse(null);
        final String message = exception != null
                ? exception.reason()
                : failure != null ? "could not be evaluated: " + failure : word(rule, frame, ignored);
        return Optional.of(new Fired(fired(rule.source(), exception, failure), message));
    }

    private FiredRule fired(RuleSource rule, @Nullable ExceptionSource exception, @Nullable String failure) {
        final boolean denies = rule.decision() == Decision.DENY;
        final boolean enforced = denies && source.deny();
        return new FiredRule(
                source.id(),
                rule.name(),
                denies && !source.deny() ? Decision.FLAG : rule.decision(),
                enforced ? rule.enforce() : EnforceAction.NONE,
                rule.severity(),
                exception == null ? null : exception.reason(),
                exception == null ? null : exception.expiresAt(),
                failure);
    }

    /** The first exception that applies. One that cannot be evaluated does not. */
    private Optional<ExceptionSource> exempted(Rule rule, Frame frame, Consumer<String> ignored) {
        for (final Exemption exemption : rule.exemptions()) {
            if (!exemption.expired(frame.event().header().ts())) {
                final int status = run(exemption.when(), frame);
                if (status == Code.TRUE) {
                    return Optional.of(exemption.source());
                }
                if (status == Code.FAILED) {
                    ignore(rule, "exception", frame, ignored);
                }
            }
        }
        return Optional.empty();
    }

    private String word(Rule rule, Frame frame, Consumer<String> ignored) {
        if (!rule.message().isEmpty()) {
            if (run(rule.message(), frame) == Code.TRUE && frame.object instanceof String text && !text.isEmpty()) {
                return text;
            }
            ignore(rule, "messageExpression", frame, ignored);
        }
        return "rule " + rule.source().name() + " of " + source.id();
    }

    private void ignore(Rule rule, String what, Frame frame, Consumer<String> ignored) {
        final Failure failure = frame.failure;
        ignored.accept(source.id() + "/" + rule.source().name() + ": " + what + ": "
                + (failure == null ? "it is empty" : failure.message(frame.event())));
    }

    private static int run(Map<EventType, Code> expression, Frame frame) {
        final Code code = expression.get(frame.event().type());
        if (code == null) {
            throw new IllegalStateException("a rule is compiled for every type that it is on");
        }
        return frame.run(code);
    }
}
