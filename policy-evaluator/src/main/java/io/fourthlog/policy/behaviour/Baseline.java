package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a workload (the controller of its pods, and the container) was seen to do since its first event, for as long as it
 * learns; afterwards it stays as it is. Names are kept as keyed 64-bit hashes, the last 1,024 of them: what was never seen
 * is taken for seen with a probability of 2^-54.
 */
public final class Baseline {

    private static final int NAMES = 1_024;
    private static final long HOUR = TimeUnit.HOURS.toMicros(1);
    private static final int BIGRAMS = 8; // of the latest tools of a trace, for the drift of the sequence

    private final SipHash hash;
    private final Hours hours;
    private final LongSet known = new LongSet(NAMES);
    private final long startMicros;
    private final long learnedMicros;
    private long nowMicros;
    private @Nullable Event event;

    Baseline(SipHash hash, long startMicros, long learnedMicros, Hours hours) {
        this.hash = hash;
        this.startMicros = startMicros;
        this.learnedMicros = learnedMicros;
        this.hours = hours;
        this.nowMicros = startMicros;
    }

    /** Whether its period of learning is over. */
    public boolean learned() {
        return nowMicros >= learnedMicros;
    }

    /** Whether it called this tool before. */
    public boolean tool(String name) {
        return knows(Kind.TOOL, hash.of(name));
    }

    /** Whether it called this tool with parameters of this shape before. */
    public boolean shape(String tool, String shape) {
        return knows(Kind.SHAPE, SipHash.join(hash.of(tool), hash.of(shape)));
    }

    /** Whether it read or wrote this resource before. */
    public boolean resource(String uri) {
        return knows(Kind.RESOURCE, hash.of(uri));
    }

    /** Whether it read or wrote anything in this folder before, however deep; the trailing slash does not matter. */
    public boolean folder(String uri) {
        final int end = uri.endsWith("/") ? uri.length() - 1 : uri.length();
        return knows(Kind.FOLDER, hash.of(uri, 0, end));
    }

    /** Whether it asked this model before. */
    public boolean model(String id) {
        return knows(Kind.MODEL, hash.of(id));
    }

    /** Whether it sent to this host before. */
    public boolean host(String name) {
        return knows(Kind.HOST, hash.of(name));
    }

    /** Whether a model of it asked for this tool before, and the tool did not run. */
    public boolean unrun(String tool) {
        return knows(Kind.UNRUN, hash.of(tool));
    }

    /** How many standard deviations this hour's events are above or below those of the hours that were learned. */
    public double frequencyDrift() {
        return hours.drift(nowMicros);
    }

    /** The share of the pairs of consecutive tools, of the last eight in the trace, that were never seen: 0 to 1. */
    public double sequenceDrift(Chain trace) {
        final Steps steps = trace.steps();
        String later = null;
        int pairs = 0;
        int unseen = 0;
        for (int back = 0; back < steps.size() && pairs < BIGRAMS; back++) {
            if (steps.kind(back) == Step.TOOL_INVOCATION) {
                final String tool = steps.name(back);
                if (later != null) {
                    pairs++;
                    unseen += knows(Kind.BIGRAM, pair(tool, later)) ? 0 : 1;
                }
                later = tool;
            }
        }
        return pairs == 0 ? 0 : (double) unseen / pairs;
    }

    /** The share of the paths in the parameters of the tool at hand that were never seen with it: 0 to 1. */
    public double shapeDrift() {
        if (!(event instanceof ToolInvocation tool) || tool.paramSchema() == null) {
            return 0;
        }
        final int[] counts = new int[2];
        ShapePaths.forEach(hash, tool.paramSchema().json(), path -> {
            counts[0]++;
            counts[1] += knows(Kind.PATH, SipHash.join(hash.of(tool.toolName()), path)) ? 0 : 1;
        });
        return counts[0] == 0 ? 0 : (double) counts[1] / counts[0];
    }

    /** From here on, questions are about this event. */
    void now(Event current, long micros) {
        event = current;
        nowMicros = Math.max(nowMicros, micros);
    }

    /** Counts an event into its hour. */
    void count(long micros) {
        hours.add(micros, learnedMicros);
    }

