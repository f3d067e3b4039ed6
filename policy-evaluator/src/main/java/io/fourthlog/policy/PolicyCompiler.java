package io.fourthlog.policy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.CompiledPolicy.Exemption;
import io.fourthlog.policy.CompiledPolicy.Rule;
import io.fourthlog.policy.Scope.Expression;
import io.fourthlog.policy.Scope.ExpressionException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Checks policies and makes them runnable; used by the operator, to say what is wrong, and by whoever evaluates. */
public final class PolicyCompiler {

    /** The values of a rule's severity, from the mildest. */
    public static final List<String> SEVERITIES = List.of("info", "low", "medium", "high", "critical");

    private static final Pattern IDENTIFIER = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

    /** What the policies of one call share, so that equal expressions are compiled once: {@link Scope}s by what they declare. */
    private static final class Session {
        private record Key(Set<EventType> on, List<VariableSource> variables) {}

        private final Scope.Slots slots = new Scope.Slots();
        private final Map<Key, Scope> scopes = new HashMap<>();

        Scope scope(Set<EventType> on, List<VariableSource> variables) {
            return scopes.computeIfAbsent(new Key(on, variables), key -> new Scope(on, variables, slots));
        }
    }

    private final PolicySource source;
    private final Session session;
    private final Instant now;
    private final List<VariableSource> variables;
    private final List<PolicyError> errors = new ArrayList<>();
    private final List<PolicyError> warnings = new ArrayList<>();

    private PolicyCompiler(PolicySource source, Session session, Instant now) {
        this.source = source;
        this.session = session;
        this.now = now;
        this.variables = source.variables().stream().limit(Budget.VARIABLES).toList();
    }

    /** {@link #compile(List, Instant)} as of now. */
    public static Compiled compile(List<PolicySource> sources) {
        return compile(sources, Instant.now());
    }

    /**
     * Compiles each policy by itself: one with a fault is left out of the set, with all of its faults, and stops no other.
     *
     * @param now exceptions that expire before are warned about
     */
    public static Compiled compile(List<PolicySource> sources, Instant now) {
        final Session session = new Session();
        final List<CompiledPolicy> policies = new ArrayList<>();
        final List<PolicyError> errors = new ArrayList<>();
        final List<PolicyError> warnings = new ArrayList<>();
        final Set<String> ids = new HashSet<>();
        for (final PolicySource source : sources) {
            if (!ids.add(source.id())) {
                errors.add(new PolicyError(source.id(), "metadata.name", "another policy has this id"));
                continue;
            }
            final PolicyCompiler compiler = new PolicyCompiler(source, session, now);
            final CompiledPolicy policy = compiler.compile();
            if (compiler.errors.isEmpty()) {
                policies.add(policy);
            }
            errors.addAll(compiler.errors);
            warnings.addAll(compiler.warnings);
        }
        return new Compiled(new PolicySet(policies, session.slots.used()), errors, warnings);
    }

    static int severityRank(String severity) {
        return SEVERITIES.indexOf(severity);
    }

