package io.fourthlog.policy;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.CelRuntimeFactory;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.CodeWriter.RefusedException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
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
 * Compiles expressions over one set of event types: {@code event} has the fields that all of them share, and
 * {@code variables} those of the policy that can be evaluated on them. Faults come with their place and, for a misspelt
 * name, with the one that was probably meant. What was compiled once is not compiled again.
 */
final class Scope {

    static final String VARIABLES = Shapes.NAMESPACE + "Variables";

    private static final Pattern UNDEFINED_FIELD = Pattern.compile("undefined field '(?<name>[^']*)'");
    private static final Pattern UNDECLARED = Pattern.compile("undeclared reference to '(?<name>[^']*)'");
    private static final Pattern NO_OVERLOAD = Pattern.compile(
            "found no matching overload for '(?<name>[^']*)' applied to '(?<types>.*)' \\(candidates: .*\\)");
    private static final List<String> ROOTS = List.of("event", "trace", "session", "baseline", "variables");

    static final CelRuntime RUNTIME = runtime().build();

    /** An expression, checked. */
    record Checked(CelAbstractSyntaxTree ast, CelType type) {}

    /** An expression, compiled for each type of event, with what has to hold on the event for it to be anything but false. */
    record Expression(Map<EventType, Code> code, Map<EventType, Optional<Guard>> guards) {}

    /** Faults of an expression, each behind its {@code LINE:COLUMN:}. */
    static final class ExpressionException extends Exception {
        ExpressionException(List<String> faults) {
            super(String.join("; ", faults));
        }

        String faults() {
            return String.valueOf(getMessage());
        }
    }

    private record Wanted(String expression, CelType type) {}

    private record Use(String variable, EventType type) {}

    private final Set<EventType> on;
    private final List<String> declared;
    private final Slots slots;
    private final Shape<Frame> event;
    private final Map<String, String> unusable = new LinkedHashMap<>();
    private final Map<String, Checked> checkedVariables = new LinkedHashMap<>();
    private final Map<Use, Variable> variablesInUse = new HashMap<>();
    private final Map<Wanted, Expression> expressions = new HashMap<>();
    private Shape<Frame> variables;
    private CelCompiler compiler;

    /** Gives each variable its place in a frame. */
    static final class Slots {
        private int next;

        int used() {
            return next;
        }
    }

    Scope(Set<EventType> on, List<VariableSource> sources, Slots slots) {
        this.on = on;
        this.declared = sources.stream().map(VariableSource::name).toList();
        this.slots = slots;
        final List<Shape<Frame>> shapes =
                on.stream().map(type -> Shapes.events().get(type)).toList();
        this.event = shapes.size() == 1
                ? shapes.getFirst()
                : Shape.shared(
                        Shapes.NAMESPACE + on.stream().map(EventType::wire).collect(Collectors.joining("_or_")),
                        shapes);
        this.variables = Shape.<Frame>named(VARIABLES).build();
        this.compiler = compiler();
        sources.forEach(this::declare);
    }

    /** Declares a variable for what is checked after it; one with a fault is reported where it is read. */
    private void declare(VariableSource variable) {
        try {
            final Checked checked = check(variable.expression());
            checkedVariables.put(variable.name(), checked);
            variables = variables.with(variable.name(), checked.type(), frame -> {
                throw new IllegalStateException("compiled code reads variables from their slots");
            });
            compiler = compiler();
        } catch (ExpressionException e) {
            unusable.put(variable.name(), e.faults());
        }
    }

    /** Why a variable cannot be evaluated on these types of event. */
    Optional<String> fault(String variable) {
        return Optional.ofNullable(unusable.get(variable));
    }

    /** The checked expressions of the variables, in their order, without those at fault. */
    Map<String, Checked> checkedVariables() {
        return checkedVariables;
    }

