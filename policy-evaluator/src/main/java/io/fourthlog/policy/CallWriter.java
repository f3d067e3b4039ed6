package io.fourthlog.policy;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.fourthlog.policy.Emitter.Slot;
import io.fourthlog.policy.Functions.Overload;
import io.fourthlog.policy.Patterns.BadPattern;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the calls of an expression: of our own functions, of those of CEL that the machine has an instruction or a method for. */
final class CallWriter {

    private final CodeWriter writer;

    CallWriter(CodeWriter writer) {
        this.writer = writer;
    }

    /** Leaves what it returns on the operand stack. */
    void value(CelExpr e, Label failed) {
        final List<CelExpr> arguments = Interpreted.arguments(e);
        final String overload = writer.overload(e);
        final Functions.@Nullable Searching searching = Functions.SEARCHING.get(overload);
        final Overload own = searching == null
                ? Functions.OVERLOADS.get(overload)
                : writer.known(arguments.getLast()).isPresent() ? searching.literal() : searching.other();
        if (own != null) {
            method(own, arguments, writer.kind(e), failed);
            return;
        }
        switch (overload) {
            case "starts_with_string" -> text("startsWith", arguments, failed);
            case "ends_with_string" -> text("endsWith", arguments, failed);
            case "contains_string" -> text("contains", arguments, failed);
            case "size_string", "string_size" -> {
                writer.value(arguments.getFirst(), failed);
                writer.code()
                        .checkcast(CD_String)
                        .invokestatic(Emitter.CD_NATIVES, "size", MethodTypeDesc.of(CD_long, CD_String));
            }
            case "size_list", "list_size" -> size(Emitter.CD_LIST, arguments, failed);
            case "size_map", "map_size" -> size(Emitter.CD_MAP, arguments, failed);
            case "add_int64" -> arithmetic("add", arguments, failed);
            case "subtract_int64" -> arithmetic("subtract", arguments, failed);
            case "multiply_int64" -> arithmetic("multiply", arguments, failed);
            case "divide_int64" -> arithmetic("divide", arguments, failed);
            case "modulo_int64" -> arithmetic("remainder", arguments, failed);
            case "negate_int64" -> arithmetic("negate", arguments, failed);
            case "add_double", "subtract_double", "multiply_double", "divide_double" -> {
                writer.operands(arguments, failed).forEach(writer::load);
                switch (overload) {
                    case "add_double" -> writer.code().dadd();
                    case "subtract_double" -> writer.code().dsub();
                    case "multiply_double" -> writer.code().dmul();
                    default -> writer.code().ddiv();
                }
            }
            case "add_string" -> join(CD_String, arguments, failed);
            case "add_list" -> join(Emitter.CD_LIST, arguments, failed);
            case "index_list", "index_map" -> {
                if (!element(e, overload.equals("index_map"), arguments, failed)) {
                    writer.interpreted(e, failed);
                }
            }
            default -> {
                switch (e.call().function()) {
                    case "_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in" ->
                        writer.materialize(e, failed);
                    case "_?_:_" -> writer.choose(e, arguments, failed);
                    default -> writer.interpreted(e, failed);
                }
            }
        }
    }

    private void size(ClassDesc of, List<CelExpr> arguments, Label failed) {
        writer.value(arguments.getFirst(), failed);
        writer.code()
                .checkcast(of)
                .invokeinterface(of, "size", MethodTypeDesc.of(CD_int))
                .i2l();
    }

    /** What a list or a map has at a place; false for places that only the interpreter finds, such as a double's. */
    private boolean element(CelExpr e, boolean map, List<CelExpr> arguments, Label failed) {
        final CelType place = writer.type(arguments.get(1));
        final boolean compiled = map
                ? place.equals(SimpleType.STRING) || place.equals(SimpleType.INT)
                : ValueKind.of(place) == ValueKind.INT;
        if (!compiled) {
            return false;
        }
        final List<Slot> both = writer.operands(arguments, failed);
        writer.code().aload(Emitter.FRAME);
        writer.load(both.get(0));
        writer.code().checkcast(map ? Emitter.CD_MAP : Emitter.CD_LIST);
        if (map) {
            writer.loadBoxed(both.get(1));
            writer.code()
                    .invokestatic(
                            Emitter.CD_NATIVES,
                            "value",
                            MethodTypeDesc.of(CD_Object, Emitter.CD_FRAME, Emitter.CD_MAP, CD_Object));
        } else {
            writer.load(both.get(1));
            writer.code()
                    .invokestatic(
                            Emitter.CD_NATIVES,
                            "index",
                            MethodTypeDesc.of(CD_Object, Emitter.CD_FRAME, Emitter.CD_LIST, CD_long));
        }
        writer.checked(ValueKind.OBJECT, failed);
        writer.unbox(writer.kind(e));
        return true;
    }

