package io.fourthlog.bench.policy;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.policy.Facts;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.policy.behaviour.Behaviour;
import io.fourthlog.policy.behaviour.Limits;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time for one event, on which no rule fires: what nearly every event is. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 6, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PolicyBenchmark {

    /** So many rules, and events that they do not fire on. */
    @State(Scope.Thread)
    public static class Rules {
        @Param({"1", "100", "1000"})
        int rules;

        PolicySet ours = PolicySet.EMPTY;
        List<Predicate<ToolInvocation>> byHand = List.of();
        InterpretedLoop loop = new InterpretedLoop(List.of());
        ToolInvocation[] events = {};
        List<Map<String, Object>> names = List.of();
        int next;

        @Setup
        public void prepare() {
            final RuleMix mix = mix(rules);
            ours = mix.compiled();
            byHand = mix.byHand();
            loop = new InterpretedLoop(mix.conditions());
            events = new ToolInvocation[64];
            for (int i = 0; i < events.length; i++) {
                events[i] = Events.tool(i, i % 4, Events.NOON, "read_file_" + i % 8, List.of("PII:email"));
            }
            names = Arrays.stream(events).map(InterpretedLoop::names).toList();
        }

        ToolInvocation event() {
            return events[next++ & (events.length - 1)];
        }
    }

    /** A behaviour under way, and a stream of events. */
    @State(Scope.Thread)
    public static class Stream {
        final Behaviour behaviour = new Behaviour(Limits.DEFAULT);
        final Event[] events = Events.stream(1 << 12, 1_000, 50);
        int next;
    }

    static RuleMix mix(int rules) {
        return rules == 1 ? RuleMix.one() : rules == 100 ? RuleMix.unguarded(rules) : RuleMix.fleet(rules);
    }

    @Benchmark
    public Object ours(Rules rules) {
        return rules.ours.evaluate(rules.event(), Facts.NONE);
    }

    @Benchmark
    public int loop(Rules rules) {
        return rules.loop.evaluate(rules.names.get(rules.next++ & (rules.names.size() - 1)));
    }

    @Benchmark
    public int handWritten(Rules rules) {
        final ToolInvocation event = rules.event();
        int fired = 0;
        for (int i = 0; i < rules.byHand.size(); i++) {
            fired += rules.byHand.get(i).test(event) ? 1 : 0;
        }
        return fired;
    }

    @Benchmark
    public Object state(Stream stream) {
        return stream.behaviour.observe(stream.events[stream.next++ & (stream.events.length - 1)]);
    }
}