    /** Compiles an expression that has to give a value of this type. */
    Expression compile(String expression, CelType expected) throws ExpressionException {
        final Wanted wanted = new Wanted(expression, expected);
        final Expression known = expressions.get(wanted);
        if (known != null) {
            return known;
        }
        final Checked checked = check(expression);
        if (!checked.type().equals(expected)) {
            throw new ExpressionException(List.of(
                    "1:1: this is of type " + checked.type().name() + ", where " + expected.name() + " is needed"));
        }
        final Map<EventType, Code> code = new EnumMap<>(EventType.class);
        final Map<EventType, Optional<Guard>> guards = new EnumMap<>(EventType.class);
        for (final EventType type : on) {
            try {
                code.put(type, CodeWriter.write(checked.ast(), type, names(type)));
            } catch (RefusedException e) {
                throw new ExpressionException(List.of(place(checked.ast(), e.node()) + e.reason()));
            }
            guards.put(
                    type,
                    expected.equals(SimpleType.BOOL) ? new Guards(this, type).of(checked.ast()) : Optional.empty());
        }
        final Expression compiled = new Expression(code, guards);
        expressions.put(wanted, compiled);
        return compiled;
    }

    private CodeWriter.Names names(EventType type) {
        return new CodeWriter.Names() {
            @Override
            public Variable variable(String name) throws RefusedException {
                return variableInUse(name, type);
            }

            @Override
            public Optional<Object> literal(CelAbstractSyntaxTree ast, CelExpr expression) {
                return Scope.this.literal(ast, expression);
            }

            @Override
            public boolean isTags(CelAbstractSyntaxTree ast, CelExpr expression) {
                return Scope.this.isTags(ast, expression);
            }
        };
    }

    private Variable variableInUse(String name, EventType type) throws RefusedException {
        final Use use = new Use(name, type);
        final Variable known = variablesInUse.get(use);
        if (known != null) {
            return known;
        }
        final Checked checked = checkedVariables.get(name);
        if (checked == null) {
            throw new IllegalStateException("the checker knows no variable " + name);
        }
        final Code code;
        try {
            code = CodeWriter.write(checked.ast(), type, names(type));
        } catch (RefusedException e) {
            throw new RefusedException(
                    e.node(), "variables." + name + ": " + place(checked.ast(), e.node()) + e.reason());
        }
        final Variable variable = new Variable(name, slots.next++, checked.type(), code);
        variablesInUse.put(use, variable);
        return variable;
    }

    /** What an expression always is, if it is a literal, a list of literals, or a variable that is one. */
    Optional<Object> literal(CelAbstractSyntaxTree ast, CelExpr e) {
        return switch (e.getKind()) {
            case CONSTANT -> literal(e.constant());
            case LIST -> {
                final List<Object> elements = new ArrayList<>();
                for (final CelExpr element : e.list().elements()) {
                    literal(ast, element).ifPresent(elements::add);
                }
                yield elements.size() == e.list().elements().size()
                        ? Optional.of(List.copyOf(elements))
                        : Optional.empty();
            }
            case SELECT -> {
                final boolean variable = !e.select().testOnly()
                        && ast.getTypeOrThrow(e.select().operand().id()).name().equals(VARIABLES);
                final Checked checked =
                        variable ? checkedVariables.get(e.select().field()) : null;
                yield checked == null
                        ? Optional.empty()
                        : literal(checked.ast(), checked.ast().getExpr());
            }
            default -> Optional.empty();
        };
    }

    /** Whether an expression is a list of tags of sensitivity: such a field, or what is made of one. */
    boolean isTags(CelAbstractSyntaxTree ast, CelExpr e) {
        if (!ast.getTypeOrThrow(e.id()).equals(ListType.create(SimpleType.STRING))) {
            return false;
        }
        return switch (e.getKind()) {
            case SELECT -> {
                final String field = e.select().field();
                final String of = ast.getTypeOrThrow(e.select().operand().id()).name();
                final Checked variable = of.equals(VARIABLES) ? checkedVariables.get(field) : null;
                yield variable == null
                        ? of.startsWith(Shapes.NAMESPACE) && !of.equals(VARIABLES) && Tags.isField(field)
                        : isTags(variable.ast(), variable.ast().getExpr());
            }
            case CALL -> Interpreted.arguments(e).stream().anyMatch(each -> isTags(ast, each));
            case COMPREHENSION -> isTags(ast, e.comprehension().iterRange());
            default -> false;
        };
    }

    private static Optional<Object> literal(CelConstant constant) {
        return switch (constant.getKind()) {
            case BOOLEAN_VALUE -> Optional.of(constant.booleanValue());
            case INT64_VALUE -> Optional.of(constant.int64Value());
            case DOUBLE_VALUE -> Optional.of(constant.doubleValue());
            case STRING_VALUE -> Optional.of(constant.stringValue());
            default -> Optional.empty();
        };
    }