    private CompiledPolicy compile() {
        checkVariables();
        final List<String> names = source.rules().stream().map(RuleSource::name).toList();
        final List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            final RuleSource rule = source.rules().get(i);
            if (names.indexOf(rule.name()) < i) {
                error("spec.rules[" + i + "].name", "another rule of this policy is called \"" + rule.name() + "\"");
            }
            compile(rule, "spec.rules[" + i + "]").ifPresent(rules::add);
        }
        for (int i = 0; i < source.exceptions().size(); i++) {
            final String rule = source.exceptions().get(i).rule();
            if (!names.contains(rule)) {
                error(
                        "spec.exceptions[" + i + "].rule",
                        "this policy has no rule \"" + rule + "\"" + Suggestions.didYouMean(rule, names));
            }
            final Instant expiresAt = source.exceptions().get(i).expiresAt();
            if (expiresAt != null && !expiresAt.isAfter(now)) {
                warnings.add(new PolicyError(
                        source.id(),
                        "spec.exceptions[" + i + "].expiresAt",
                        "the exception has expired on " + expiresAt + " and no longer holds: remove it, or extend it"));
            }
        }
        reportUnusableVariables();
        return new CompiledPolicy(source, List.copyOf(rules));
    }

    private void checkVariables() {
        if (source.variables().size() > Budget.VARIABLES) {
            error("spec.variables", "there are more than " + Budget.VARIABLES);
        }
        final Set<String> names = new HashSet<>();
        for (int i = 0; i < source.variables().size(); i++) {
            final String name = source.variables().get(i).name();
            if (!IDENTIFIER.matcher(name).matches()) {
                error("spec.variables[" + i + "].name", "\"" + name + "\" is not a CEL identifier");
            } else if (!names.add(name)) {
                error("spec.variables[" + i + "].name", "another variable of this policy is called \"" + name + "\"");
            }
        }
    }

    private Optional<Rule> compile(RuleSource rule, String path) {
        if (!SEVERITIES.contains(rule.severity())) {
            error(
                    path + ".severity",
                    "\"" + rule.severity() + "\" is none of " + SEVERITIES
                            + Suggestions.didYouMean(rule.severity(), SEVERITIES));
        }
        if (!isCovered(rule.on())) {
            error(
                    path + ".on",
                    rule.on().isEmpty()
                            ? "names no type of event"
                            : "policy_decision is what rules make, not what they look at");
            return Optional.empty();
        }
        final Optional<Expression> when = compile(rule.on(), path + ".when", rule.when(), SimpleType.BOOL);
        final Optional<Expression> message = rule.messageExpression() == null
                ? Optional.empty()
                : compile(rule.on(), path + ".messageExpression", rule.messageExpression(), SimpleType.STRING);
        final List<Exemption> exemptions = new ArrayList<>();
        for (int i = 0; i < source.exceptions().size(); i++) {
            final ExceptionSource exception = source.exceptions().get(i);
            if (exception.rule().equals(rule.name())) {
                compile(rule.on(), "spec.exceptions[" + i + "].when", exception.when(), SimpleType.BOOL)
                        .ifPresent(expression -> exemptions.add(new Exemption(exception, expression.code())));
            }
        }
        return when.map(expression ->
                new Rule(rule, expression, message.map(Expression::code).orElse(Map.of()), List.copyOf(exemptions)));
    }

    /** A variable is at fault only if it cannot be evaluated on the events of any rule. */
    private void reportUnusableVariables() {
        if (variables.isEmpty()) {
            return;
        }
        final List<Scope> scopes = source.rules().stream()
                .map(RuleSource::on)
                .filter(PolicyCompiler::isCovered)
                .distinct()
                .map(on -> session.scope(on, variables))
                .toList();
        for (int i = 0; i < variables.size(); i++) {
            final String variable = variables.get(i).name();
            final List<Optional<String>> faults =
                    scopes.stream().map(scope -> scope.fault(variable)).toList();
            if (!faults.isEmpty() && faults.stream().allMatch(Optional::isPresent)) {
                error("spec.variables[" + i + "].expression", faults.getFirst().orElseThrow());
            }
        }
    }

    /** An expression that does not speak of variables is the same for all policies. */
    private Optional<Expression> compile(Set<EventType> on, String path, String expression, CelType type) {
        final Scope scope = session.scope(on, expression.contains("variables") ? variables : List.of());
        try {
            return Optional.of(scope.compile(expression, type));
        } catch (ExpressionException e) {
            error(path, e.faults());
            return Optional.empty();
        }
    }

    private static boolean isCovered(Set<EventType> on) {
        return !on.isEmpty() && !on.contains(EventType.POLICY_DECISION);
    }

    private void error(String path, String message) {
        errors.add(new PolicyError(source.id(), path, message));
    }
}
