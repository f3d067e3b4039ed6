package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.ToolInvocation;
import org.jspecify.annotations.Nullable;

/** How many bytes an event moved, in and out: of data and tools as counted, of models by the lengths of their messages. */
final class Bytes {

    private static final String INPUT = "input.";

    private Bytes() {}

    static long in(Event event) {
        return switch (event) {
            case ToolInvocation tool -> or0(tool.returnSize());
            case ModelInvocation model -> parts(model, false);
            case DataAccess access -> access.accessMode().equals("write") ? 0 : or0(access.byteCount());
            default -> 0;
        };
    }

    static long out(Event event) {
        return switch (event) {
            case ModelInvocation model -> parts(model, true);
            case DataAccess access -> access.accessMode().equals("write") ? or0(access.byteCount()) : 0;
            default -> 0;
        };
    }

    static long of(Event event) {
        return in(event) + out(event);
    }

    private static long parts(ModelInvocation model, boolean input) {
        long bytes = 0;
        for (int i = 0; i < model.fingerprints().size(); i++) {
            bytes += model.fingerprints().get(i).part().startsWith(INPUT) == input
                    ? model.fingerprints().get(i).bytes()
                    : 0;
        }
        return bytes;
    }

    private static long or0(@Nullable Long value) {
        return value == null ? 0 : value;
    }
}
