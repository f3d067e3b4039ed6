package io.fourthlog.policy;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import io.fourthlog.policy.Emitter.Slot;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.List;

/** Writes the loops of an expression: what the macros all, exists, exists_one, map and filter expand to. */
final class LoopWriter {

    private final CodeWriter writer;

    LoopWriter(CodeWriter writer) {
        this.writer = writer;
    }

    void truth(CelExpr e, Label yes, Label no, Label failed) {
        final CelComprehension loop = e.comprehension();
        final CelExpr start = loop.accuInit();
        if (start.getKind() != CelExpr.ExprKind.Kind.CONSTANT) {
            throw CodeWriter.refused(e, "this is not a loop of all, exists, exists_one, map or filter");
        }
        if (start.constant().getKind() == CelConstant.Kind.BOOLEAN_VALUE) {
            quantifier(loop, start.constant().booleanValue(), yes, no, failed);
        } else {
            exactlyOne(loop, yes, no, failed);
        }
    }

    /** {@code all}, or {@code exists}: a failure on one element does not count if another decides. */
    private void quantifier(CelComprehension loop, boolean all, Label yes, Label no, Label failed) {
        final CelExpr condition = loop.loopStep().call().args().get(1);
        final int waiting = writer.code().allocateLocal(ValueKind.OBJECT.local());
        writer.code().aconst_null().astore(waiting);
        final Label elementFailed = writer.code().newLabel();
        final Slot list = loop(
                loop,
                next -> {
                    writer.jump(condition, all ? next : yes, all ? no : next, elementFailed);
                    writer.code().labelBinding(elementFailed);
                    writer.takeFailure(waiting);
                    writer.code().goto_(next);
                },
                failed);
        final Label undecided = writer.code().newLabel();
        writer.code().aload(waiting).ifnull(undecided);
        writer.giveFailure(waiting, failed);
        writer.code().labelBinding(undecided);
        if (writer.isTags(loop.iterRange()) && !asksForUnknown(condition, loop.iterVar())) {
            writer.code().aload(Emitter.FRAME);
            writer.load(list);
            writer.code()
                    .checkcast(Emitter.CD_LIST)
                    .invokestatic(
                            Emitter.desc(Tags.class),
                            "areKnown",
                            MethodTypeDesc.of(CD_boolean, Emitter.CD_FRAME, Emitter.CD_LIST))
                    .ifeq(failed);
        }
        writer.code().goto_(all ? yes : no);
    }

    /** Whether a condition can hold only of a tag {@code unknown:WHY}. */
    private boolean asksForUnknown(CelExpr condition, String tag) {
        if (condition.getKind() != CelExpr.ExprKind.Kind.CALL) {
            return false;
        }
        final List<CelExpr> sides = Interpreted.arguments(condition);
        return switch (condition.call().function()) {
            case "_||_" -> asksForUnknown(sides.get(0), tag) && asksForUnknown(sides.get(1), tag);
            case "_&&_" -> asksForUnknown(sides.get(0), tag) || asksForUnknown(sides.get(1), tag);
            case "_==_", "startsWith" ->
                sides.get(0).getKind() == CelExpr.ExprKind.Kind.IDENT
                        && sides.get(0).ident().name().equals(tag)
                        && Tags.asksForUnknown(writer.known(sides.get(1)).orElse(null));
            default -> false;
        };
    }

    private void exactlyOne(CelComprehension loop, Label yes, Label no, Label failed) {
        final CelExpr condition = loop.loopStep().call().args().get(0);
        final int count = writer.code().allocateLocal(ValueKind.BOOL.local());
        writer.code().iconst_0().istore(count);
        loop(
                loop,
                next -> {
                    final Label hit = writer.code().newLabel();
                    writer.jump(condition, hit, next, failed);
                    writer.code().labelBinding(hit).iinc(count, 1).goto_(next);
                },
                failed);
        writer.code().iload(count).iconst_1().if_icmpeq(yes).goto_(no);
    }

    /** {@code map} and {@code filter}: what the step adds to the list so far. */
    void collect(CelExpr e, Label failed) {
        final CelComprehension loop = e.comprehension();
        if (loop.accuInit().getKind() != CelExpr.ExprKind.Kind.LIST) {
            throw CodeWriter.refused(e, "this is not a loop of all, exists, exists_one, map or filter");
        }
        final Slot list = writer.newList();
        loop(
                loop,
                next -> {
                    CelExpr step = loop.loopStep();
                    if (step.call().function().equals("_?_:_")) {
                        final Label hit = writer.code().newLabel();
                        writer.jump(step.call().args().get(0), hit, next, failed);
                        writer.code().labelBinding(hit);
                        step = step.call().args().get(1);
                    }
                    writer.add(list, step.call().args().get(1).list().elements().getFirst(), failed);
                    writer.code().goto_(next);
                },
                failed);
        writer.load(list);
    }

    @FunctionalInterface
    private interface Body {
        void write(Label next);
    }

    /** Returns where the list is. */
    private Slot loop(CelComprehension loop, Body body, Label failed) {
        writer.value(loop.iterRange(), failed);
        final CelType range = writer.type(loop.iterRange());
        if (range instanceof MapType) {
            writer.code()
                    .checkcast(Emitter.CD_MAP)
                    .invokestatic(Emitter.CD_NATIVES, "keys", MethodTypeDesc.of(Emitter.CD_LIST, Emitter.CD_MAP));
        }
        writer.code().checkcast(Emitter.CD_LIST);
        final Slot list = writer.store(ValueKind.OBJECT);
        final CelType element = range.parameters().isEmpty()
                ? SimpleType.DYN
                : range.parameters().getFirst();
        final Slot variable = new Slot(
                ValueKind.of(element),
                writer.code().allocateLocal(ValueKind.of(element).local()));
        final int index = writer.code().allocateLocal(ValueKind.BOOL.local());
        writer.code().iconst_0().istore(index);
        final Label head = writer.code().newLabel();
        final Label next = writer.code().newLabel();
        final Label end = writer.code().newLabel();
        writer.code().labelBinding(head).iload(index);
        writer.load(list);
        writer.code()
                .checkcast(Emitter.CD_LIST)
                .invokeinterface(Emitter.CD_LIST, "size", MethodTypeDesc.of(CD_int))
                .if_icmpge(end);
        writer.code()
                .aload(Emitter.FRAME)
                .invokevirtual(Emitter.CD_FRAME, "step", MethodTypeDesc.of(CD_boolean))
                .ifeq(failed);
        writer.load(list);
        writer.code()
                .checkcast(Emitter.CD_LIST)
                .iload(index)
                .invokeinterface(Emitter.CD_LIST, "get", MethodTypeDesc.of(CD_Object, CD_int));
        writer.unbox(variable.kind());
        writer.code().storeLocal(variable.kind().local(), variable.index());
        final Slot outer = writer.bind(loop.iterVar(), variable);
        body.write(next);
        writer.bind(loop.iterVar(), outer);
        writer.code().labelBinding(next).iinc(index, 1).goto_(head).labelBinding(end);
        return list;
    }
}
