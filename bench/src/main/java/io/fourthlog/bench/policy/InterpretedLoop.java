package io.fourthlog.bench.policy;

import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.fourthlog.actionlog.event.EventSchema;
import io.fourthlog.actionlog.event.EventSchema.EventField;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The peer: dev.cel's planner run time, one program a rule, one after the other, over an event that is a map already. */
final class InterpretedLoop {

    private final List<CelRuntime.Program> programs;

    InterpretedLoop(List<String> conditions) {
        final CelCompiler compiler = CelCompilerFactory.standardCelCompilerBuilder()
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addVar("event", MapType.create(SimpleType.STRING, SimpleType.DYN))
                .setResultType(SimpleType.BOOL)
                .build();
        final CelRuntime runtime = CelRuntimeFactory.plannerRuntimeBuilder()
                .setOptions(CelOptions.current()
                        .enableHeterogeneousNumericComparisons(true)
                        .build())
                .build();
        programs = conditions.stream()
                .map(condition -> {
                    try {
                        return runtime.createProgram(compiler.compile(condition).getAst());
                    } catch (CelValidationException | CelEvaluationException e) {
                        throw new IllegalStateException(condition, e);
                    }
                })
                .toList();
    }

    static Map<String, Object> names(ToolInvocation event) {
        final Map<String, Object> fields = new HashMap<>();
        for (final EventField field : EventSchema.of(event.type()).fields()) {
            final Object value = field.read().apply(event);
            if (value != null) {
                fields.put(field.name().equals("destination") ? "server" : field.name(), value);
            }
        }
        return Map.of("event", fields);
    }

    int evaluate(Map<String, Object> names) {
        int fired = 0;
        for (final CelRuntime.Program program : programs) {
            try {
                fired += Boolean.TRUE.equals(program.eval(names)) ? 1 : 0;
            } catch (CelEvaluationException e) {
                throw new IllegalStateException(e);
            }
        }
        return fired;
    }
}
