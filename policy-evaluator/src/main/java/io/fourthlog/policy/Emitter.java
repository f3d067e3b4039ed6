package io.fourthlog.policy;

import static java.lang.classfile.ClassFile.ACC_FINAL;
import static java.lang.classfile.ClassFile.ACC_SUPER;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Makes a class of {@link Code}: locals, boxes, objects that come with the class, and failures that wait. */
abstract sealed class Emitter permits CodeWriter {

    /** A local variable of the code. */
    record Slot(ValueKind kind, int index) {}

    static final int FRAME = 1; // the parameter
    static final String PACKAGE = CodeWriter.class.getPackageName();
    static final ClassDesc CD_FRAME = desc(Frame.class);
    static final ClassDesc CD_CODE = desc(Code.class);
    static final ClassDesc CD_FAILURE = desc(Failure.class);
    static final ClassDesc CD_NATIVES = desc(Natives.class);
    static final ClassDesc CD_FUNCTION = desc(Function.class);
    static final ClassDesc CD_LIST = desc(List.class);
    static final ClassDesc CD_MAP = desc(Map.class);
    static final ClassDesc CD_ARRAY_LIST = desc(ArrayList.class);
    static final MethodTypeDesc OBJECT_TO_OBJECT = MethodTypeDesc.of(CD_Object, CD_Object);
    private static final ClassFile CLASS_FILE = ClassFile.of(
            ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofClassLoading(MethodHandles.lookup())));

    private final List<Object> constants = new ArrayList<>();
    private final IdentityHashMap<Object, Integer> constantIndexes = new IdentityHashMap<>();
    CodeBuilder code;

    @SuppressWarnings("NullAway.Init") // the builder is there as soon as code is written
    Emitter() {}

    final CodeBuilder code() {
        return code;
    }

    /** Defines a hidden class whose {@code run} method is what {@code run} writes. */
    final Code define(String name, Runnable run) {
        final byte[] bytes = CLASS_FILE.build(
                ClassDesc.of(PACKAGE + "." + name),
                builder -> builder.withFlags(ACC_FINAL | ACC_SUPER)
                        .withSuperclass(CD_CODE)
                        .withMethodBody(
                                ConstantDescs.INIT_NAME,
                                ConstantDescs.MTD_void,
                                0,
                                init -> init.aload(0)
                                        .invokespecial(CD_CODE, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                                        .return_())
                        .withMethodBody("run", MethodTypeDesc.of(CD_int, CD_FRAME), 0, body -> {
                            code = body;
                            run.run();
                        }));
        try {
            final MethodHandles.Lookup hidden =
                    MethodHandles.lookup().defineHiddenClassWithClassData(bytes, List.copyOf(constants), true);
            return (Code) hidden.lookupClass().getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a class that was just made", e);
        }
    }

    final Slot store(ValueKind kind) {
        final int index = code.allocateLocal(kind.local());
        code.storeLocal(kind.local(), index);
        return new Slot(kind, index);
    }

    final void load(Slot slot) {
        code.loadLocal(slot.kind().local(), slot.index());
    }

    final void loadBoxed(Slot slot) {
        load(slot);
        box(slot.kind());
    }

    /** Keeps what is on the stack unless there is a failure. */
    final void checked(ValueKind kind, Label failed) {
        final Slot result = store(kind);
        checkFailure(failed);
        load(result);
    }

    final void checkFailure(Label failed) {
        code.aload(FRAME).getfield(CD_FRAME, "failure", CD_FAILURE).ifnonnull(failed);
    }

    /** Fails with the failure on the stack. */
    final void fail(Label failed) {
        final int failure = code.allocateLocal(ValueKind.OBJECT.local());
        code.astore(failure);
        giveFailure(failure, failed);
    }

    final void convert(ValueKind from, ValueKind to) {
        if (from != to) {
            box(from);
            unbox(to);
        }
    }

    final void box(ValueKind kind) {
        switch (kind) {
            case BOOL ->
                code.invokestatic(
                        ConstantDescs.CD_Boolean, "valueOf", MethodTypeDesc.of(ConstantDescs.CD_Boolean, CD_boolean));
            case INT ->
                code.invokestatic(ConstantDescs.CD_Long, "valueOf", MethodTypeDesc.of(ConstantDescs.CD_Long, CD_long));
            case DOUBLE ->
                code.invokestatic(
                        ConstantDescs.CD_Double, "valueOf", MethodTypeDesc.of(ConstantDescs.CD_Double, CD_double));
            case OBJECT -> {}
        }
    }

    final void unbox(ValueKind kind) {
        switch (kind) {
            case BOOL ->
                code.checkcast(ConstantDescs.CD_Boolean)
                        .invokevirtual(ConstantDescs.CD_Boolean, "booleanValue", MethodTypeDesc.of(CD_boolean));
            case INT ->
                code.checkcast(ConstantDescs.CD_Long)
                        .invokevirtual(ConstantDescs.CD_Long, "longValue", MethodTypeDesc.of(CD_long));
            case DOUBLE ->
                code.checkcast(ConstantDescs.CD_Double)
                        .invokevirtual(ConstantDescs.CD_Double, "doubleValue", MethodTypeDesc.of(CD_double));
            case OBJECT -> {}
        }
    }

    /** An object that comes with the class. */
    final void constant(Object object, Class<?> as) {
        final int index = constantIndexes.computeIfAbsent(object, each -> {
            constants.add(each);
            return constants.size() - 1;
        });
        code.loadConstant(DynamicConstantDesc.ofNamed(
                ConstantDescs.BSM_CLASS_DATA_AT, ConstantDescs.DEFAULT_NAME, desc(as), index));
    }

    final void takeFailure(int local) {
        code.aload(FRAME).getfield(CD_FRAME, "failure", CD_FAILURE).astore(local);
        code.aload(FRAME).aconst_null().putfield(CD_FRAME, "failure", CD_FAILURE);
    }

    final void giveFailure(int local, Label failed) {
        code.aload(FRAME).aload(local).putfield(CD_FRAME, "failure", CD_FAILURE).goto_(failed);
    }

    final Slot newList() {
        code.new_(CD_ARRAY_LIST).dup().invokespecial(CD_ARRAY_LIST, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void);
        return store(ValueKind.OBJECT);
    }

    static ClassDesc desc(Class<?> type) {
        return type.describeConstable().orElseThrow();
    }
}
