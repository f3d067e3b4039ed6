package io.fourthlog.bench.policy;

import com.sun.management.ThreadMXBean;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.Compiled;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.Facts;
import io.fourthlog.policy.FailurePolicy;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import io.fourthlog.policy.behaviour.Behaviour;
import io.fourthlog.policy.behaviour.Limits;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Measures all figures of the policy evaluator and its peers in one run, prints them, and writes them to a file. */
public final class PolicyFigures {

    private static final double MIB = 1024 * 1024;

    private record Figure(String id, double value, String unit, Map<String, Double> peers) {}

    private PolicyFigures() {}

    /** Measures; the first argument is the file that the figures go to. */
    public static void main(String[] arguments) throws RunnerException, IOException {
        final List<Figure> figures = new ArrayList<>(compile());
        figures.add(state());
        figures.add(allocation());
        figures.addAll(times());
        figures.forEach(figure -> System.out.printf(
                Locale.ROOT, "%-22s %12.1f %-4s %s%n", figure.id(), figure.value(), figure.unit(), figure.peers()));
        if (arguments.length > 0) {
            Files.writeString(Path.of(arguments[0]), json(figures));
        }
    }

    private static List<Figure> times() throws RunnerException {
        final Map<String, Double> nanos = new TreeMap<>();
        for (final RunResult result : new Runner(new OptionsBuilder()
                        .include(PolicyBenchmark.class.getName())
                        .jvmArgsAppend("--sun-misc-unsafe-memory-access=allow")
                        .build())
                .run()) {
            final String name = result.getPrimaryResult().getLabel();
            final String rules = result.getParams().getParamsKeys().contains("rules")
                    ? result.getParams().getParam("rules")
                    : "";
            nanos.put(name + rules, result.getPrimaryResult().getScore());
        }
        final List<Figure> figures = new ArrayList<>();
        for (final String rules : List.of("1", "100", "1000")) {
            figures.add(new Figure(
                    "policy.rules_" + rules + "_ns",
                    nanos.getOrDefault("ours" + rules, Double.NaN),
                    "ns",
                    Map.of(
                            "loop", nanos.getOrDefault("loop" + rules, Double.NaN),
                            "hand_written", nanos.getOrDefault("handWritten" + rules, Double.NaN))));
        }
        figures.add(new Figure("policy.state_ns", nanos.getOrDefault("state", Double.NaN), "ns", Map.of()));
        return figures;
    }

    /** 5,000 policies of five rules with 200 distinct conditions: time, and what stays on the heap and beside it, the sources with it. */
    private static List<Figure> compile() {
        RuleMix.one().compiled(); // the compiler's own classes are not the policies'
        final double before = used();
        final List<PolicySource> sources = new ArrayList<>();
        for (int policy = 0; policy < 5_000; policy++) {
            final List<RuleSource> rules = new ArrayList<>();
            for (int rule = 0; rule < 5; rule++) {
                final int distinct = (policy * 5 + rule) % 200;
                rules.add(new RuleSource(
                        "rule-" + rule,
                        Set.of(EventType.TOOL_INVOCATION),
                        "event.tool_name == 'tool_" + distinct
                                + "' && event.param_sensitivity.exists(t, t.startsWith('secret:')) && event.return_size > "
                                + distinct,
                        Decision.DENY,
                        EnforceAction.TERMINATE,
                        "high",
                        "'tool ' + event.tool_name"));
            }
            sources.add(new PolicySource(
                    "namespace-" + policy / 5 + "/policy-" + policy,
                    true,
                    FailurePolicy.FAIL,
                    List.of(),
                    rules,
                    List.of()));
        }
        final long start = System.nanoTime();
        final Compiled compiled = PolicyCompiler.compile(sources);
        final double seconds = (System.nanoTime() - start) / 1e9;
        final double after = used();
        if (compiled.set().ids().size() != sources.size()) {
            throw new IllegalStateException(compiled.errors().toString());
        }
        return List.of(
                new Figure("policy.compile_mib", (after - before) / MIB, "MiB", Map.of()),
                new Figure("policy.compile_s", seconds, "s", Map.of()));
    }

    /** 10,000 live traces of 24 events, and 1,000 workloads whose baselines know 800 names. */
    private static Figure state() {
        final double before = used();
        final Behaviour behaviour = new Behaviour(Limits.DEFAULT);
        final int events = 240_000;
        for (int i = 0; i < events; i++) {
            final int trace = i % 10_000;
            final int turn = i / 10_000;
            final int workload = trace % 1_000;
            behaviour.observe(event(i, trace, workload, turn));
        }
        final double after = used();
        if (behaviour.shedTraces() + behaviour.shedWorkloads() > 0) {
            throw new IllegalStateException("not all of it was live");
        }
        return new Figure("policy.state_mib", (after - before) / MIB, "MiB", Map.of());
    }

    private static Event event(int i, int trace, int workload, int turn) {
        final Instant at = Events.NOON.plusMillis(i);
        return switch (turn % 3) {
            case 0 -> Events.model(trace, workload, at, "model-" + turn % 4, "tool-" + turn);
            case 1 -> Events.tool(trace, workload, at, "tool-" + turn, List.of("PII:email", "secret:github"));
            default ->
                Events.read(
                        trace,
                        workload,
                        at,
                        "file:///data/" + workload + "/" + trace / 1_000 + "/" + turn + "/file-" + trace);
        };
    }

    private static Figure allocation() {
        final PolicySet policies = RuleMix.fleet(1_000).compiled();
        final Event event = Events.tool(0, 0, Events.NOON, "read_file", List.of("PII:email"));
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long fired = 0;
        for (int i = 0; i < 200_000; i++) {
            fired += policies.evaluate(event, Facts.NONE).orElseThrow().fired().size();
        }
        final int measured = 1_000_000;
        final long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < measured; i++) {
            fired += policies.evaluate(event, Facts.NONE).orElseThrow().fired().size();
        }
        final long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        if (fired > 0) {
            throw new IllegalStateException("an event that no rule fires on");
        }
        return new Figure("policy.alloc_bytes", (double) bytes / measured, "B", Map.of());
    }

    /** Bytes in use on the heap and in metaspace, after collections. */
    private static double used() {
        double used = 0;
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        for (final MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            used += pool.getType() == MemoryType.HEAP || pool.getName().contains("Metaspace")
                    ? pool.getUsage().getUsed()
                    : 0;
        }
        return used;
    }

    private static String json(List<Figure> figures) {
        final StringBuilder json = new StringBuilder("[");
        String separator = "\n  ";
        for (final Figure figure : figures) {
            final StringBuilder peers = new StringBuilder();
            new TreeMap<>(figure.peers())
                    .forEach((peer, value) -> peers.append(peers.isEmpty() ? "" : ", ")
                            .append(String.format(Locale.ROOT, "\"%s\": %.1f", peer, value)));
            json.append(separator)
                    .append(String.format(
                            Locale.ROOT,
                            "{\"id\": \"%s\", \"value\": %.1f, \"unit\": \"%s\", \"peers\": {%s}, \"command\": \"make bench ONLY=policy\"}",
                            figure.id(),
                            figure.value(),
                            figure.unit(),
                            peers));
            separator = ",\n  ";
        }
        return json.append("\n]\n").toString();
    }
}
