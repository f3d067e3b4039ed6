package io.fourthlog.policy.author;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.Compiled;
import io.fourthlog.policy.Facts;
import io.fourthlog.policy.FiredRule;
import io.fourthlog.policy.Period;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.Verdict;
import io.fourthlog.policy.behaviour.Behaviour;
import io.fourthlog.policy.behaviour.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tests of policies: a YAML file beside the policies that says what is decided about which event after which
 * others.
 *
 * <pre>
 * policies: [no-secret-files.yaml]
 * tests:
 * - name: a secret that is read is denied
 *   given:                                   # what happened before; nothing when left out
 *   - tool_invocation: {tool_name: read_file}
 *     after: 1m                              # since the event before; a second when left out
 *     repeat: 3
 *   when:
 *     data_access: {resource_uri: "file:///etc/secrets/token", access_mode: read}
 *   expect:
 *     decision: deny
 *     rules: [no-secret-files]               # all that fire, without those that are overridden; any when left out
 *     overridden: []
 *     enforce: terminate
 *     message: /etc/secrets                  # a part of it
 * </pre>
 */
public final class PolicyTests {

    private static final Instant START = Instant.parse("2026-06-01T12:00:00Z");
    private static final Map<String, EventType> TYPES = Arrays.stream(EventType.values())
            .collect(Collectors.toMap(EventType::wire, type -> type, (a, b) -> a, LinkedHashMap::new));

    /** What came of one test: nothing is in {@code failures} if it passed. */
    public record Outcome(String name, List<String> failures) {
        public Outcome {
            failures = List.copyOf(failures);
        }

        public boolean passed() {
            return failures.isEmpty();
        }
    }

    /**
     * What came of a file.
     *
     * @param errors why tests could not be run at all
     */
    public record Report(List<Outcome> outcomes, List<PolicyError> errors) {
        public Report {
            outcomes = List.copyOf(outcomes);
            errors = List.copyOf(errors);
        }

        public boolean passed() {
            return errors.isEmpty() && outcomes.stream().allMatch(Outcome::passed);
        }
    }

    private PolicyTests() {}

    /** Runs a file of tests on the policies that it names, which are beside it. */
    public static Report run(Path file) throws IOException {
        final List<PolicyError> errors = new ArrayList<>();
        final Tree root = root(Files.readString(file), errors);
        final List<PolicySource> sources = new ArrayList<>();
        for (final String name : root.texts("policies")) {
            final PolicyReader.Result read = PolicyReader.read(Files.readString(file.resolveSibling(name)));
            sources.addAll(read.sources());
            errors.addAll(read.errors());
        }
        return run(root, sources, errors);
    }

    /** Runs tests on these policies, whatever the tests name. */
    public static Report run(String tests, List<PolicySource> policies) {
        final List<PolicyError> errors = new ArrayList<>();
        return run(root(tests, errors), policies, errors);
    }

    private static Tree root(String text, List<PolicyError> errors) {
        try {
            final List<Object> documents = Yaml.documents(text);
            if (documents.size() == 1) {
                return Tree.of("tests", documents.getFirst(), errors).only("policies", "tests");
            }
            errors.add(new PolicyError("tests", "", "this should be one YAML document"));
        } catch (Yaml.NotYaml e) {
            errors.add(new PolicyError("tests", "", "not YAML: " + e.getMessage()));
        }
        return Tree.of("tests", Map.of(), errors);
    }

    private static Report run(Tree root, List<PolicySource> sources, List<PolicyError> errors) {
        final Compiled compiled = PolicyCompiler.compile(sources, START);
        errors.addAll(compiled.errors());
        final List<Tree> tests = root.trees("tests");
        if (tests.isEmpty() && errors.isEmpty()) {
            root.fault("tests", "there is no test");
        }
        if (!errors.isEmpty()) {
            return new Report(List.of(), errors);
        }
        final List<Outcome> outcomes = new ArrayList<>();
        for (final Tree test : tests) {
            test.only("name", "given", "when", "expect");
            final List<String> failures = new Run(compiled.set(), workload(sources)).failures(test);
            outcomes.add(new Outcome(test.text("name"), failures));
        }
        return new Report(errors.isEmpty() ? outcomes : List.of(), errors);
    }

    /** A workload in the namespace of the policies. */
    private static String workload(List<PolicySource> sources) {
        final String id =
                sources.isEmpty() ? "default/none" : sources.getFirst().id();
        return "k8s://test/" + id.substring(0, id.indexOf('/')) + "/Deployment/agent/agent-1/main";
    }