    /**
     * Takes up what an event shows, unless the period of learning is over; returns how many names were shed for it.
     *
     * @param subject the hash of what the event is about
     */
    int learn(Event done, @Nullable Destination destination, Chain trace, long subject, long micros) {
        if (micros >= learnedMicros) {
            return 0;
        }
        int shed = 0;
        switch (done) {
            case ToolInvocation tool -> {
                shed += add(Kind.TOOL, subject);
                shed += tool.paramSchema() == null
                        ? 0
                        : addShape(subject, tool.paramSchema().json());
                final long previous = trace.followTool(subject);
                shed += previous == 0 ? 0 : add(Kind.BIGRAM, SipHash.join(previous, subject));
            }
            case ModelInvocation model -> {
                shed += model.modelId() == null ? 0 : add(Kind.MODEL, subject);
                shed += destination != null || model.destination() == null
                        ? 0
                        : add(Kind.HOST, hash.of(model.destination().host()));
                final int[] unrun = {0};
                trace.takeOverdue(tool -> unrun[0] += add(Kind.UNRUN, hash.of(tool)));
                shed += unrun[0];
            }
            case DataAccess access -> shed += addResource(access.resourceUri(), subject);
            default -> {}
        }
        return shed + (destination == null ? 0 : add(Kind.HOST, hash.of(destination.host())));
    }

    private int addShape(long tool, String shape) {
        final long whole = SipHash.join(tool, hash.of(shape));
        if (known.isFresh(Kind.SHAPE.key(whole))) {
            return 0;
        }
        final int[] shed = {add(Kind.SHAPE, whole)};
        ShapePaths.forEach(hash, shape, path -> shed[0] += add(Kind.PATH, SipHash.join(tool, path)));
        return shed[0];
    }

    private int addResource(String uri, long resource) {
        if (known.isFresh(Kind.RESOURCE.key(resource))) {
            return 0; // and so are its folders
        }
        int shed = add(Kind.RESOURCE, resource);
        final int scheme = uri.indexOf("://");
        for (int end = uri.lastIndexOf('/'); end > scheme + 2; end = uri.lastIndexOf('/', end - 1)) {
            shed += add(Kind.FOLDER, hash.of(uri, 0, end));
        }
        return shed;
    }

    private long pair(String first, String second) {
        return SipHash.join(hash.of(first), hash.of(second));
    }

    private boolean knows(Kind kind, long name) {
        return known.contains(kind.key(name));
    }

    private int add(Kind kind, long name) {
        return known.add(kind.key(name));
    }

    // What is exported and imported

    long startMicros() {
        return startMicros;
    }

    long learnedMicros() {
        return learnedMicros;
    }

    Hours hours() {
        return hours;
    }

    void forEachKnown(LongConsumer each) {
        known.forEach(each);
    }

    void restore(long key) {
        known.add(key);
    }

    int size() {
        return known.size();
    }

    /** Events by hour: their mean and variance by Welford's method, hours without events among them. */
    static final class Hours {
        long hour = Long.MIN_VALUE; // the one under way
        long events; // in it
        long complete;
        double mean;
        double squares;

        void add(long micros, long learnedMicros) {
            close(Math.floorDiv(micros, HOUR), Math.floorDiv(learnedMicros, HOUR));
            events++;
        }

        /** The present hour counts in full, however much of it is still to come: that errs to the quiet side. */
        double drift(long micros) {
            if (complete < 2) {
                return 0;
            }
            final long inThisHour = Math.floorDiv(micros, HOUR) == hour ? events : 0;
            final double deviation = Math.max(1, Math.sqrt(squares / (complete - 1)));
            return (inThisHour - mean) / deviation;
        }

        /** Hours that ended while the workload was learned count, those of silence as well. */
        private void close(long at, long learned) {
            if (hour == Long.MIN_VALUE) {
                hour = at;
            }
            for (; hour < Math.min(at, learned); hour++) {
                complete++;
                final double delta = events - mean;
                mean += delta / complete;
                squares += delta * (events - mean);
                events = 0;
            }
            if (hour < at) {
                hour = at;
                events = 0;
            }
        }
    }
}
