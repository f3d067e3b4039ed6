package io.fourthlog.bench.policy;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.policy.Compiled;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.FailurePolicy;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Rules on tool_invocation, each as CEL and as the Java that an engineer would write for it. */
record RuleMix(List<String> conditions, List<Predicate<ToolInvocation>> byHand) {

    /** One rule, which is false at its first look. */
    static RuleMix one() {
        return new RuleMix(
                List.of("event.tool_name == 'delete_database' && event.duration_ms > 10"),
                List.of(tool -> tool.toolName().equals("delete_database") && over(tool.durationMs(), 10)));
    }

    /** Rules none of which can be told from the others by a constant: every one has to be evaluated. */
    static RuleMix unguarded(int count) {
        final RuleMix mix = new RuleMix(new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < count; i++) {
            final int n = i;
            switch (i % 4) {
                case 0 ->
                    mix.add(
                            "event.duration_ms > " + (1_000 + n) + " && event.return_status != 'ok'",
                            tool -> over(tool.durationMs(), 1_000 + n) && !Objects.equals(tool.returnStatus(), "ok"));
                case 1 ->
                    mix.add("event.return_size > " + (1_000_000L + n), tool -> over(tool.returnSize(), 1_000_000 + n));
                case 2 ->
                    mix.add(
                            "event.tool_name.endsWith('_admin" + n + "')",
                            tool -> tool.toolName().endsWith("_admin" + n));
                default ->
                    mix.add(
                            "event.param_sensitivity.size() > " + (3 + n) + " || event.duration_ms > " + (60_000 + n),
                            tool -> tool.paramSensitivity().size() > 3 + n || over(tool.durationMs(), 60_000 + n));
            }
        }
        return mix;
    }

    /** Rules as large installations have them: of a hundred, seventy name a tool, twenty-five a tag, a server or a kind, and five compare numbers. */
    static RuleMix fleet(int count) {
        final RuleMix mix = new RuleMix(new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < count; i++) {
            final int n = i;
            final int kind = i % 20;
            if (kind < 12) {
                mix.add(
                        "event.tool_name == 'tool_" + n + "' && event.duration_ms > 10",
                        tool -> tool.toolName().equals("tool_" + n) && over(tool.durationMs(), 10));
            } else if (kind < 14) {
                mix.add(
                        "event.tool_name in ['a_" + n + "', 'b_" + n + "', 'c_" + n + "']",
                        tool -> Set.of("a_" + n, "b_" + n, "c_" + n).contains(tool.toolName()));
            } else if (kind < 16) {
                mix.add(
                        "'tag:" + n + "' in event.param_sensitivity && event.return_size > 100",
                        tool -> tool.paramSensitivity().contains("tag:" + n) && over(tool.returnSize(), 100));
            } else if (kind < 18) {
                mix.add(
                        "event.server.startsWith('server-" + n + ".')",
                        tool -> tool.destination() != null && tool.destination().startsWith("server-" + n + "."));
            } else if (kind < 19) {
                mix.add(
                        "event.target_resource_type == 'kind" + n + "' && event.return_status == 'ok'",
                        tool -> Objects.equals(tool.targetResourceType(), "kind" + n)
                                && Objects.equals(tool.returnStatus(), "ok"));
            } else {
                mix.add("event.duration_ms > " + (60_000 + n), tool -> over(tool.durationMs(), 60_000 + n));
            }
        }
        return mix;
    }

    private void add(String condition, Predicate<ToolInvocation> hand) {
        conditions.add(condition);
        byHand.add(hand);
    }

    private static boolean over(@Nullable Long value, long limit) {
        return value != null && value > limit;
    }

    PolicySet compiled() {
        final List<RuleSource> rules = new ArrayList<>();
        for (int i = 0; i < conditions.size(); i++) {
            rules.add(new RuleSource(
                    "rule-" + i,
                    Set.of(EventType.TOOL_INVOCATION),
                    conditions.get(i),
                    Decision.DENY,
                    EnforceAction.NONE,
                    "high",
                    null));
        }
        final Compiled compiled = PolicyCompiler.compile(
                List.of(new PolicySource("bench/rules", true, FailurePolicy.FAIL, List.of(), rules, List.of())));
        if (!compiled.errors().isEmpty()) {
            throw new IllegalStateException(compiled.errors().toString());
        }
        return compiled.set();
    }
}
