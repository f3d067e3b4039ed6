package io.fourthlog.policy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructTypeReference;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.Program;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.Patterns.BadPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What CEL's own interpreter says of an expression that compiled code is held to. */
final class Oracle {

    private static final CelRuntime RUNTIME = runtime();

    private final Program program;
    private final EventType type;

    private Oracle(Program program, EventType type) {
        this.program = program;
        this.type = type;
    }

    static Oracle of(String expression, EventType type) {
        try {
            return new Oracle(
                    RUNTIME.createProgram(new Scope(Set.of(type), List.of(), new Scope.Slots())
                            .check(expression)
                            .ast()),
                    type);
        } catch (Scope.ExpressionException | CelEvaluationException e) {
            throw new AssertionError(expression, e);
        }
    }

    /** The value, or nothing when it has none. */
    Optional<Object> evaluate(Event event, Facts facts) {
        final Frame frame = new Frame(0, 0);
        frame.begin(event, facts);
        final Map<String, Object> names = Map.of(
                "event",
                Interpreted.toCel(frame, StructTypeReference.create(Shapes.NAMESPACE + type.wire()), type),
                "trace",
                Interpreted.toCel(frame.trace(), Shapes.CHAIN.type(), type),
                "session",
                Interpreted.toCel(frame.session(), Shapes.CHAIN.type(), type),
                "baseline",
                Interpreted.toCel(frame.past(), Shapes.BASELINE.type(), type),
                Functions.PAST,
                Interpreted.toCel(frame.past(), Shapes.PAST.type(), type));
        try {
            return Optional.of(program.eval(name -> Optional.ofNullable(names.get(name))));
        } catch (CelEvaluationException e) {
            return Optional.empty();
        }
    }

    private static CelRuntime runtime() {
        final CelRuntimeBuilder runtime = Scope.runtime();
        Functions.OVERLOADS.values().stream()
                .collect(Collectors.groupingBy(Functions.Overload::function))
                .forEach((function, overloads) -> runtime.addFunctionBindings(CelFunctionBinding.fromOverloads(
                        function, overloads.stream().map(Oracle::binding).toList())));
        return runtime.build();
    }

    @SuppressWarnings("Immutable") // an overload is, and so is what its maker makes
    private static CelFunctionBinding binding(Functions.Overload overload) {
        return CelFunctionBinding.from(
                overload.id(),
                overload.arguments().stream().<Class<?>>map(Oracle::javaClass).toList(),
                values -> call(overload, values));
    }

    private static Class<?> javaClass(CelType type) {
        return type.equals(SimpleType.STRING)
                ? String.class
                : type instanceof ListType ? List.class : ShapedValue.class;
    }

    private static Object call(Functions.Overload overload, Object[] values) {
        final List<Object> arguments = new ArrayList<>();
        Arrays.stream(values).map(Interpreted::toJava).forEach(arguments::add);
        final Functions.Literal maker = overload.maker();
        try {
            if (maker != null) {
                final List<Object> literals = List.copyOf(arguments.subList(overload.literal(), arguments.size()));
                arguments.subList(overload.literal(), arguments.size()).clear();
                arguments.add(maker.make(literals.size() == 1 ? literals.getFirst() : literals));
            }
            if (overload.canFail()) {
                arguments.addFirst(new Frame(0, 0));
            }
            final Object result = overload.method().invoke(null, arguments.toArray());
            return Interpreted.toCel(result, overload.result(), EventType.TOOL_INVOCATION);
        } catch (BadPattern | ReflectiveOperationException e) {
            throw new AssertionError(overload.id() + arguments, e);
        }
    }
}
