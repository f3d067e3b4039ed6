package io.fourthlog.policy;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.parser.CelUnparserFactory;
import io.fourthlog.policy.Scope.Checked;
import io.fourthlog.policy.Scope.ExpressionException;
import io.fourthlog.policy.behaviour.Limits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds what is right by the language and probably not meant: rules that never fire, always fire, never decide, or may go
 * over their budget. Of a policy that has faults, only the faults are worth to be looked at.
 */
public final class PolicyLint {

    private static final int LIST_OF_EVENT = 64; // elements; events that have more are rare

    /** Ranks rules as a verdict does. */
    private static final Comparator<RuleSource> BY_SEVERITY = Comparator.comparing(RuleSource::decision)
            .thenComparing(RuleSource::enforce)
            .thenComparingInt(rule -> PolicyCompiler.severityRank(rule.severity()));

    /** What is the matter. */
    public enum Kind {
        /** The rule never fires. */
        UNREACHABLE,
        /** The rule fires on every event. */
        ALWAYS_TRUE,
        /** Wherever the rule fires, another one decides. */
        SHADOWED,
        /** The rule's loops can take more steps than its budget has. */
        UNBOUNDED,
        /** The rule says that something is new before it has been learned what is not. */
        UNLEARNED,
        /** The exception has expired. */
        EXPIRED
    }

    /**
     * One thing that was found.
     *
     * @param path the field, as in {@code spec.rules[0].when}
     */
    public record Finding(String policyId, String path, Kind kind, String message) {

        @Override
        public String toString() {
            return policyId + ": " + path + ": " + message;
        }
    }

    private enum Truth {
        ALWAYS,
        NEVER,
        DEPENDS
    }

    /** A rule whose condition was checked. */
    private record Rule(int number, RuleSource source, Scope scope, Checked when, Set<String> conditions) {}

    private final PolicySource policy;
    private final List<Finding> findings = new ArrayList<>();

    private PolicyLint(PolicySource policy) {
        this.policy = policy;
    }

    /** What there is to say about a policy, in the order of its rules. */
    public static List<Finding> check(PolicySource policy, Instant now) {
        final Compiled compiled = PolicyCompiler.compile(List.of(policy), now);
        if (!compiled.errors().isEmpty()) {
            return List.of();
        }
        final PolicyLint lint = new PolicyLint(policy);
        compiled.warnings()
                .forEach(warning -> lint.findings.add(
                        new Finding(warning.policyId(), warning.path(), Kind.EXPIRED, warning.message())));
        lint.check();
        return List.copyOf(lint.findings);
    }