    /** One test under way. */
    private static final class Run {
        private final PolicySet policies;
        private final String workload;
        private final Behaviour behaviour = new Behaviour(Limits.DEFAULT);
        private Instant now = START;

        private Run(PolicySet policies, String workload) {
            this.policies = policies;
            this.workload = workload;
        }

        List<String> failures(Tree test) {
            test.trees("given").forEach(this::judge);
            if (!test.has("when") || !test.has("expect")) {
                test.fault("", "a test has a \"when\" and an \"expect\"");
                return List.of();
            }
            final Verdict verdict = judge(test.tree("when"));
            final Tree expect = test.tree("expect").only("decision", "rules", "overridden", "enforce", "message");
            final List<String> failures = new ArrayList<>();
            final List<FiredRule> fired = verdict == null ? List.of() : verdict.fired();
            compare("decision", expect.text("decision"), decision(verdict).wire(), failures);
            if (expect.has("rules")) {
                compare("rules", sorted(expect.texts("rules")), rules(fired, false), failures);
            }
            if (expect.has("overridden")) {
                compare("overridden", sorted(expect.texts("overridden")), rules(fired, true), failures);
            }
            if (expect.has("enforce")) {
                final String enforce =
                        verdict == null ? "none" : verdict.intent().name().toLowerCase(Locale.ROOT);
                compare("enforce", expect.text("enforce"), enforce, failures);
            }
            if (expect.has("message")) {
                final String message = verdict == null ? "" : String.valueOf(verdict.message());
                if (!message.contains(expect.text("message"))) {
                    failures.add("message: expected something with \"" + expect.text("message") + "\", got \"" + message
                            + "\"");
                }
            }
            if (verdict != null) {
                verdict.ignored().forEach(why -> failures.add("an expression failed: " + why));
                fired.stream()
                        .filter(rule -> rule.failure() != null)
                        .forEach(rule ->
                                failures.add("rule " + rule.rule() + " could not be evaluated: " + rule.failure()));
            }
            return failures;
        }

        /** What is decided about the last of the events that a node describes. */
        private @Nullable Verdict judge(Tree step) {
            final Duration after = period(step);
            final long times = step.number("repeat", 1);
            Verdict verdict = null;
            for (long i = 0; i < times; i++) {
                now = now.plus(after);
                verdict = judgeOnce(step);
            }
            return verdict;
        }

        private @Nullable Verdict judgeOnce(Tree step) {
            final List<String> types = step.names().stream()
                    .map(String::valueOf)
                    .filter(TYPES::containsKey)
                    .toList();
            if (types.size() != 1) {
                step.fault(
                        "",
                        "this names " + (types.isEmpty() ? "no" : "more than one") + " type of event: one of "
                                + TYPES.keySet());
                return null;
            }
            final String name = types.getFirst();
            step.only(name, "after", "repeat");
            final EventType type = TYPES.get(name);
            final EventBuilder.Built built =
                    type == null ? null : EventBuilder.build(type, step.tree(name), now, workload);
            if (built == null) {
                return null;
            }
            final Facts facts = new Facts(behaviour.observe(built.event(), built.destination()), built.destination());
            final Verdict verdict = policies.evaluate(built.event(), facts).orElse(null);
            if (decision(verdict) == Decision.DENY) {
                behaviour.denied(built.event());
            }
            return verdict;
        }

        private static Duration period(Tree step) {
            return Period.parse(step.text("after", "1s")).orElseGet(() -> {
                step.fault("after", "this should be a period, as 30s, 5m, 24h or 7d is");
                return Duration.ofSeconds(1);
            });
        }

        private static Decision decision(@Nullable Verdict verdict) {
            return verdict == null ? Decision.ALLOW : verdict.decision();
        }

        private static List<String> rules(List<FiredRule> fired, boolean overridden) {
            return sorted(fired.stream()
                    .filter(rule -> (rule.overriddenBy() != null) == overridden)
                    .map(FiredRule::rule)
                    .toList());
        }

        private static List<String> sorted(List<String> names) {
            return names.stream().sorted().toList();
        }

        private static void compare(String what, Object expected, Object actual, List<String> failures) {
            if (!expected.equals(actual)) {
                failures.add(what + ": expected " + expected + ", got " + actual);
            }
        }
    }
}
