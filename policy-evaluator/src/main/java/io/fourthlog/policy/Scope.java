package io.fourthlog.policy;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.Program;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.Shapes.Subject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Checks expressions over one set of event types: {@code event} has the fields that all of them share, and
 * {@code variables} those of the policy that can be evaluated on them. Faults come with their place and, for a misspelt
 * name, with the one that was probably meant.
 */
final class Scope {

    private static final Pattern UNDEFINED_FIELD = Pattern.compile("undefined field '(?<name>[^']*)'");
    private static final Pattern UNDECLARED = Pattern.compile("undeclared reference to '(?<name>[^']*)'");
    private static final List<String> ROOTS = List.of("event", "trace", "variables");

    private static final CelRuntime RUNTIME = runtime();

    /** An expression, ready to run, and the type of what it gives. */
    record Checked(Program program, CelType type) {}

    /** Faults of an expression, each behind its {@code LINE:COLUMN:}. */
    static final class ExpressionException extends Exception {
        ExpressionException(List<String> faults) {
            super(String.join("; ", faults));
        }

        String faults() {
            return String.valueOf(getMessage());
        }
    }

    private final Set<EventType> on;
    private final Shape<Subject> event;
    private final Map<String, String> unusable = new LinkedHashMap<>();
    private Shape<Evaluation> variables;
    private CelCompiler compiler;

    Scope(Set<EventType> on) {
        this.on = on;
        final List<Shape<Subject>> shapes =
                on.stream().map(type -> Shapes.events().get(type)).toList();
        this.event = shapes.size() == 1
                ? shapes.getFirst()
                : Shape.shared(
                        "fourthlog." + on.stream().map(EventType::wire).collect(Collectors.joining("_or_")), shapes);
        this.variables = Shape.<Evaluation>named("fourthlog.Variables").build();
        this.compiler = compiler();
    }

    /** The variables so far. */
    Shape<Evaluation> variables() {
        return variables;
    }

    /** Declares a variable for what is checked after it; one with a fault is reported where it is read. */
    void declare(VariableSource variable) {
        final Shape<Evaluation> earlier = variables;
        try {
            final Checked checked = check(variable.expression());
            variables = earlier.with(
                    variable.name(),
                    checked.type(),
                    evaluation -> evaluation.variable(variable.name(), checked.program(), earlier));
            compiler = compiler();
        } catch (ExpressionException e) {
            unusable.put(variable.name(), e.faults());
        }
    }

    /** Why a variable cannot be evaluated on these types of event. */
    Optional<String> fault(VariableSource variable) {
        return Optional.ofNullable(unusable.get(variable.name()));
    }

    /** Checks an expression that has to give a value of this type. */
    Program check(String expression, CelType expected) throws ExpressionException {
        final Checked checked = check(expression);
        if (!checked.type().equals(expected)) {
            throw new ExpressionException(List.of(
                    "1:1: this is of type " + checked.type().name() + ", where " + expected.name() + " is needed"));
        }
        return checked.program();
    }

    private Checked check(String expression) throws ExpressionException {
        final CelValidationResult result = compiler.compile(expression);
        if (result.hasError()) {
            throw new ExpressionException(result.getErrors().stream()
                    .map(issue -> explain(issue, expression))
                    .toList());
        }
        try {
            final CelAbstractSyntaxTree ast = result.getAst();
            final Optional<String> excess = Budget.excess(ast);
            if (excess.isPresent()) {
                throw new ExpressionException(List.of(excess.get()));
            }
            return new Checked(RUNTIME.createProgram(ast), ast.getResultType());
        } catch (CelValidationException | CelEvaluationException e) {
            throw new ExpressionException(List.of(String.valueOf(e.getMessage())));
        }
    }

    private String explain(CelIssue issue, String expression) {
        final String place = issue.getSourceLocation().getLine() + ":"
                + (issue.getSourceLocation().getColumn() + 1) + ": ";
        final Matcher field = UNDEFINED_FIELD.matcher(issue.getMessage());
        if (field.find()) {
            return place + explainField(field.group("name"), operand(issue, expression));
        }
        final Matcher reference = UNDECLARED.matcher(issue.getMessage());
        if (reference.find()) {
            final String name = reference.group("name");
            return place + "there is no \"" + name + "\"" + DidYouMean.hint(name, ROOTS);
        }
        return place + issue.getMessage();
    }