    private void check() {
        final List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < policy.rules().size(); i++) {
            rules.add(rule(i, policy.rules().get(i)));
        }
        for (final Rule rule : rules) {
            final CelAbstractSyntaxTree ast = rule.when().ast();
            switch (truth(rule, ast, ast.getExpr())) {
                case NEVER -> find(rule, Kind.UNREACHABLE, "the rule never fires: its condition is always false");
                case ALWAYS ->
                    find(
                            rule,
                            Kind.ALWAYS_TRUE,
                            "the rule fires on every event of its types: its condition is always true");
                case DEPENDS -> {
                    if (isContradiction(rule)) {
                        find(
                                rule,
                                Kind.UNREACHABLE,
                                "the rule never fires: what its condition asks for cannot hold at once");
                    }
                }
            }
            final long steps = steps(rule, ast, ast.getExpr());
            if (steps > Budget.ITERATIONS) {
                find(
                        rule,
                        Kind.UNBOUNDED,
                        "its loops may take " + steps + " steps on a busy trace, and the budget of a rule is "
                                + Budget.ITERATIONS + ": look at fewer things at once");
            }
            if (isUnlearned(rule)) {
                find(
                        rule,
                        Kind.UNLEARNED,
                        "everything is new to a baseline that has just begun: ask for baseline.learned as well");
            }
        }
        shadows(rules);
    }

    private Rule rule(int number, RuleSource source) {
        final Scope scope = new Scope(source.on(), policy.variables(), new Scope.Slots());
        try {
            final Checked when = scope.check(source.when());
            final List<String> conditions = new ArrayList<>();
            conjuncts(scope, when.ast(), when.ast().getExpr(), (ast, e) -> conditions.add(text(ast, e)));
            return new Rule(number, source, scope, when, Set.copyOf(conditions));
        } catch (ExpressionException e) {
            throw new IllegalStateException("it compiled a moment ago", e);
        }
    }

    private void find(Rule rule, Kind kind, String message) {
        findings.add(new Finding(policy.id(), "spec.rules[" + rule.number() + "].when", kind, message));
    }

    // Truth

    private Truth truth(Rule rule, CelAbstractSyntaxTree ast, CelExpr e) {
        final Checked variable = variable(rule.scope(), ast, e);
        if (variable != null) {
            return truth(rule, variable.ast(), variable.ast().getExpr());
        }
        return switch (e.getKind()) {
            case CONSTANT ->
                e.constant().getKind() == CelConstant.Kind.BOOLEAN_VALUE
                        ? of(e.constant().booleanValue())
                        : Truth.DEPENDS;
            case CALL -> call(rule, ast, e);
            default -> Truth.DEPENDS;
        };
    }

    private Truth call(Rule rule, CelAbstractSyntaxTree ast, CelExpr e) {
        final List<CelExpr> sides = Interpreted.arguments(e);
        return switch (e.call().function()) {
            case "!_" -> not(truth(rule, ast, sides.getFirst()));
            case "_&&_" -> and(truth(rule, ast, sides.get(0)), truth(rule, ast, sides.get(1)), isOpposite(ast, sides));
            case "_||_" ->
                not(and(
                        not(truth(rule, ast, sides.get(0))),
                        not(truth(rule, ast, sides.get(1))),
                        isOpposite(ast, sides)));
            case "_==_" -> same(rule, ast, sides);
            case "_!=_" -> not(same(rule, ast, sides));
            case "_>=_" -> isSize(sides.get(0)) && isZero(rule, ast, sides.get(1)) ? Truth.ALWAYS : Truth.DEPENDS;
            case "_<_" -> isSize(sides.get(0)) && isZero(rule, ast, sides.get(1)) ? Truth.NEVER : Truth.DEPENDS;
            default -> Truth.DEPENDS;
        };
    }

    private static Truth and(Truth a, Truth b, boolean opposite) {
        if (a == Truth.NEVER || b == Truth.NEVER || opposite) {
            return Truth.NEVER;
        }
        return a == Truth.ALWAYS && b == Truth.ALWAYS ? Truth.ALWAYS : Truth.DEPENDS;
    }

    private Truth same(Rule rule, CelAbstractSyntaxTree ast, List<CelExpr> sides) {
        final Optional<Object> a = rule.scope().literal(ast, sides.get(0));
        final Optional<Object> b = rule.scope().literal(ast, sides.get(1));
        if (a.isPresent() && b.isPresent()) {
            return of(a.equals(b));
        }
        return text(ast, sides.get(0)).equals(text(ast, sides.get(1))) ? Truth.ALWAYS : Truth.DEPENDS;
    }

    /** Whether one side is the negation of the other. */
    private static boolean isOpposite(CelAbstractSyntaxTree ast, List<CelExpr> sides) {
        final String a = text(ast, sides.get(0));
        final String b = text(ast, sides.get(1));
        return a.equals("!" + b) || b.equals("!" + a) || a.equals("!(" + b + ")") || b.equals("!(" + a + ")");
    }

    private static boolean isSize(CelExpr e) {
        return e.getKind() == CelExpr.ExprKind.Kind.CALL && e.call().function().equals("size");
    }

    private static boolean isZero(Rule rule, CelAbstractSyntaxTree ast, CelExpr e) {
        return rule.scope().literal(ast, e).filter(Long.valueOf(0)::equals).isPresent();
    }

    private static Truth of(boolean value) {
        return value ? Truth.ALWAYS : Truth.NEVER;
    }

    private static Truth not(Truth truth) {
        return switch (truth) {
            case ALWAYS -> Truth.NEVER;
            case NEVER -> Truth.ALWAYS;
            case DEPENDS -> Truth.DEPENDS;
        };
    }

    /** Whether, on every type of event, two of the conditions ask for different values of one field. */
    private static boolean isContradiction(Rule rule) {
        return rule.source().on().stream().allMatch(type -> {
            final List<Guard> guards = new ArrayList<>();
            final Guards finder = new Guards(rule.scope(), type);
            conjuncts(
                    rule.scope(),
                    rule.when().ast(),
                    rule.when().ast().getExpr(),
                    (ast, e) -> finder.of(CelAbstractSyntaxTree.newCheckedAst(
                                    e, ast.getSource(), ast.getReferenceMap(), ast.getTypeMap()))
                            .ifPresent(guards::add));
            return guards.stream().anyMatch(a -> guards.stream().anyMatch(b -> excludes(a, b)));
        });
    }

    private static boolean excludes(Guard a, Guard b) {
        if (!a.path().equals(b.path())) {
            return false;
        }
        return switch (a) {
            case Guard.Equal equal
            when b instanceof Guard.Equal other -> Collections.disjoint(equal.values(), other.values());
            case Guard.Equal equal
            when b instanceof Guard.Prefix prefix ->
                equal.values().stream()
                        .noneMatch(value -> value instanceof String text
                                && prefix.prefixes().stream().anyMatch(text::startsWith));
            case Guard.Is is when b instanceof Guard.Is other -> is.value() != other.value();
            default -> false;
        };
    }

    // Shadows

    /** A rule is shadowed by one that fires wherever it does, on more, and decides as severely or more. */
    private void shadows(List<Rule> rules) {
        for (final Rule rule : rules) {
            rules.stream()
                    .filter(other -> other.number() != rule.number() && isShadowedBy(rule, other))
                    .findFirst()
                    .ifPresent(other -> find(
                            rule,
                            Kind.SHADOWED,
                            "wherever this rule fires, rule \"" + other.source().name()
                                    + "\" fires as well and decides"));
        }
    }

    private boolean isShadowedBy(Rule rule, Rule other) {
        final int comparison = BY_SEVERITY.compare(other.source(), rule.source());
        return (comparison > 0 || (comparison == 0 && other.number() < rule.number()))
                && other.source().on().containsAll(rule.source().on())
                && rule.conditions().containsAll(other.conditions())
                && policy.exceptions().stream()
                        .noneMatch(exception ->
                                exception.rule().equals(other.source().name()));
    }

    // Cost

    /** At most how many steps the loops of an expression take. */
    private static long steps(Rule rule, CelAbstractSyntaxTree ast, CelExpr e) {
        final Checked variable = variable(rule.scope(), ast, e);
        if (variable != null) {
            return 0; // it has a budget of its own, and is evaluated once
        }
        return switch (e.getKind()) {
            case SELECT -> steps(rule, ast, e.select().operand());
            case CALL ->
                Interpreted.arguments(e).stream()
                        .mapToLong(each -> steps(rule, ast, each))
                        .sum();
            case LIST ->
                e.list().elements().stream()
                        .mapToLong(each -> steps(rule, ast, each))
                        .sum();
            case COMPREHENSION -> {
                final long inner = Math.min(
                        Integer.MAX_VALUE, steps(rule, ast, e.comprehension().loopStep()));
                yield steps(rule, ast, e.comprehension().iterRange())
                        + elements(rule, ast, e.comprehension().iterRange()) * (1 + inner);
            }
            default -> 0;
        };
    }

    /** At most how many elements a list has. */
    private static long elements(Rule rule, CelAbstractSyntaxTree ast, CelExpr list) {
        final Object literal = rule.scope().literal(ast, list).orElse(null);
        if (literal instanceof List<?> elements) {
            return elements.size();
        }
        return switch (list.getKind()) {
            case LIST -> list.list().elements().size();
            case COMPREHENSION -> elements(rule, ast, list.comprehension().iterRange());
            case SELECT ->
                ast.getTypeOrThrow(list.select().operand().id()).equals(Shapes.CHAIN.type())
                        ? Limits.DEFAULT.values()
                        : LIST_OF_EVENT;
            default -> LIST_OF_EVENT;
        };
    }

    private static boolean isUnlearned(Rule rule) {
        final String whole = rule.conditions().toString();
        return whole.contains("!baseline.") && !whole.contains("baseline.learned");
    }

    // Expressions

    private static void conjuncts(
            Scope scope, CelAbstractSyntaxTree ast, CelExpr e, BiConsumer<CelAbstractSyntaxTree, CelExpr> each) {
        final Checked variable = variable(scope, ast, e);
        if (variable != null) {
            conjuncts(scope, variable.ast(), variable.ast().getExpr(), each);
        } else if (e.getKind() == CelExpr.ExprKind.Kind.CALL
                && e.call().function().equals("_&&_")) {
            e.call().args().forEach(side -> conjuncts(scope, ast, side, each));
        } else {
            each.accept(ast, e);
        }
    }

    private static @Nullable Checked variable(Scope scope, CelAbstractSyntaxTree ast, CelExpr e) {
        return e.getKind() == CelExpr.ExprKind.Kind.SELECT
                        && !e.select().testOnly()
                        && ast.getTypeOrThrow(e.select().operand().id()).name().equals(Scope.VARIABLES)
                ? scope.checkedVariables().get(e.select().field())
                : null;
    }

    private static String text(CelAbstractSyntaxTree ast, CelExpr e) {
        return CelUnparserFactory.newUnparser().unparse(CelAbstractSyntaxTree.newParsedAst(e, ast.getSource()));
    }
}
