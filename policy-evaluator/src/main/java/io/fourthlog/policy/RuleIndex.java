package io.fourthlog.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the conditions that can hold on an event of one type, and evaluates them: those without a guard always, and of the
 * guarded ones those whose values come up in the event. What cannot hold costs nothing but its part of a table.
 */
final class RuleIndex {

    private static final Failure BENCHED = new Failure.OverBudget("took more than " + Budget.MILLIS + " ms "
            + Budget.OVERRUNS + " times in a row on this workload, and is not evaluated on it for a while");

    private final Code[] conditions;
    private final Overruns overruns;
    private final int[] always;
    private final Dimension[] dimensions;

    /** @param guards of the conditions, at the same places; {@code null} for one without */
    RuleIndex(List<Code> conditions, List<@Nullable Guard> guards) {
        this.conditions = conditions.toArray(Code[]::new);
        this.overruns = new Overruns(this.conditions.length);
        final List<Integer> unguarded = new ArrayList<>();
        final Map<List<Object>, Dimension> byKind = new HashMap<>();
        final List<Dimension> ordered = new ArrayList<>();
        for (int i = 0; i < guards.size(); i++) {
            final Guard guard = guards.get(i);
            if (guard == null) {
                unguarded.add(i);
                continue;
            }
            final Dimension dimension = byKind.computeIfAbsent(List.of(kind(guard), guard.path()), key -> {
                final Dimension made = dimension(guard);
                ordered.add(made);
                return made;
            });
            dimension.add(guard, i);
        }
        this.always = array(unguarded);
        this.dimensions = ordered.toArray(Dimension[]::new);
        ordered.forEach(Dimension::freeze);
    }

    void evaluate(Frame frame) {
        evaluate(frame, always);
        for (final Dimension dimension : dimensions) {
            dimension.evaluate(frame, this);
        }
    }

    private void evaluate(Frame frame, int[] candidates) {
        for (final int each : candidates) {
            if (frame.first(each)) {
                evaluate(frame, each);
            }
        }
    }

    private void evaluate(Frame frame, int condition) {
        final boolean slow = overruns.any(condition);
        if (slow && overruns.rests(condition, frame.workload(), frame.now())) {
            frame.hit(condition, BENCHED);
            return;
        }
        final int status = frame.run(conditions[condition]);
        final Failure failure = status == Code.FAILED ? frame.failure : null;
        if (failure != null && failure.isOverTime()) {
            overruns.over(condition, frame.workload(), frame.now());
        } else if (slow) {
            overruns.inTime(condition, frame.workload());
        }
        if (status != Code.FALSE) {
            frame.hit(condition, failure);
        }
    }

    private static Object kind(Guard guard) {
        return switch (guard) {
            case Guard.Equal equal -> Guard.Equal.class;
            case Guard.Prefix prefix -> Guard.Prefix.class;
            case Guard.Member member -> Guard.Member.class;
            case Guard.MemberPrefix prefix -> Guard.MemberPrefix.class;
            case Guard.Is is -> is.value();
        };
    }

    private static Dimension dimension(Guard guard) {
        return switch (guard) {
            case Guard.Equal equal -> new ByValue(equal.path());
            case Guard.Prefix prefix -> new ByPrefix(prefix.path());
            case Guard.Member member -> new ByMember(member.path());
            case Guard.MemberPrefix prefix -> new ByMemberPrefix(prefix.path());
            case Guard.Is is -> new ByTruth(is.path(), is.value());
        };
    }

