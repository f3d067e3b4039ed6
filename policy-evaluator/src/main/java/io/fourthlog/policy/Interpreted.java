package io.fourthlog.policy;

import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelReference;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.StructType;
import dev.cel.common.types.StructTypeReference;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.Program;
import io.fourthlog.actionlog.event.EventType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A function of CEL that compiled code leaves to CEL's own interpreter, because rules hardly ever call it where it counts:
 * the call with its arguments as variables, planned once.
 */
final class Interpreted {

    private static final int TEXT_PER_STEP = 256;
    private static final int ELEMENTS_PER_STEP = 8;
    private static final int PAIRS_PER_STEP = 64;

    private final Program program;
    private final List<CelType> arguments;

    private Interpreted(Program program, List<CelType> arguments) {
        this.program = program;
        this.arguments = arguments;
    }

    /** Of a call in a checked expression. */
    static Interpreted of(CelAbstractSyntaxTree ast, CelExpr node) throws CelEvaluationException {
        final List<CelType> types = new ArrayList<>();
        final Map<Long, CelReference> references = new HashMap<>();
        final Map<Long, CelType> typeMap = new HashMap<>();
        ast.getReference(node.id()).ifPresent(reference -> references.put(node.id(), reference));
        typeMap.put(node.id(), ast.getTypeOrThrow(node.id()));
        final List<CelExpr> names = new ArrayList<>();
        for (final CelExpr argument : arguments(node)) {
            final String name = "a" + types.size();
            final CelType type = ast.getTypeOrThrow(argument.id());
            types.add(type);
            typeMap.put(argument.id(), type);
            references.put(
                    argument.id(), CelReference.newBuilder().setName(name).build());
            names.add(CelExpr.ofIdent(argument.id(), name));
        }
        final Optional<CelExpr> target = node.call().target().map(receiver -> names.getFirst());
        final CelExpr call = CelExpr.ofCall(
                node.id(),
                target,
                node.call().function(),
                ImmutableList.copyOf(names.subList(target.isPresent() ? 1 : 0, names.size())));
        return new Interpreted(
                Scope.RUNTIME.createProgram(
                        CelAbstractSyntaxTree.newCheckedAst(call, ast.getSource(), references, typeMap)),
                types);
    }

    /** The value of a name that is a constant of the language, such as {@code int}. */
    static Object constant(CelAbstractSyntaxTree ast, CelExpr name) throws CelEvaluationException {
        final CelAbstractSyntaxTree alone =
                CelAbstractSyntaxTree.newCheckedAst(name, ast.getSource(), ast.getReferenceMap(), ast.getTypeMap());
        return Scope.RUNTIME.createProgram(alone).eval();
    }

    /** The receiver, if there is one, and the arguments. */
    static List<CelExpr> arguments(CelExpr call) {
        final List<CelExpr> all = new ArrayList<>();
        call.call().target().ifPresent(all::add);
        all.addAll(call.call().args());
        return all;
    }

    /** The result; with a failure in the frame, it means nothing. */
    Object call(Frame frame, Object[] values) {
        int steps = 1;
        int elements = 0; // of the lists before: those of sets compare each with each
        for (final Object value : values) {
            steps += value instanceof String text ? text.length() / TEXT_PER_STEP : 0;
            if (value instanceof List<?> list) {
                steps += list.size() / ELEMENTS_PER_STEP + elements * list.size() / PAIRS_PER_STEP;
                elements += list.size();
            }
        }
        if (!frame.step(steps)) {
            return "";
        }
        final EventType type = frame.event().type();
        try {
            return toJava(program.eval(name -> argument(name, values, type)));
        } catch (CelEvaluationException e) {
            frame.failure = new Failure.Fault(String.valueOf(e.getMessage()));
            return "";
        }
    }

    private Optional<Object> argument(String name, Object[] values, EventType type) {
        final int index = name.charAt(0) == 'a' ? Integer.parseInt(name.substring(1)) : -1;
        return index < 0 ? Optional.empty() : Optional.of(toCel(values[index], arguments.get(index), type));
    }

    /** A value as CEL's interpreter takes it: objects behind their shapes. */
    static Object toCel(Object value, CelType type, EventType event) {
        return switch (type) {
            case StructType struct -> shaped(value, struct.name(), event);
            case StructTypeReference struct -> shaped(value, struct.name(), event);
            case ListType list
            when value instanceof List<?> elements && holdsObjects(list) ->
                elements.stream()
                        .map(each -> toCel(each, list.elemType(), event))
                        .toList();
            case MapType map
            when value instanceof Map<?, ?> entries && holdsObjects(map) -> {
                final Map<Object, Object> shaped = new HashMap<>();
                entries.forEach((key, each) -> shaped.put(key, toCel(each, map.valueType(), event)));
                yield shaped;
            }
            default -> value;
        };
    }

    private static boolean holdsObjects(CelType type) {
        return type.parameters().stream()
                .anyMatch(inner ->
                        inner instanceof StructType || inner instanceof StructTypeReference || holdsObjects(inner));
    }

    @SuppressWarnings("unchecked") // the checker has held the type to the shape
    private static Object shaped(Object value, String type, EventType event) {
        final Shape<Object> shape = (Shape<Object>) Shapes.named(type, event);
        return value instanceof ShapedValue<?> ? value : new ShapedValue<>(shape, value, event);
    }

    static Object toJava(@Nullable Object value) {
        return switch (value) {
            case null -> throw new IllegalStateException("CEL's null is not Java's");
            case ShapedValue<?> shaped -> shaped.object();
            case List<?> list
            when list.stream().anyMatch(each -> each instanceof ShapedValue<?> || each instanceof List<?>) ->
                list.stream().map(Interpreted::toJava).toList();
            default -> value;
        };
    }
}
