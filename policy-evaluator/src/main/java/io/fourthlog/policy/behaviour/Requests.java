package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The tools that models asked for in a chain and that have not run yet; the last 64 of them. */
final class Requests {

    private static final int KEPT = 64;

    private record Open(String name, @Nullable String callId, int event) {}

    private final List<Open> open = new ArrayList<>(0);

    void add(RequestedTool tool, int event) {
        if (open.size() == KEPT) {
            open.removeFirst();
        }
        open.add(new Open(tool.name(), tool.callId(), event));
    }

    /** Whether the call was asked for: by its id where both have one, else by name. It is then no longer open. */
    boolean answer(ToolInvocation tool) {
        final String callId = tool.callId();
        return remove(each -> callId != null && callId.equals(each.callId()))
                || remove(each -> each.name().equals(tool.toolName()));
    }

    private boolean remove(Predicate<Open> which) {
        for (int i = 0; i < open.size(); i++) {
            if (which.test(open.get(i))) {
                open.remove(i);
                return true;
            }
        }
        return false;
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
