package io.fourthlog.policy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import java.lang.classfile.TypeKind;

/** How compiled code holds the values of a CEL type. */
enum ValueKind {
    BOOL(TypeKind.INT),
    INT(TypeKind.LONG),
    DOUBLE(TypeKind.DOUBLE),
    OBJECT(TypeKind.REFERENCE);

    private final TypeKind local;

    ValueKind(TypeKind local) {
        this.local = local;
    }

    TypeKind local() {
        return local;
    }

    static ValueKind of(CelType type) {
        if (type.equals(SimpleType.BOOL)) {
            return BOOL;
        }
        if (type.equals(SimpleType.INT)) {
            return INT;
        }
        return type.equals(SimpleType.DOUBLE) ? DOUBLE : OBJECT;
    }
}
