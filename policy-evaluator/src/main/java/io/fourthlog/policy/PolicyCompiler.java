package io.fourthlog.policy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.Program;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.CompiledPolicy.Exemption;
import io.fourthlog.policy.CompiledPolicy.Rule;
import io.fourthlog.policy.Scope.ExpressionException;
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

    private final PolicySource source;
    private final List<PolicyError> errors = new ArrayList<>();
    private final Map<Set<EventType>, Scope> scopes = new HashMap<>();

    private PolicyCompiler(PolicySource source) {
        this.source = source;
    }

    /** Compiles each policy by itself: one with a fault is left out of the set, with all of its faults, and stops no other. */
    public static Compiled compile(List<PolicySource> sources) {
        final List<CompiledPolicy> policies = new ArrayList<>();
        final List<PolicyError> errors = new ArrayList<>();
        final Set<String> ids = new HashSet<>();
        for (final PolicySource source : sources) {
            if (!ids.add(source.id())) {
                errors.add(new PolicyError(source.id(), "metadata.name", "another policy has this id"));
                continue;
            }
            final PolicyCompiler compiler = new PolicyCompiler(source);
            final CompiledPolicy policy = compiler.compile();
            if (compiler.errors.isEmpty()) {
                policies.add(policy);
            }
            errors.addAll(compiler.errors);
        }
        return new Compiled(new PolicySet(policies), errors);
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
                        "this policy has no rule \"" + rule + "\"" + DidYouMean.hint(rule, names));
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
                            + DidYouMean.hint(rule.severity(), SEVERITIES));
        }
        if (rule.on().isEmpty() || rule.on().contains(EventType.POLICY_DECISION)) {
            error(
                    path + ".on",
                    rule.on().isEmpty()
                            ? "names no type of event"
                            : "policy_decision is what rules make, not what they look at");
            return Optional.empty();
        }
        final Scope scope = scopes.computeIfAbsent(rule.on(), this::scope);
        final Optional<Program> when = check(scope, path + ".when", rule.when(), SimpleType.BOOL);
        final Optional<Program> message = rule.messageExpression() == null
                ? Optional.empty()
                : check(scope, path + ".messageExpression", rule.messageExpression(), SimpleType.STRING);
        final List<Exemption> exemptions = new ArrayList<>();
        for (int i = 0; i < source.exceptions().size(); i++) {
            final ExceptionSource exception = source.exceptions().get(i);
            if (exception.rule().equals(rule.name())) {
                check(scope, "spec.exceptions[" + i + "].when", exception.when(), SimpleType.BOOL)
                        .ifPresent(program -> exemptions.add(new Exemption(exception, program)));
            }
        }
        return when.map(
                program -> new Rule(rule, program, message.orElse(null), List.copyOf(exemptions), scope.variables()));
    }

    private Scope scope(Set<EventType> on) {
        final Scope scope = new Scope(on);
        source.variables().stream().limit(Budget.VARIABLES).forEach(scope::declare);
        return scope;
    }

    /** A variable is at fault only if it cannot be evaluated on the events of any rule. */
    private void reportUnusableVariables() {
        for (int i = 0; i < source.variables().size(); i++) {
            final VariableSource variable = source.variables().get(i);
            final List<Optional<String>> faults =
                    scopes.values().stream().map(scope -> scope.fault(variable)).toList();
            if (!faults.isEmpty() && faults.stream().allMatch(Optional::isPresent)) {
                error("spec.variables[" + i + "].expression", faults.getFirst().orElseThrow());
            }
        }
    }

    private Optional<Program> check(Scope scope, String path, String expression, CelType type) {
        try {
            return Optional.of(scope.check(expression, type));
        } catch (ExpressionException e) {
            error(path, e.faults());
            return Optional.empty();
        }
    }

    private void error(String path, String message) {
        errors.add(new PolicyError(source.id(), path, message));
    }
}