    private static String place(CelAbstractSyntaxTree ast, long node) {
        return Optional.ofNullable(ast.getSource().getPositionsMap().get(node))
                .flatMap(ast.getSource()::getOffsetLocation)
                .map(Scope::place)
                .orElse("");
    }

    private static String place(CelSourceLocation location) {
        return location.getLine() + ":" + (location.getColumn() + 1) + ": ";
    }

    Checked check(String expression) throws ExpressionException {
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
            return new Checked(ast, ast.getResultType());
        } catch (CelValidationException e) {
            throw new ExpressionException(List.of(String.valueOf(e.getMessage())));
        }
    }

    private String explain(CelIssue issue, String expression) {
        final String place = place(issue.getSourceLocation());
        final Matcher field = UNDEFINED_FIELD.matcher(issue.getMessage());
        if (field.find()) {
            return place + explainField(field.group("name"), operand(issue, expression));
        }
        final Matcher reference = UNDECLARED.matcher(issue.getMessage());
        if (reference.find()) {
            final String name = reference.group("name");
            return place + "there is no \"" + name + "\"" + Suggestions.didYouMean(name, known());
        }
        final Matcher overload = NO_OVERLOAD.matcher(issue.getMessage());
        if (overload.matches()) {
            return place + overload.group("name") + " cannot be applied to " + overload.group("types");
        }
        return place + issue.getMessage();
    }

    private static List<String> known() {
        return Stream.concat(
                        ROOTS.stream(), Functions.OVERLOADS.values().stream().map(Functions.Overload::function))
                .distinct()
                .toList();
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
            case "trace", "session" -> noField(of, field, Shapes.CHAIN.fields().keySet());
            case "baseline" -> noField(of, field, Shapes.BASELINE.fields().keySet());
            case "event.destination" ->
                noField(of, field, Shapes.DESTINATION.fields().keySet());
            default ->
                "there is no field \"" + field + "\""
                        + Suggestions.didYouMean(
                                field,
                                Stream.concat(Stream.of(event), Shapes.objects().values().stream())
                                        .flatMap(shape -> shape.fields().keySet().stream())
                                        .distinct()
                                        .toList());
        };
    }

    private String explainVariable(String name) {
        final String fault = unusable.get(name);
        if (fault == null && declared.contains(name)) {
            return "variables." + name
                    + " can only be read by what stands after it: a variable cannot read itself, nor a later one";
        }
        return fault == null
                ? noField("variables", name, declared)
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

    private static String noField(String of, String field, Collection<String> fields) {
        return of + " has no field \"" + field + "\"" + Suggestions.didYouMean(field, fields);
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
                .addMacros(Functions.macros())
                .addFunctionDeclarations(Functions.declarations())
                .addFunctionDeclarations(Budget.REGEX_FUNCTIONS)
                .addLibraries(
                        CelExtensions.strings(Budget.STRINGS),
                        CelExtensions.lists(Budget.LISTS),
                        CelExtensions.math(),
                        CelExtensions.sets(Budget.OPTIONS),
                        CelExtensions.optional())
                .setTypeProvider(new Structs(structs()))
                .addVar("event", event.type())
                .addVar("trace", Shapes.CHAIN.type())
                .addVar("session", Shapes.CHAIN.type())
                .addVar("baseline", Shapes.BASELINE.type())
                .addVar(Functions.PAST, Shapes.PAST.type())
                .addVar("variables", variables.type())
                .build();
    }

    private Map<String, CelType> structs() {
        final List<CelType> types = new ArrayList<>(Shapes.types());
        types.add(event.type());
        types.add(variables.type());
        return types.stream().collect(Collectors.toMap(CelType::name, type -> type, (a, b) -> a));
    }

    static CelRuntimeBuilder runtime() {
        final CelRuntimeBuilder runtime = CelRuntimeFactory.plannerRuntimeBuilder()
                .setOptions(Budget.OPTIONS)
                .addLibraries(
                        CelExtensions.strings(Budget.STRINGS),
                        CelExtensions.lists(Budget.LISTS),
                        CelExtensions.math(),
                        CelExtensions.sets(Budget.OPTIONS),
                        CelExtensions.regex(),
                        CelExtensions.optional());
        Budget.limit(runtime);
        return runtime;
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
