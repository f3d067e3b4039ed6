package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.policy.behaviour.Chain;
import io.fourthlog.policy.behaviour.Past;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What compiled expressions work on: one event with its facts, the values of variables, each evaluated when it is first
 * read, and the budget. One for each thread that evaluates, used again for every event, so that nothing is allocated.
 */
final class Frame {

    static final int CHECKED = 4; // steps between looks at the clock: each may search a long text
    private static final Failure STEPS = new Failure.OverBudget(
            "loops and searches take more than " + Budget.ITERATIONS + " steps, the budget of a rule");
    private static final Failure SEARCH = new Failure.OverBudget("a regular expression takes more than " + Budget.SEARCH
            + " steps on so long a text, the budget of one search");
    static final Failure TIME = new Failure.OverBudget("over " + Budget.MILLIS + " ms, the budget of a rule");

    // Results of the expression that ran last, by type
    long number;
    double real;

    @Nullable
    Object object;

    @Nullable
    Failure failure;

    private final LongSupplier clock;
    private final LongSupplier processor;
    private @Nullable Event event;
    private Facts facts = Facts.NONE;
    private long deadline; // of the clock
    private long processorDeadline; // of the processor, once that is over
    private boolean late; // for good: whoever does without the side that failed has no time for the other
    private int steps;

    // Of the variables; a value is there when its stamp is that of the event
    private int stamp;
    private int[] stamps;
    private byte[] statuses;
    private long[] numbers;
    private @Nullable Object[] objects;

    // Of the groups of rules: the stamp of the event that they were evaluated on
    private int[] seen;

    // Groups that fired or failed on the event
    private int[] hits = new int[8];
    private @Nullable Failure[] failures = new @Nullable Failure[8];
    private int hitCount;

    Frame(int variables, int groups) {
        this(variables, groups, System::nanoTime, Frame::processorTime);
    }

    /** With another clock, in nanoseconds, for both times. */
    Frame(int variables, int groups, LongSupplier clock) {
        this(variables, groups, clock, clock);
    }

    /** With other clocks: the time, and what the thread has had of a processor. */
    Frame(int variables, int groups, LongSupplier clock, LongSupplier processor) {
        this.clock = clock;
        this.processor = processor;
        stamps = new int[variables];
        statuses = new byte[variables];
        numbers = new long[variables];
        objects = new @Nullable Object[variables];
        seen = new int[groups];
    }

    /** What this thread has had of a processor, in nanoseconds; dearer to ask for than the time. */
    private static long processorTime() {
        return Threads.BEAN.getCurrentThreadCpuTime();
    }

    /** Loaded when a rule is slow for the first time. */
    private static final class Threads {
        private static final ThreadMXBean BEAN = ManagementFactory.getThreadMXBean();
    }

    void begin(Event of, Facts known) {
        event = of;
        facts = known;
        hitCount = 0;
        if (++stamp == 0) {
            Arrays.fill(stamps, 0);
            Arrays.fill(seen, 0);
            stamp = 1;
        }
    }

    /** Lets go of the event. */
    void end() {
        event = null;
        facts = Facts.NONE;
        object = null;
    }

    Event event() {
        final Event now = event;
        if (now == null) {
            throw new IllegalStateException("no event is being evaluated");
        }
        return now;
    }

    String workload() {
        return event().header().workloadId();
    }

    long now() {
        return clock.getAsLong();
    }

    Past past() {
        return facts.past();
    }

    Chain trace() {
        return facts.past().trace();
    }

    Chain session() {
        return facts.past().session();
    }

    @Nullable
    Destination destination() {
        final Destination known = facts.destination();
        return known == null && event instanceof ModelInvocation model ? model.destination() : known;
    }

    /** Runs an expression with a full budget of steps. */
    int run(Code code) {
        steps = 0;
        deadline = 0;
        processorDeadline = 0;
        late = false;
        failure = null;
        return code.run(this);
    }

    /** Counts a step of a loop; false, with a failure, when it is one too many. */
    boolean step() {
        return step(1);
    }

    /**
     * Whether the thread has had the same time of a processor again since the clock ran out: one that only waited for a processor
     * is not a slow rule, and must not make an agent pay for a busy node.
     */
    private boolean isOverTime() {
        final long had = processor.getAsLong();
        if (processorDeadline == 0) {
            processorDeadline = had + Budget.MILLIS * 1_000_000L;
            return false;
        }
        return had - processorDeadline > 0;
    }

    /** Counts steps, of which many short ones are as dear as few long ones. */
    boolean step(int count) {
        if (late) {
            failure = TIME;
            return false;
        }
        final int before = steps;
        steps += count;
        if (steps > Budget.ITERATIONS) {
            failure = STEPS;
            return false;
        }
        if (before / CHECKED != steps / CHECKED || count >= CHECKED) {
            final long now = clock.getAsLong();
            if (deadline == 0) {
                deadline = now + Budget.MILLIS * 1_000_000L;
            } else if (now - deadline > 0 && isOverTime()) {
                late = true;
                failure = TIME;
                return false;
            }
        }
        return true;
    }

    /** Counts the search of a text by a program of RE2 with so many instructions, or of several that have them together. */
    boolean search(String text, int instructions) {
        final long count = 1 + (long) text.length() * instructions / Budget.INSTRUCTIONS;
        if (count > Budget.SEARCH) {
            failure = SEARCH;
            return false;
        }
        return step((int) count);
    }

    /** The value of a variable, as {@link Code#run} gives it. */
    int variable(Variable variable) {
        final int slot = variable.slot();
        if (stamps[slot] != stamp) {
            final int outer = steps;
            steps = 0;
            final int status = variable.code().run(this);
            steps = outer;
            stamps[slot] = stamp;
            statuses[slot] = (byte) status;
            keep(variable, slot, status);
            return status;
        }
        final int status = statuses[slot];
        if (status == Code.FAILED) {
            failure = (Failure) objects[slot];
        } else {
            number = numbers[slot];
            real = Double.longBitsToDouble(numbers[slot]);
            object = objects[slot];
        }
        return status;
    }

    private void keep(Variable variable, int slot, int status) {
        final Failure failed = failure;
        if (status == Code.FAILED && failed != null) {
            failure = new Failure.OfVariable(variable.name(), failed);
            objects[slot] = failure;
            return;
        }
        switch (ValueKind.of(variable.type())) {
            case BOOL -> {}
            case INT -> numbers[slot] = number;
            case DOUBLE -> numbers[slot] = Double.doubleToRawLongBits(real);
            case OBJECT -> objects[slot] = object;
        }
    }

    /** Whether this group of rules is to be evaluated, which is so once an event. */
    boolean first(int group) {
        if (seen[group] == stamp) {
            return false;
        }
        seen[group] = stamp;
        return true;
    }

    /** Notes that a group fired, or failed if there is a failure. */
    void hit(int group, @Nullable Failure why) {
        if (hitCount == hits.length) {
            hits = Arrays.copyOf(hits, 2 * hitCount);
            failures = Arrays.copyOf(failures, 2 * hitCount);
        }
        hits[hitCount] = group;
        failures[hitCount++] = why;
    }

    int hits() {
        return hitCount;
    }

    int hit(int index) {
        return hits[index];
    }

    @Nullable
    Failure failure(int index) {
        return failures[index];
    }
}