    private void text(String method, List<CelExpr> arguments, Label failed) {
        final List<Slot> both = writer.operands(arguments, failed);
        writer.load(both.get(0));
        writer.code().checkcast(CD_String);
        writer.load(both.get(1));
        if (method.equals("contains")) {
            writer.code()
                    .checkcast(Emitter.desc(CharSequence.class))
                    .invokevirtual(CD_String, method, MethodTypeDesc.of(CD_boolean, Emitter.desc(CharSequence.class)));
        } else {
            writer.code()
                    .checkcast(CD_String)
                    .invokevirtual(CD_String, method, MethodTypeDesc.of(CD_boolean, CD_String));
        }
    }

    private void arithmetic(String method, List<CelExpr> arguments, Label failed) {
        final List<Slot> operands = writer.operands(arguments, failed);
        writer.code().aload(Emitter.FRAME);
        operands.forEach(writer::load);
        writer.code()
                .invokestatic(
                        Emitter.CD_NATIVES,
                        method,
                        operands.size() == 1
                                ? MethodTypeDesc.of(CD_long, Emitter.CD_FRAME, CD_long)
                                : MethodTypeDesc.of(CD_long, Emitter.CD_FRAME, CD_long, CD_long));
        writer.checked(ValueKind.INT, failed);
    }

    private void join(ClassDesc of, List<CelExpr> arguments, Label failed) {
        final List<Slot> both = writer.operands(arguments, failed);
        writer.code().aload(Emitter.FRAME);
        both.forEach(operand -> {
            writer.load(operand);
            writer.code().checkcast(of);
        });
        writer.code().invokestatic(Emitter.CD_NATIVES, "concat", MethodTypeDesc.of(of, Emitter.CD_FRAME, of, of));
        writer.checked(ValueKind.OBJECT, failed);
    }

    private void method(Overload overload, List<CelExpr> arguments, ValueKind result, Label failed) {
        final int literal = overload.literal();
        final List<CelExpr> evaluated = literal < 0 ? arguments : arguments.subList(0, literal);
        final List<Slot> operands = writer.operands(evaluated, failed);
        final Method method = overload.method();
        final Class<?>[] parameters = method.getParameterTypes();
        final int first = overload.canFail() ? 1 : 0;
        if (overload.canFail()) {
            writer.code().aload(Emitter.FRAME);
        }
        for (int i = 0; i < operands.size(); i++) {
            writer.load(operands.get(i));
            if (!parameters[first + i].isPrimitive()) {
                writer.code().checkcast(Emitter.desc(parameters[first + i]));
            }
        }
        if (literal >= 0) {
            writer.constant(made(overload, arguments.subList(literal, arguments.size())), parameters[first + literal]);
        }
        writer.code()
                .invokestatic(
                        Emitter.desc(Functions.class),
                        method.getName(),
                        MethodTypeDesc.of(
                                Emitter.desc(method.getReturnType()),
                                Arrays.stream(parameters).map(Emitter::desc).toList()));
        if (overload.canFail()) {
            writer.checked(result, failed);
        }
    }

    private Object made(Overload overload, List<CelExpr> literals) {
        final List<Object> values = new ArrayList<>();
        for (final CelExpr each : literals) {
            values.add(writer.known(each)
                    .orElseThrow(() -> CodeWriter.refused(
                            each, overload.function() + " needs a literal here, or a variable that is one")));
        }
        final Functions.Literal maker = overload.maker();
        if (maker == null) {
            throw new IllegalStateException(overload.id() + " has nothing to make its literal with");
        }
        try {
            return maker.make(values.size() == 1 ? values.getFirst() : values);
        } catch (BadPattern bad) {
            throw CodeWriter.refused(literals.getFirst(), String.valueOf(bad.getMessage()));
        }
    }
}
