package io.fourthlog.policy;

import dev.cel.common.exceptions.CelInvalidArgumentException;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelVariableResolver;
import dev.cel.runtime.Program;
import io.fourthlog.actionlog.event.Event;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** One event before one policy: what its expressions see, with each variable evaluated once, when it is first read. */
final class Evaluation {

    /** A variable's value, or why it has none. */
    private sealed interface Outcome {}

    private record Value(Object value) implements Outcome {}

    private record Failure(String message) implements Outcome {}

    private final Optional<Object> event;
    private final Optional<Object> trace;
    private final Map<String, Outcome> outcomes = new HashMap<>();

    Evaluation(Event event, Facts facts) {
        this.event = Optional.of(Shapes.event(event, facts));
        this.trace = Optional.of(Shapes.trace(facts.trace()));
    }

    /** @param variables those that the expression was checked with */
    boolean holds(Program expression, Shape<Evaluation> variables) throws CelEvaluationException {
        return (Boolean) expression.eval(names(variables));
    }

    /** @param variables those that the expression was checked with */
    String text(Program expression, Shape<Evaluation> variables) throws CelEvaluationException {
        return (String) expression.eval(names(variables));
    }

    /**
     * The value of a variable, for the shape of {@code variables}.
     *
     * @param earlier the variables that stand before it
     * @throws CelInvalidArgumentException if it cannot be evaluated, each time it is read
     */
    Object variable(String name, Program expression, Shape<Evaluation> earlier) {
        Outcome outcome = outcomes.get(name);
        if (outcome == null) {
            outcome = evaluate(expression, earlier);
            outcomes.put(name, outcome);
        }
        return switch (outcome) {
            case Value value -> value.value();
            case Failure failure ->
                throw new CelInvalidArgumentException("variables." + name + ": " + failure.message());
        };
    }

    private Outcome evaluate(Program expression, Shape<Evaluation> earlier) {
        try {
            return new Value(expression.eval(names(earlier)));
        } catch (CelEvaluationException e) {
            return new Failure(String.valueOf(e.getMessage()));
        }
    }

    private CelVariableResolver names(Shape<Evaluation> variables) {
        return name -> switch (name) {
            case "event" -> event;
            case "trace" -> trace;
            case "variables" -> Optional.of(new ShapedValue<>(variables, this));
            default -> Optional.empty();
        };
    }
}
