package io.fourthlog.policy;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import io.fourthlog.actionlog.event.EventType;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the guard of a checked expression. In {@code a && b} either side's guard will do, the one that tells more is
 * taken; {@code a || b} needs both sides to look at one thing. A side that fails makes no difference: false and a failure
 * are false.
 */
final class Guards {

    private static final Map<String, Function<Frame, @Nullable Object>> ROOTS =
            Map.of("event", frame -> frame, "trace", Frame::trace, "session", Frame::session);

    private final Scope scope;
    private final EventType type;

    Guards(Scope scope, EventType type) {
        this.scope = scope;
        this.type = type;
    }

    Optional<Guard> of(CelAbstractSyntaxTree ast) {
        return Optional.ofNullable(guard(ast, ast.getExpr()));
    }

    private @Nullable Guard guard(CelAbstractSyntaxTree ast, CelExpr e) {
        return switch (e.getKind()) {
            case SELECT -> {
                if (!e.select().testOnly() && isVariables(ast, e)) {
                    final Scope.Checked variable =
                            scope.checkedVariables().get(e.select().field());
                    yield variable == null
                            ? null
                            : guard(variable.ast(), variable.ast().getExpr());
                }
                final Guard.Path path = path(ast, e, SimpleType.BOOL);
                yield path == null ? null : new Guard.Is(path, true);
            }
            case CALL -> call(ast, e);
            case COMPREHENSION -> exists(ast, e);
            default -> null;
        };
    }

    private @Nullable Guard call(CelAbstractSyntaxTree ast, CelExpr e) {
        final List<CelExpr> arguments = Interpreted.arguments(e);
        return switch (e.call().function()) {
            case "_&&_" -> better(guard(ast, arguments.get(0)), guard(ast, arguments.get(1)));
            case "_||_" -> either(guard(ast, arguments.get(0)), guard(ast, arguments.get(1)));
            case "!_" -> {
                final Guard.Path path = path(ast, arguments.getFirst(), SimpleType.BOOL);
                yield path == null ? null : new Guard.Is(path, false);
            }
            case "_==_" -> {
                final Guard straight = equal(ast, arguments.get(0), arguments.get(1));
                yield straight == null ? equal(ast, arguments.get(1), arguments.get(0)) : straight;
            }
            case "@in" -> in(ast, arguments.get(0), arguments.get(1));
            case "startsWith" -> {
                final Guard.Path path = path(ast, arguments.get(0), SimpleType.STRING);
                final Object prefix = scope.literal(ast, arguments.get(1)).orElse(null);
                yield path == null || !(prefix instanceof String text) ? null : prefix(path, Set.of(text));
            }
            case "glob" -> glob(ast, arguments.get(0), arguments.get(1));
            case "tagMatches" -> tagMatches(ast, arguments.get(0), arguments.get(1));
            default -> null;
        };
    }

    private @Nullable Guard equal(CelAbstractSyntaxTree ast, CelExpr value, CelExpr literal) {
        final Object constant = scope.literal(ast, literal).orElse(null);
        if (constant instanceof String || constant instanceof Long) {
            final Guard.Path path = path(ast, value, constant instanceof String ? SimpleType.STRING : SimpleType.INT);
            return path == null ? null : new Guard.Equal(path, Set.of(constant));
        }
        return null;
    }

    private @Nullable Guard in(CelAbstractSyntaxTree ast, CelExpr value, CelExpr container) {
        final Object one = scope.literal(ast, value).orElse(null);
        if (one instanceof String) {
            final Guard.Path list = path(ast, container, ListType.create(SimpleType.STRING));
            return list == null ? null : new Guard.Member(list, Set.of(one));
        }
        if (scope.literal(ast, container).orElse(null) instanceof List<?> list
                && list.stream().allMatch(each -> each instanceof String || each instanceof Long)) {
            final Guard.Path path = path(ast, value, ast.getTypeOrThrow(value.id()));
            return path == null ? null : new Guard.Equal(path, Set.copyOf(list));
        }
        return null;
    }

    private @Nullable Guard glob(CelAbstractSyntaxTree ast, CelExpr value, CelExpr patterns) {
        final Guard.Path path = path(ast, value, SimpleType.STRING);
        return path == null
                ? null
                : prefix(path, texts(ast, patterns).map(Patterns::literalPrefix).collect(Collectors.toSet()));
    }

