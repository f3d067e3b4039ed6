package io.fourthlog.policy;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.common.types.StructTypeReference;
import dev.cel.runtime.CelEvaluationException;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.behaviour.Chain;
import io.fourthlog.policy.behaviour.Past;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compiles a checked expression, for one type of event, to a class of its own: fields are read from the event's record,
 * numbers and truth values are those of the machine, and nothing is allocated that the expression does not make.
 *
 * <p>Two rules hold the code together. A failure is a jump, with the failure in the frame, to the label that whoever asked
 * for the value gave; {@code &&}, {@code ||}, {@code all} and {@code exists} give one of their own, because in CEL they can
 * do without the side that failed. And where something can fail the operand stack is empty, so that the jump can be made:
 * operands wait in locals.
 */
final class CodeWriter extends Emitter {

    /** Why an expression that CEL's checker took cannot be compiled. */
    static final class RefusedException extends Exception {
        private final long node;

        RefusedException(long node, String reason) {
            super(reason);
            this.node = node;
        }

        /** The id of the node at fault. */
        long node() {
            return node;
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    /** What an expression's names stand for beyond the event. */
    interface Names {
        /** The variable, compiled for the same type of event. */
        Variable variable(String name) throws RefusedException;

        /** What an expression of {@code ast} always is, if it is a literal or a variable that is one. */
        Optional<Object> literal(CelAbstractSyntaxTree ast, CelExpr expression);

        /** Whether an expression of {@code ast} is a list of tags of sensitivity. */
        boolean isTags(CelAbstractSyntaxTree ast, CelExpr expression);
    }

    /** A failure of the writer itself to say so through the lambdas of the class file API. */
    static final class Refusal extends RuntimeException {
        private final RefusedException cause;

        private Refusal(RefusedException cause) {
            super(cause);
            this.cause = cause;
        }
    }

    private final CelAbstractSyntaxTree ast;
    private final EventType type;
    private final Names names;
    private final Map<String, Slot> loopVariables = new HashMap<>();
    private final LoopWriter loops = new LoopWriter(this);
    private final CallWriter calls = new CallWriter(this);

    private CodeWriter(CelAbstractSyntaxTree ast, EventType type, Names names) {
        this.ast = ast;
        this.type = type;
        this.names = names;
    }

    static Code write(CelAbstractSyntaxTree ast, EventType type, Names names) throws RefusedException {
        return new CodeWriter(ast, type, names).define();
    }

    private Code define() throws RefusedException {
        try {
            return define("Compiled" + type.wire(), this::run);
        } catch (Refusal e) {
            throw e.cause;
        } catch (IllegalArgumentException e) {
            throw new RefusedException(ast.getExpr().id(), "it is too large to be compiled: " + e.getMessage());
        }
    }

    private void run() {
        final CelExpr expression = ast.getExpr();
        final Label failed = code.newLabel();
        if (kind(expression) == ValueKind.BOOL) {
            final Label yes = code.newLabel();
            final Label no = code.newLabel();
            jump(expression, yes, no, failed);
            code.labelBinding(yes).loadConstant(Code.TRUE).ireturn();
            code.labelBinding(no).loadConstant(Code.FALSE).ireturn();
        } else {
            value(expression, failed);
            final Slot result = store(kind(expression));
            code.aload(FRAME);
            load(result);
            switch (result.kind()) {
                case BOOL -> throw new IllegalStateException("a bool is a jump");
                case INT -> code.putfield(CD_FRAME, "number", CD_long);
                case DOUBLE -> code.putfield(CD_FRAME, "real", CD_double);
                case OBJECT -> code.putfield(CD_FRAME, "object", CD_Object);
            }
            code.loadConstant(Code.TRUE).ireturn();
        }
        code.labelBinding(failed).loadConstant(Code.FAILED).ireturn();
    }

    // Truth

    /** Goes to one of three labels, by what a bool is. */
    void jump(CelExpr e, Label yes, Label no, Label failed) {
        switch (e.getKind()) {
            case CONSTANT -> code.goto_(e.constant().booleanValue() ? yes : no);
            case SELECT -> {
                if (e.select().testOnly()) {
                    has(e, yes, no, failed);
                } else {
                    truth(e, yes, no, failed);
                }
            }
            case COMPREHENSION -> loops.truth(e, yes, no, failed);
            case CALL -> {
                final List<CelExpr> arguments = Interpreted.arguments(e);
                switch (e.call().function()) {
                    case "_&&_" -> both(arguments.get(0), arguments.get(1), yes, no, failed, false);
                    case "_||_" -> both(arguments.get(0), arguments.get(1), yes, no, failed, true);
                    case "!_" -> jump(arguments.get(0), no, yes, failed);
                    case "_?_:_" -> {
                        final Label then = code.newLabel();
                        final Label otherwise = code.newLabel();
                        jump(arguments.get(0), then, otherwise, failed);
                        code.labelBinding(then);
                        jump(arguments.get(1), yes, no, failed);
                        code.labelBinding(otherwise);
                        jump(arguments.get(2), yes, no, failed);
                    }
                    case "_==_" -> equal(e, arguments, yes, no, failed);
                    case "_!=_" -> equal(e, arguments, no, yes, failed);
                    case "_<_", "_<=_", "_>_", "_>=_" -> compare(e, arguments, yes, no, failed);
                    case "@in" -> in(e, arguments, yes, no, failed);
                    default -> truth(e, yes, no, failed);
                }
            }
            default -> truth(e, yes, no, failed);
        }
    }

    private void truth(CelExpr e, Label yes, Label no, Label failed) {
        value(e, failed);
        if (kind(e) == ValueKind.OBJECT) {
            final Slot any = store(ValueKind.OBJECT);
            code.aload(FRAME);
            load(any);
            code.invokestatic(CD_NATIVES, "bool", MethodTypeDesc.of(CD_boolean, CD_FRAME, CD_Object));
            final Slot bool = store(ValueKind.BOOL);
            checkFailure(failed);
            load(bool);
        }
        code.ifne(yes).goto_(no);
    }

    /**
     * {@code a && b}, or {@code a || b} if {@code or}. The side that decides alone does so even if the other failed; the
     * failure of the first waits in a local while the second is evaluated.
     */
    private void both(CelExpr a, CelExpr b, Label yes, Label no, Label failed, boolean or) {
        final Label second = code.newLabel();
        if (!canFail(a)) {
            jump(a, or ? yes : second, or ? second : no, failed);
            code.labelBinding(second);
            jump(b, yes, no, failed);
            return;
        }
        final Label undecided = code.newLabel();
        final Label firstFailed = code.newLabel();
        final Label secondUndecided = code.newLabel();
        final int waiting = code.allocateLocal(ValueKind.OBJECT.local());
        jump(a, or ? yes : undecided, or ? undecided : no, firstFailed);
        code.labelBinding(firstFailed);
        takeFailure(waiting);
        code.goto_(second);
        code.labelBinding(undecided).aconst_null().astore(waiting);
        code.labelBinding(second);
        jump(b, or ? yes : secondUndecided, or ? secondUndecided : no, failed);
        code.labelBinding(secondUndecided).aload(waiting).ifnull(or ? no : yes);
        giveFailure(waiting, failed);
    }

    private boolean canFail(CelExpr e) {
        return switch (e.getKind()) {
            case CONSTANT, IDENT -> false;
            case SELECT -> {
                final Shape.@Nullable Field<?> field = field(e);
                final boolean certain = field != null && field.whenAbsent() != null;
                yield canFail(e.select().operand()) || (!e.select().testOnly() && !certain);
            }
            case CALL -> {
                final Functions.@Nullable Overload own = Functions.OVERLOADS.get(overload(e));
                final boolean certain = own == null ? e.call().function().equals("!_") : !own.canFail();
                yield !certain || Interpreted.arguments(e).stream().anyMatch(this::canFail);
            }
            default -> true;
        };
    }

    private void equal(CelExpr e, List<CelExpr> sides, Label yes, Label no, Label failed) {
        final ValueKind kind = kind(sides.get(0));
        if (kind != kind(sides.get(1)) || isNumberOfAnotherKind(sides)) {
            interpreted(e, failed);
            final boolean asked = e.call().function().equals("_==_");
            code.ifne(asked ? yes : no).goto_(asked ? no : yes); // the interpreter has negated already
            return;
        }
        operands(sides, failed).forEach(this::load);
        switch (kind) {
            case BOOL -> code.if_icmpeq(yes);
            case INT -> code.lcmp().ifeq(yes);
            case DOUBLE -> code.dcmpl().ifeq(yes);
            case OBJECT ->
                code.invokestatic(CD_NATIVES, "equal", MethodTypeDesc.of(CD_boolean, CD_Object, CD_Object))
                        .ifne(yes);
        }
        code.goto_(no);
    }

    private boolean isNumberOfAnotherKind(List<CelExpr> sides) {
        return sides.stream()
                .anyMatch(
                        side -> type(side).equals(SimpleType.UINT) || type(side).equals(SimpleType.DYN));
    }

    private void compare(CelExpr e, List<CelExpr> sides, Label yes, Label no, Label failed) {
        final CelType compared = type(sides.get(0));
        final boolean comparable = compared.equals(type(sides.get(1)))
                && switch (compared.kind()) {
                    case INT, DOUBLE, STRING, TIMESTAMP, DURATION -> true;
                    default -> false;
                };
        if (!comparable) {
            interpreted(e, failed);
            code.ifne(yes).goto_(no);
            return;
        }
        operands(sides, failed).forEach(this::load);
        final String function = e.call().function();
        switch (kind(sides.get(0))) {
            case INT -> code.lcmp();
            case DOUBLE -> {
                if (function.startsWith("_<")) {
                    code.dcmpg(); // NaN is not less
                } else {
                    code.dcmpl(); // nor greater
                }
            }
            case BOOL, OBJECT ->
                code.invokestatic(CD_NATIVES, "compare", MethodTypeDesc.of(CD_int, CD_Object, CD_Object));
        }
        switch (function) {
            case "_<_" -> code.iflt(yes);
            case "_<=_" -> code.ifle(yes);
            case "_>_" -> code.ifgt(yes);
            default -> code.ifge(yes);
        }
        code.goto_(no);
    }

    private void in(CelExpr e, List<CelExpr> sides, Label yes, Label no, Label failed) {
        final CelType element = type(sides.get(0));
        final boolean plain = element.equals(SimpleType.STRING) || element.equals(SimpleType.INT);
        final Object literal = known(sides.get(1)).orElse(null);
        final CelType container = type(sides.get(1));
        if (plain && literal instanceof List<?> list && list.stream().allMatch(CodeWriter::isPlain)) {
            final Set<Object> set = new HashSet<>(list);
            value(sides.get(0), failed);
            box(kind(sides.get(0)));
            final Slot value = store(ValueKind.OBJECT);
            constant(Set.copyOf(set), Set.class);
            load(value);
            code.invokeinterface(desc(Set.class), "contains", MethodTypeDesc.of(CD_boolean, CD_Object));
        } else if (plain && (container instanceof ListType || container instanceof MapType)) {
            final List<Slot> both = operands(sides, failed);
            if (isTags(sides.get(1)) && !Tags.asksForUnknown(known(sides.get(0)).orElse(null))) {
                code.aload(FRAME);
                load(both.get(0));
                load(both.get(1));
                code.checkcast(CD_LIST)
                        .invokestatic(
                                desc(Tags.class), "in", MethodTypeDesc.of(CD_boolean, CD_FRAME, CD_Object, CD_LIST));
                checked(ValueKind.BOOL, failed);
            } else if (container instanceof ListType) {
                loadBoxed(both.get(0));
                load(both.get(1));
                code.checkcast(CD_LIST)
                        .invokestatic(CD_NATIVES, "in", MethodTypeDesc.of(CD_boolean, CD_Object, CD_LIST));
            } else {
                load(both.get(1));
                code.checkcast(CD_MAP);
                loadBoxed(both.get(0));
                code.invokeinterface(CD_MAP, "containsKey", MethodTypeDesc.of(CD_boolean, CD_Object));
            }
        } else {
            interpreted(e, failed);
        }
        code.ifne(yes).goto_(no);
    }

    private static boolean isPlain(Object value) {
        return value instanceof String || value instanceof Long;
    }

    private void has(CelExpr e, Label yes, Label no, Label failed) {
        final CelExpr operand = e.select().operand();
        if (isVariables(operand)) {
            variable(e.select().field(), e.id());
            code.loadConstant(Code.FAILED).if_icmpeq(failed).goto_(yes);
            return;
        }
        final Shape.@Nullable Field<?> field = field(e);
        if (field != null) {
            read(field, operand, failed);
            code.ifnull(no).goto_(yes);
            return;
        }
        value(operand, failed);
        code.checkcast(CD_MAP).loadConstant(e.select().field());
        code.invokeinterface(CD_MAP, "containsKey", MethodTypeDesc.of(CD_boolean, CD_Object))
                .ifne(yes)
                .goto_(no);
    }

    // Values

    /** Leaves a value on the operand stack, which is empty before. */
    void value(CelExpr e, Label failed) {
        switch (e.getKind()) {
            case CONSTANT -> literal(e.constant());
            case IDENT -> name(e);
            case SELECT -> select(e, failed);
            case CALL -> calls.value(e, failed);
            case LIST -> list(e, failed);
            case MAP -> map(e, failed);
            case COMPREHENSION -> {
                if (kind(e) == ValueKind.BOOL) {
                    materialize(e, failed);
                } else {
                    loops.collect(e, failed);
                }
            }
            case STRUCT, NOT_SET -> throw refused(e, "a rule cannot make messages");
        }
    }

    private void literal(CelConstant constant) {
        switch (constant.getKind()) {
            case BOOLEAN_VALUE -> code.loadConstant(constant.booleanValue() ? 1 : 0);
            case INT64_VALUE -> code.loadConstant(constant.int64Value());
            case DOUBLE_VALUE -> code.loadConstant(constant.doubleValue());
            case STRING_VALUE -> code.loadConstant(constant.stringValue());
            case UINT64_VALUE -> constant(constant.uint64Value(), Object.class);
            case BYTES_VALUE -> constant(constant.bytesValue(), Object.class);
            case NULL_VALUE -> constant(constant.nullValue(), Object.class);
            default -> throw new IllegalStateException("no literal of CEL's grammar is a " + constant.getKind());
        }
    }

    private void name(CelExpr e) {
        final String name = e.ident().name();
        final Slot loopVariable = loopVariables.get(name);
        if (loopVariable != null) {
            load(loopVariable);
            return;
        }
        if (type(e).kind() == CelKind.TYPE) {
            try {
                constant(Interpreted.constant(ast, e), Object.class);
            } catch (CelEvaluationException bad) {
                throw refused(e, String.valueOf(bad.getMessage()));
            }
            return;
        }
        code.aload(FRAME);
        switch (name) {
            case "event" -> {}
            case "trace" -> code.invokevirtual(CD_FRAME, "trace", MethodTypeDesc.of(desc(Chain.class)));
            case "session" -> code.invokevirtual(CD_FRAME, "session", MethodTypeDesc.of(desc(Chain.class)));
            case "baseline", Functions.PAST ->
                code.invokevirtual(CD_FRAME, "past", MethodTypeDesc.of(desc(Past.class)));
            default -> throw refused(e, "\"" + name + "\" cannot stand here by itself");
        }
    }

    private void select(CelExpr e, Label failed) {
        if (e.select().testOnly()) {
            materialize(e, failed);
            return;
        }
        final CelExpr operand = e.select().operand();
        final Shape.@Nullable Field<?> field = field(e);
        if (isVariables(operand)) {
            final ValueKind kind = kind(e);
            variable(e.select().field(), e.id());
            final Slot status = store(ValueKind.BOOL);
            load(status);
            code.loadConstant(Code.FAILED).if_icmpeq(failed);
            if (kind == ValueKind.BOOL) {
                load(status);
            } else {
                result(kind);
            }
        } else if (field != null) {
            read(field, operand, failed);
            final Label absent = code.newLabel();
            final Label done = code.newLabel();
            code.dup().ifnull(absent);
            unbox(kind(e));
            code.goto_(done).labelBinding(absent).pop();
            if (field.whenAbsent() == null) {
                constant(new Failure.Unknown(e.select().field()), Failure.class);
                fail(failed);
            } else {
                constant(field.whenAbsent(), Object.class);
                unbox(kind(e));
            }
            code.labelBinding(done);
        } else if (type(operand) instanceof MapType) {
            value(operand, failed);
            final Slot map = store(ValueKind.OBJECT);
            code.aload(FRAME);
            load(map);
            code.checkcast(CD_MAP).loadConstant(e.select().field());
            code.invokestatic(CD_NATIVES, "value", MethodTypeDesc.of(CD_Object, CD_FRAME, CD_MAP, CD_Object));
            checked(ValueKind.OBJECT, failed);
            unbox(kind(e));
        } else {
            throw refused(e, "it is not known what \"" + e.select().field() + "\" is a field of");
        }
    }

    /** Leaves the field's value, which may be null, on the stack. */
    private void read(Shape.Field<?> field, CelExpr operand, Label failed) {
        value(operand, failed);
        final Slot owner = store(ValueKind.OBJECT);
        constant(field.read(), Function.class);
        load(owner);
        code.invokeinterface(CD_FUNCTION, "apply", OBJECT_TO_OBJECT);
    }

    /** The field of a struct that a node selects; {@code null} if it is not of a struct. */
    private Shape.@Nullable Field<?> field(CelExpr select) {
        if (isVariables(select.select().operand())) {
            return null;
        }
        return switch (type(select.select().operand())) {
            case StructType struct ->
                Shapes.named(struct.name(), type).fields().get(select.select().field());
            case StructTypeReference struct ->
                Shapes.named(struct.name(), type).fields().get(select.select().field());
            default -> null;
        };
    }

    private boolean isVariables(CelExpr e) {
        return type(e).name().equals(Scope.VARIABLES);
    }

    /** Leaves the variable's status on the stack, and its value in the frame. */
    private void variable(String name, long node) {
        final Variable variable;
        try {
            variable = names.variable(name);
        } catch (RefusedException e) {
            throw new Refusal(new RefusedException(node, e.reason()));
        }
        code.aload(FRAME);
        constant(variable, Variable.class);
        code.invokevirtual(CD_FRAME, "variable", MethodTypeDesc.of(CD_int, desc(Variable.class)));
    }

    private void result(ValueKind kind) {
        code.aload(FRAME);
        switch (kind) {
            case BOOL -> throw new IllegalStateException("a bool is a status");
            case INT -> code.getfield(CD_FRAME, "number", CD_long);
            case DOUBLE -> code.getfield(CD_FRAME, "real", CD_double);
            case OBJECT -> code.getfield(CD_FRAME, "object", CD_Object);
        }
    }

    void choose(CelExpr e, List<CelExpr> arguments, Label failed) {
        if (kind(e) == ValueKind.BOOL) {
            materialize(e, failed);
            return;
        }
        final Label then = code.newLabel();
        final Label otherwise = code.newLabel();
        final Label done = code.newLabel();
        final int result = code.allocateLocal(kind(e).local());
        jump(arguments.get(0), then, otherwise, failed);
        code.labelBinding(then);
        value(arguments.get(1), failed);
        convert(kind(arguments.get(1)), kind(e));
        code.storeLocal(kind(e).local(), result).goto_(done).labelBinding(otherwise);
        value(arguments.get(2), failed);
        convert(kind(arguments.get(2)), kind(e));
        code.storeLocal(kind(e).local(), result).labelBinding(done).loadLocal(kind(e).local(), result);
    }

    /** A bool as 0 or 1. */
    void materialize(CelExpr e, Label failed) {
        final Label yes = code.newLabel();
        final Label no = code.newLabel();
        final Label done = code.newLabel();
        jump(e, yes, no, failed);
        code.labelBinding(yes)
                .iconst_1()
                .goto_(done)
                .labelBinding(no)
                .iconst_0()
                .labelBinding(done);
    }

    /** Leaves the call {@code e} to CEL's interpreter. */
    void interpreted(CelExpr e, Label failed) {
        final List<Slot> operands = operands(Interpreted.arguments(e), failed);
        final Interpreted function;
        try {
            function = Interpreted.of(ast, e);
        } catch (CelEvaluationException bad) {
            throw refused(e, String.valueOf(bad.getMessage()));
        }
        constant(function, Interpreted.class);
        code.aload(FRAME).loadConstant(operands.size()).anewarray(CD_Object);
        for (int i = 0; i < operands.size(); i++) {
            code.dup().loadConstant(i);
            loadBoxed(operands.get(i));
            code.aastore();
        }
        code.invokevirtual(
                desc(Interpreted.class), "call", MethodTypeDesc.of(CD_Object, CD_FRAME, CD_Object.arrayType()));
        checked(ValueKind.OBJECT, failed);
        unbox(kind(e));
    }

    private void list(CelExpr e, Label failed) {
        final Object literal = known(e).orElse(null);
        if (literal != null) {
            constant(literal, Object.class);
            return;
        }
        final Slot list = newList();
        for (final CelExpr element : e.list().elements()) {
            add(list, element, failed);
        }
        load(list);
    }

    void add(Slot list, CelExpr element, Label failed) {
        value(element, failed);
        box(kind(element));
        final Slot boxed = store(ValueKind.OBJECT);
        load(list);
        code.checkcast(CD_ARRAY_LIST);
        load(boxed);
        code.invokevirtual(CD_ARRAY_LIST, "add", MethodTypeDesc.of(CD_boolean, CD_Object))
                .pop();
    }

    private void map(CelExpr e, Label failed) {
        final ClassDesc hashMap = desc(LinkedHashMap.class);
        code.new_(hashMap).dup().invokespecial(hashMap, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void);
        final Slot map = store(ValueKind.OBJECT);
        for (final CelExpr.CelMap.Entry entry : e.map().entries()) {
            final List<Slot> both = operands(List.of(entry.key(), entry.value()), failed);
            code.aload(FRAME);
            load(map);
            code.checkcast(CD_MAP);
            both.forEach(this::loadBoxed);
            code.invokestatic(
                    CD_NATIVES,
                    "put",
                    MethodTypeDesc.of(ConstantDescs.CD_void, CD_FRAME, CD_MAP, CD_Object, CD_Object));
            checkFailure(failed);
        }
        load(map);
    }

    List<Slot> operands(List<CelExpr> expressions, Label failed) {
        final List<Slot> slots = new ArrayList<>();
        for (final CelExpr each : expressions) {
            value(each, failed);
            slots.add(store(kind(each)));
        }
        return slots;
    }

    /** What an expression always is, if that is known here. */
    Optional<Object> known(CelExpr e) {
        return names.literal(ast, e);
    }

    /** Whether it is a list of tags of sensitivity, in which some can be missing. */
    boolean isTags(CelExpr e) {
        return names.isTags(ast, e);
    }

    CelType type(CelExpr e) {
        return ast.getTypeOrThrow(e.id());
    }

    /** From here on, a name stands for a local; returns what it stood for before. */
    @Nullable
    Slot bind(String name, @Nullable Slot local) {
        return local == null ? loopVariables.remove(name) : loopVariables.put(name, local);
    }

    ValueKind kind(CelExpr e) {
        return ValueKind.of(type(e));
    }

    /** The overload that the checker chose; empty if there are several. */
    String overload(CelExpr call) {
        return ast.getReference(call.id())
                .filter(reference -> reference.overloadIds().size() == 1)
                .map(reference -> reference.overloadIds().getFirst())
                .orElse("");
    }

    static Refusal refused(CelExpr e, String reason) {
        return new Refusal(new RefusedException(e.id(), reason));
    }
}