    /** The source of what a field was selected from, as in {@code event.destination}; empty if it is not a chain of names. */
    private String operand(CelIssue issue, String expression) {
        final CelValidationResult parsed = compiler.parse(expression);
        try {
            return CelNavigableAst.fromAst(parsed.getAst())
                    .getRoot()
                    .allNodes()
                    .map(CelNavigableExpr::expr)
                    .filter(node -> node.id() == issue.getExprId())
                    .filter(node -> node.getKind() == CelExpr.ExprKind.Kind.SELECT)
                    .findFirst()
                    .map(node -> chain(node.select().operand()))
                    .orElse("");
        } catch (CelValidationException e) {
            return "";
        }
    }

    private static String chain(CelExpr node) {
        return switch (node.getKind()) {
            case IDENT -> node.ident().name();
            case SELECT -> chain(node.select().operand()) + "." + node.select().field();
            default -> "";
        };
    }

    private String explainField(String field, String of) {
        return switch (of) {
            case "variables" -> explainVariable(field);
            case "event" -> explainEventField(field);
            case "trace" -> noField(of, field, Shapes.TRACE.fields().keySet());
            case "event.destination" ->
                noField(of, field, Shapes.DESTINATION.fields().keySet());
            default ->
                "there is no field \"" + field + "\""
                        + DidYouMean.hint(
                                field,
                                Stream.of(event, Shapes.TRACE, Shapes.DESTINATION, Shapes.REQUESTED_TOOL)
                                        .flatMap(shape -> shape.fields().keySet().stream())
                                        .toList());
        };
    }

    private String explainVariable(String name) {
        final String fault = unusable.get(name);
        return fault == null
                ? noField("variables", name, variables.fields().keySet())
                : "variables." + name + " cannot be evaluated on " + types() + ": " + fault;
    }

    private String explainEventField(String field) {
        final String having = Shapes.events().entrySet().stream()
                .filter(shape -> shape.getValue().fields().containsKey(field))
                .map(shape -> shape.getKey().wire())
                .sorted()
                .collect(Collectors.joining(", "));
        final String fault = noField("event", field, event.fields().keySet());
        return having.isEmpty() ? fault : "event has no field \"" + field + "\" on " + types() + "; only on " + having;
    }

    private static String noField(String of, String field, Set<String> fields) {
        return of + " has no field \"" + field + "\"" + DidYouMean.hint(field, fields);
    }

    private String types() {
        return on.stream().map(EventType::wire).collect(Collectors.joining(" and "));
    }

    private CelCompiler compiler() {
        return CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(Budget.OPTIONS)
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .setStandardEnvironmentEnabled(false)
                .setStandardDeclarations(Budget.declarations())
                .addLibraries(
                        CelExtensions.strings(Budget.STRINGS),
                        CelExtensions.lists(Budget.LISTS),
                        CelExtensions.math(),
                        CelExtensions.sets(Budget.OPTIONS))
                .setTypeProvider(new Structs(structs()))
                .addVar("event", event.type())
                .addVar("trace", Shapes.TRACE.type())
                .addVar("variables", variables.type())
                .build();
    }

    private Map<String, CelType> structs() {
        final List<CelType> types = new ArrayList<>(Shapes.types());
        types.add(event.type());
        types.add(variables.type());
        return types.stream().collect(Collectors.toMap(CelType::name, type -> type, (a, b) -> a));
    }

    private static CelRuntime runtime() {
        final CelRuntimeBuilder runtime = CelRuntimeFactory.plannerRuntimeBuilder()
                .setOptions(Budget.OPTIONS)
                .addLibraries(
                        CelExtensions.strings(Budget.STRINGS),
                        CelExtensions.lists(Budget.LISTS),
                        CelExtensions.math(),
                        CelExtensions.sets(Budget.OPTIONS));
        Budget.limit(runtime);
        return runtime.build();
    }

    /** The struct types that expressions know, by name. */
    @SuppressWarnings("Immutable") // the map is not changed after it is made
    private record Structs(Map<String, CelType> byName) implements CelTypeProvider {
        @Override
        public ImmutableCollection<CelType> types() {
            return ImmutableList.copyOf(byName.values());
        }

        @Override
        public Optional<CelType> findType(String name) {
            return Optional.ofNullable(byName.get(name));
        }
    }
}