    private static int[] array(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    /** All conditions whose guards look at one thing in one way. */
    private abstract static sealed class Dimension {
        private final Guard.Path path;
        private final List<Integer> all = new ArrayList<>();
        private int[] everyone = {};

        private Dimension(Guard.Path path) {
            this.path = path;
        }

        void add(Guard guard, int condition) {
            all.add(condition);
            put(guard, condition);
        }

        void freeze() {
            everyone = array(all);
        }

        /** A value that is unknown may be any, or make the condition fail. */
        void evaluate(Frame frame, RuleIndex index) {
            final Object value = path.read().apply(frame);
            if (value == null) {
                index.evaluate(frame, everyone);
            } else {
                evaluate(value, frame, index);
            }
        }

        int[] everyone() {
            return everyone;
        }

        /** Tags that are missing may be any. */
        void evaluateUnknown(List<?> list, Frame frame, RuleIndex index) {
            for (int i = 0; path.tags() && i < list.size(); i++) {
                if (Tags.isUnknown((String) list.get(i))) {
                    index.evaluate(frame, everyone);
                    return;
                }
            }
        }

        abstract void put(Guard guard, int condition);

        abstract void evaluate(Object value, Frame frame, RuleIndex index);
    }

    private static final class ByValue extends Dimension {
        private final Table<Object> table = new Table<>();

        private ByValue(Guard.Path path) {
            super(path);
        }

        @Override
        void put(Guard guard, int condition) {
            ((Guard.Equal) guard).values().forEach(value -> table.put(value, condition));
        }

        @Override
        void evaluate(Object value, Frame frame, RuleIndex index) {
            index.evaluate(frame, table.get(value));
        }
    }

    private static final class ByPrefix extends Dimension {
        private final Prefixes prefixes = new Prefixes();

        private ByPrefix(Guard.Path path) {
            super(path);
        }

        @Override
        void put(Guard guard, int condition) {
            ((Guard.Prefix) guard).prefixes().forEach(prefix -> prefixes.put(prefix, condition));
        }

        @Override
        void freeze() {
            super.freeze();
            prefixes.freeze();
        }

        @Override
        void evaluate(Object value, Frame frame, RuleIndex index) {
            prefixes.evaluate((String) value, frame, index);
        }
    }

    private static final class ByMember extends Dimension {
        private final Table<Object> table = new Table<>();

        private ByMember(Guard.Path path) {
            super(path);
        }

        @Override
        void put(Guard guard, int condition) {
            ((Guard.Member) guard).values().forEach(value -> table.put(value, condition));
        }

        @Override
        void evaluate(Object value, Frame frame, RuleIndex index) {
            final List<?> list = (List<?>) value;
            for (int i = 0; i < list.size(); i++) {
                index.evaluate(frame, table.get(list.get(i)));
            }
            evaluateUnknown(list, frame, index);
        }
    }

    private static final class ByMemberPrefix extends Dimension {
        private final Prefixes prefixes = new Prefixes();

        private ByMemberPrefix(Guard.Path path) {
            super(path);
        }

        @Override
        void put(Guard guard, int condition) {
            ((Guard.MemberPrefix) guard).prefixes().forEach(prefix -> prefixes.put(prefix, condition));
        }

        @Override
        void freeze() {
            super.freeze();
            prefixes.freeze();
        }

        @Override
        void evaluate(Object value, Frame frame, RuleIndex index) {
            final List<?> list = (List<?>) value;
            for (int i = 0; i < list.size(); i++) {
                prefixes.evaluate((String) list.get(i), frame, index);
            }
            evaluateUnknown(list, frame, index);
        }
    }

    private static final class ByTruth extends Dimension {
        private final boolean wanted;

        private ByTruth(Guard.Path path, boolean wanted) {
            super(path);
            this.wanted = wanted;
        }

        @Override
        void put(Guard guard, int condition) {}

        @Override
        void evaluate(Object value, Frame frame, RuleIndex index) {
            if (value.equals(wanted)) {
                index.evaluate(frame, everyone());
            }
        }
    }

    /** Conditions by value. */
    private static final class Table<K> {
        private static final int[] NONE = {};

        private final Map<K, int[]> conditions = new HashMap<>();

        void put(K value, int condition) {
            final int[] before = get(value);
            final int[] more = Arrays.copyOf(before, before.length + 1);
            more[before.length] = condition;
            conditions.put(value, more);
        }

        int[] get(Object value) {
            final int[] found = conditions.get(value);
            return found == null ? NONE : found;
        }

        Set<K> values() {
            return conditions.keySet();
        }
    }

    /**
     * Conditions by what a text begins with. All prefixes of a text that are in the table are found from the greatest one
     * that is not greater than the text: either that is one itself, or the longest of the table that it begins with in
     * turn, and so on.
     */
    private static final class Prefixes {
        private final Table<String> table = new Table<>();
        private String[] sorted = {};
        private int[][] conditions = {};
        private int[] parents = {}; // the longest other prefix that one begins with; -1 for none

        void put(String prefix, int condition) {
            table.put(prefix, condition);
        }

        void freeze() {
            sorted = table.values().stream().sorted().toArray(String[]::new);
            conditions = Arrays.stream(sorted).map(table::get).toArray(int[][]::new);
            parents = new int[sorted.length];
            for (int i = 0; i < sorted.length; i++) {
                int parent = i - 1;
                while (parent >= 0 && !sorted[i].startsWith(sorted[parent])) {
                    parent = parents[parent];
                }
                parents[i] = parent;
            }
        }

        void evaluate(String text, Frame frame, RuleIndex index) {
            int at = floor(text);
            while (at >= 0 && !text.startsWith(sorted[at])) {
                at = parents[at];
            }
            for (; at >= 0; at = parents[at]) {
                index.evaluate(frame, conditions[at]);
            }
        }

        private int floor(String text) {
            final int found = Arrays.binarySearch(sorted, text);
            return found >= 0 ? found : -found - 2;
        }
    }
}