    private @Nullable Guard tagMatches(CelAbstractSyntaxTree ast, CelExpr tags, CelExpr patterns) {
        final Guard.Path path = path(ast, tags, ListType.create(SimpleType.STRING));
        final Set<String> prefixes = texts(ast, patterns)
                .map(pattern -> pattern.indexOf('*') < 0 ? pattern : pattern.substring(0, pattern.indexOf('*')))
                .collect(Collectors.toSet());
        return path == null || !path.tags() || prefixes.isEmpty() || prefixes.contains("")
                ? null
                : new Guard.MemberPrefix(path, prefixes);
    }

    private Stream<String> texts(CelAbstractSyntaxTree ast, CelExpr literal) {
        return switch (scope.literal(ast, literal).orElse(List.of())) {
            case String one -> Stream.of(one);
            case List<?> several -> several.stream().map(String.class::cast);
            default -> Stream.of();
        };
    }

    private static @Nullable Guard prefix(Guard.Path path, Set<String> prefixes) {
        return prefixes.isEmpty() || prefixes.contains("") ? null : new Guard.Prefix(path, prefixes);
    }

    /** {@code event.list.exists(x, GUARD of x)}. */
    private @Nullable Guard exists(CelAbstractSyntaxTree ast, CelExpr e) {
        final CelExpr.CelComprehension loop = e.comprehension();
        final CelExpr start = loop.accuInit();
        final Guard.Path list = path(ast, loop.iterRange(), ListType.create(SimpleType.STRING));
        if (list == null
                || start.getKind() != CelExpr.ExprKind.Kind.CONSTANT
                || start.constant().getKind() != CelConstant.Kind.BOOLEAN_VALUE
                || start.constant().booleanValue()) {
            return null;
        }
        final Guard.Path element = new Guard.Path("the element", true, false, frame -> null);
        final Guard inner = ofElement(ast, loop.loopStep().call().args().get(1), loop.iterVar(), element);
        return switch (inner) {
            case Guard.Equal equal -> new Guard.Member(list, equal.values());
            case Guard.Prefix prefix -> new Guard.MemberPrefix(list, prefix.prefixes());
            case null, default -> null;
        };
    }

    private @Nullable Guard ofElement(CelAbstractSyntaxTree ast, CelExpr e, String name, Guard.Path element) {
        if (e.getKind() != CelExpr.ExprKind.Kind.CALL) {
            return null;
        }
        final List<CelExpr> arguments = Interpreted.arguments(e);
        return switch (e.call().function()) {
            case "_&&_" ->
                better(
                        ofElement(ast, arguments.get(0), name, element),
                        ofElement(ast, arguments.get(1), name, element));
            case "_||_" ->
                either(
                        ofElement(ast, arguments.get(0), name, element),
                        ofElement(ast, arguments.get(1), name, element));
            case "_==_" ->
                isName(arguments.get(0), name)
                                && scope.literal(ast, arguments.get(1)).orElse(null) instanceof String text
                        ? new Guard.Equal(element, Set.of(text))
                        : null;
            case "startsWith" ->
                isName(arguments.get(0), name)
                                && scope.literal(ast, arguments.get(1)).orElse(null) instanceof String text
                        ? prefix(element, Set.of(text))
                        : null;
            case "@in" ->
                isName(arguments.get(0), name)
                                && scope.literal(ast, arguments.get(1)).orElse(null) instanceof List<?> list
                        ? new Guard.Equal(element, Set.copyOf(list))
                        : null;
            case "glob" ->
                isName(arguments.get(0), name)
                        ? prefix(
                                element,
                                texts(ast, arguments.get(1))
                                        .map(Patterns::literalPrefix)
                                        .collect(Collectors.toSet()))
                        : null;
            default -> null;
        };
    }

    private static boolean isName(CelExpr e, String name) {
        return e.getKind() == CelExpr.ExprKind.Kind.IDENT && e.ident().name().equals(name);
    }

    private static @Nullable Guard better(@Nullable Guard a, @Nullable Guard b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return tells(a) >= tells(b) ? a : b;
    }

