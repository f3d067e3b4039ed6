package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The tools that models asked for in a chain and that have not run yet; the last 64 of them. */
final class Requests {

    private static final int KEPT = 64;

    private record Open(String name, @Nullable String callId, int event) {}

    private final List<Open> open = new ArrayList<>(0);
    private int overdue; // of the first ones it is known that they did not run when a model was asked again

    void add(RequestedTool tool, int event) {
        if (open.size() == KEPT) {
            remove(0);
        }
        open.add(new Open(tool.name(), tool.callId(), event));
    }

    /** Whether the call was asked for: by its id where both have one, else by name. It is then no longer open. */
    boolean answer(ToolInvocation tool) {
        int found = -1;
        for (int i = 0; i < open.size(); i++) {
            final Open each = open.get(i);
            if (each.callId() != null && each.callId().equals(tool.callId())) {
                remove(i);
                return true;
            }
            found = found < 0 && each.name().equals(tool.toolName()) ? i : found;
        }
        if (found >= 0) {
            remove(found);
        }
        return found >= 0;
    }

    private void remove(int index) {
        open.remove(index);
        overdue -= index < overdue ? 1 : 0;
    }

    /** Gives the names of those that were asked for before an event, each once in its life. */
    void takeOverdue(int event, Consumer<String> names) {
        while (overdue < open.size() && open.get(overdue).event() < event) {
            names.accept(open.get(overdue++).name());
        }
    }

    /** The names of those that were asked for before an event. */
    List<String> open(int event) {
        int before = open.size();
        while (before > 0 && open.get(before - 1).event() >= event) {
            before--;
        }
        final int size = before;
        return size == 0
                ? List.of()
                : new AbstractList<>() {
                    @Override
                    public String get(int index) {
                        return open.get(index).name();
                    }

                    @Override
                    public int size() {
                        return size;
                    }
                };
    }
}
