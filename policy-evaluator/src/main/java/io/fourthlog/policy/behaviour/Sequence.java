package io.fourthlog.policy.behaviour;

import java.util.List;
import java.util.function.Predicate;

/**
 * A pattern over the steps of a chain: steps that came one after the other, with anything between them except what is
 * ruled out there. The last step is one of the event at hand, unless something is ruled out after it.
 *
 * @param parts the steps, at most {@link #MAX_PARTS}
 * @param boundMicros how long the whole of it took at most
 */
public record Sequence(List<Part> parts, long boundMicros) {

    /** Any number of steps that is useful, and few enough that trying them against 32 steps costs nothing to speak of. */
    public static final int MAX_PARTS = 6;

    /**
     * One step of the pattern.
     *
     * @param absent whether it is ruled out between its neighbours, or after the last one, instead of being looked for
     * @param name what the step's name has to be like
     */
    public record Part(boolean absent, Step kind, Predicate<String> name) {
        boolean matches(Steps steps, int back) {
            return steps.kind(back) == kind && name.test(steps.name(back));
        }
    }

    public Sequence {
        parts = List.copyOf(parts);
        if (parts.isEmpty() || parts.size() > MAX_PARTS || parts.getFirst().absent()) {
            throw new IllegalArgumentException(
                    "a sequence has 1 to " + MAX_PARTS + " steps, and begins with one that was");
        }
    }

    boolean matches(Chain chain) {
        final Steps steps = chain.steps();
        final int last = parts.size() - 1;
        for (int back = 0; back < steps.size(); back++) {
            if (parts.get(last).absent()) {
                if (ends(steps, back, last)) {
                    return true;
                }
            } else if (steps.event(back) != chain.events()) {
                return false;
            } else if (parts.get(last).matches(steps, back) && begins(steps, back, last, steps.micros(back))) {
                return true;
            }
        }
        return false;
    }

    /** Whether the step before the ruled-out ones at the end is at {@code back}, and nothing after it is ruled out. */
    private boolean ends(Steps steps, int back, int last) {
        int part = last;
        while (parts.get(part).absent()) {
            for (int later = 0; later < back; later++) {
                if (parts.get(part).matches(steps, later)) {
                    return false;
                }
            }
            part--;
        }
        return back > 0
                && steps.event(back) != steps.event(0)
                && parts.get(part).matches(steps, back)
                && begins(steps, back, part, steps.micros(0));
    }

    /** Whether the parts before {@code part}, which is at {@code back}, are found before it. */
    private boolean begins(Steps steps, int back, int part, long end) {
        if (end - steps.micros(back) > boundMicros) {
            return false;
        }
        if (part == 0) {
            return true;
        }
        int earlier = part - 1;
        while (parts.get(earlier).absent()) {
            earlier--;
        }
        for (int before = back + 1; before < steps.size(); before++) {
            if (parts.get(earlier).matches(steps, before) && begins(steps, before, earlier, end)) {
                return true;
            }
            for (int absent = earlier + 1; absent < part; absent++) {
                if (parts.get(absent).matches(steps, before)) {
                    return false;
                }
            }
        }
        return false;
    }
}