    private static int tells(Guard guard) {
        return switch (guard) {
            case Guard.Equal equal -> equal.path().telling() ? 5 : 1;
            case Guard.Prefix prefix -> 4;
            case Guard.Member member -> 3;
            case Guard.MemberPrefix prefix -> 2;
            case Guard.Is is -> 0;
        };
    }

    private static @Nullable Guard either(@Nullable Guard a, @Nullable Guard b) {
        if (a == null || b == null || !a.path().equals(b.path())) {
            return null;
        }
        if (a instanceof Guard.Equal first && b instanceof Guard.Equal second) {
            return new Guard.Equal(a.path(), union(first.values(), second.values()));
        }
        if (a instanceof Guard.Member first && b instanceof Guard.Member second) {
            return new Guard.Member(a.path(), union(first.values(), second.values()));
        }
        final Set<String> first = asPrefixes(a);
        final Set<String> second = asPrefixes(b);
        if (first.isEmpty() || second.isEmpty()) {
            return null;
        }
        final Set<String> all = union(first, second);
        return a instanceof Guard.Equal || a instanceof Guard.Prefix
                ? new Guard.Prefix(a.path(), all)
                : new Guard.MemberPrefix(a.path(), all);
    }

    /** What a value of the guard begins with; empty if that is not known. */
    private static Set<String> asPrefixes(Guard guard) {
        return switch (guard) {
            case Guard.Prefix prefix -> prefix.prefixes();
            case Guard.MemberPrefix prefix -> prefix.prefixes();
            case Guard.Equal equal -> texts(equal.values());
            case Guard.Member member -> texts(member.values());
            case Guard.Is is -> Set.of();
        };
    }

    private static Set<String> texts(Set<Object> values) {
        return values.stream().allMatch(value -> value instanceof String text && !text.isEmpty())
                ? values.stream().map(String.class::cast).collect(Collectors.toSet())
                : Set.of();
    }

    private static <T> Set<T> union(Set<? extends T> a, Set<? extends T> b) {
        final Set<T> all = new HashSet<>(a);
        all.addAll(b);
        return all;
    }

    private boolean isVariables(CelAbstractSyntaxTree ast, CelExpr select) {
        return ast.getTypeOrThrow(select.select().operand().id()).name().equals(Scope.VARIABLES);
    }

    /** The path that a chain of fields from {@code event}, {@code trace} or {@code session} is, if it is of this type. */
    private Guard.@Nullable Path path(CelAbstractSyntaxTree ast, CelExpr e, CelType wanted) {
        if (e.getKind() != CelExpr.ExprKind.Kind.SELECT
                || e.select().testOnly()
                || !ast.getTypeOrThrow(e.id()).equals(wanted)
                || isVariables(ast, e)) {
            return null;
        }
        return path(ast, e);
    }

    private Guard.@Nullable Path path(CelAbstractSyntaxTree ast, CelExpr select) {
        final CelExpr operand = select.select().operand();
        final String field = select.select().field();
        final String struct = ast.getTypeOrThrow(operand.id()).name();
        if (!struct.startsWith(Shapes.NAMESPACE)) {
            return null;
        }
        final Guard.Path owner = switch (operand.getKind()) {
            case IDENT -> root(operand.ident().name());
            case SELECT -> operand.select().testOnly() ? null : path(ast, operand);
            default -> null;
        };
        if (owner == null) {
            return null;
        }
        final Shape.@Nullable Field<?> found =
                Shapes.named(struct, type).fields().get(field);
        return found == null
                ? null
                : new Guard.Path(
                        owner.text() + "." + field, found.telling(), Tags.isField(field), reader(owner.read(), found));
    }

    @SuppressWarnings("unchecked") // the checker has held the owner to the shape
    private static <T> Function<Frame, @Nullable Object> reader(
            Function<Frame, @Nullable Object> owner, Shape.Field<T> field) {
        return frame -> {
            final Object from = owner.apply(frame);
            final Object value = from == null ? null : field.read().apply((T) from);
            return value == null ? field.whenAbsent() : value;
        };
    }

    private static Guard.@Nullable Path root(String name) {
        final Function<Frame, @Nullable Object> read = ROOTS.get(name);
        return read == null ? null : new Guard.Path(name, true, false, read);
    }
}
