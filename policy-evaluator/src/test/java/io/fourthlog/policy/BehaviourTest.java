package io.fourthlog.policy;

import static io.fourthlog.policy.Given.NOON;
import static io.fourthlog.policy.Given.TRACE_ID;
import static io.fourthlog.policy.Given.model;
import static io.fourthlog.policy.Given.read;
import static io.fourthlog.policy.Given.tool;
import static io.fourthlog.policy.Given.toolAt;
import static io.fourthlog.policy.Given.toolIn;
import static io.fourthlog.policy.Given.toolOf;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.behaviour.BaselineFormatException;
import io.fourthlog.policy.behaviour.Behaviour;
import io.fourthlog.policy.behaviour.Kind;
import io.fourthlog.policy.behaviour.Limits;
import io.fourthlog.policy.behaviour.Past;
import io.fourthlog.policy.behaviour.Span;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BehaviourTest {

    private static final Destination OUTSIDE = new Destination("api.example.com", 443, "203.0.113.7", true);
    private static final String AGENT = "k8s://demo/support/Deployment/agent/agent-abc-1/main";
    private static final String A = "a".repeat(32);
    private static final String B = "b".repeat(32);
    private static final String C = "c".repeat(32);

    private final Behaviour behaviour = new Behaviour(Limits.DEFAULT);

    @Test
    void aTraceKnowsWhatItTouched() {
        behaviour.observe(read("file:///etc/secrets/token", "secret:github"));
        behaviour.observe(tool("run", "PII:email"));
        final Past past = behaviour.observe(model(OUTSIDE, "delete_file"));

        assertThat(past.trace().sensitivity()).containsExactly("secret:github", "PII:email");
        assertThat(past.trace().tools()).containsExactly("run");
        assertThat(past.trace().resources()).containsExactly("file:///etc/secrets/token");
        assertThat(past.trace().hosts()).containsExactly("api.example.com");
        assertThat(past.trace().models()).containsExactly("gpt-4o");
        assertThat(past.trace().events()).isEqualTo(3);
        assertThat(past.trace().bytesIn()).isEqualTo(4096);
        assertThat(past.trace().count(EventType.MODEL_INVOCATION)).isEqualTo(1);
        assertThat(past.window(Span.DAY).events()).isEqualTo(3);
    }

    @Test
    void aToolThatNoModelAskedForIsToldFromOneThatWasAskedForAndDidNotRun() {
        final Past past = behaviour.observe(model(OUTSIDE, "read_file", "delete_file"));
        assertThat(past.trace().requestedNotRun())
                .as("they could not have run yet")
                .isEmpty();

        behaviour.observe(tool("read_file"));
        behaviour.observe(tool("shell"));

        assertThat(past.trace().requestedNotRun()).containsExactly("delete_file");
        assertThat(past.trace().runNotRequested()).containsExactly("shell");
    }

    @Test
    void whatWasDeniedIsKnownWhenItIsTriedAgain() {
        final Event shell = tool("shell");
        behaviour.observe(shell);
        behaviour.denied(shell);

        assertThat(behaviour.observe(tool("shell")).trace().denied()).containsExactly("shell");
    }

    @Test
    void aSessionKnowsWhatWasDeniedAsItsTracesDo() {
        final Event other = toolIn("session", B, "other");
        final Event shell = toolIn("session", A, "shell");
        behaviour.observe(other);
        behaviour.observe(shell);
        behaviour.denied(shell);

        assertThat(behaviour.observe(toolIn("session", B, "next")).session().denied())
                .containsExactly("shell");
        assertThat(behaviour.trace().denied()).isEmpty();
    }

    @Test
    void whoNamesATraceIsStillInTheOneWhereItWasSeen() {
        behaviour.observe(toolOf(A, "read", "secret:github"));
        final Past named = behaviour.observe(toolOf(B, "send"), OUTSIDE, A);

        assertThat(named.trace().sensitivity()).isEmpty();
        assertThat(named.trace().tools()).containsExactly("send");
        final Past seen = requireNonNull(named.seenIn());
        assertThat(seen.trace().sensitivity()).containsExactly("secret:github");
        assertThat(seen.trace().tools()).containsExactly("read", "send");
        assertThat(seen.window(Span.DAY).events()).isEqualTo(2);
        assertThat(seen.seenIn()).isNull();
        assertThat(behaviour.observe(toolOf(B, "other")).seenIn()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "tagMatches(trace.sensitivity; 'secret:*') && 'send' in trace.tools, DENY",
        "trace.tools.size() == 1, DENY", // in the trace that it names
        "trace.tools.size() == 2, DENY", // in the one where it was seen
        "trace.tools.size() == 3, ALLOW",
        "window('5m').count() == 3, ALLOW", // it is one event
    })
    void aRuleLooksAtBothTraces(String when, Decision decision) {
        behaviour.observe(toolOf(A, "read", "secret:github"));
        final Event send = toolOf(B, "send");
        final Verdict verdict = Given.compiled(
                        Given.policy(Given.rule("r", EventType.TOOL_INVOCATION, when.replace(';', ','), Decision.DENY)))
                .evaluate(send, new Facts(behaviour.observe(send, null, A), null))
                .orElseThrow();

        assertThat(verdict.decision()).isEqualTo(decision);
        assertThat(verdict.fired()).hasSize(decision == Decision.DENY ? 1 : 0);
    }

    @Test
    void anExceptionTakesARuleOutOnlyWhereItHolds() {
        behaviour.observe(toolOf(A, "read", "secret:github"));
        final Event send = toolOf(B, "send");
        final Verdict verdict = Given.compiled(Given.policy(
                        FailurePolicy.FAIL,
                        List.of(),
                        List.of(new ExceptionSource("r", "trace.sensitivity.size() == 0", "tested", null)),
                        Given.rule("r", EventType.TOOL_INVOCATION, "true", Decision.DENY)))
                .evaluate(send, new Facts(behaviour.observe(send, null, A), null))
                .orElseThrow();

        assertThat(verdict.decision()).isEqualTo(Decision.DENY);
        assertThat(verdict.fired()).hasSize(1);
    }

    @Test
    void anActionUnderWayIsSeenButNotCounted() {
        final Past past = behaviour.preview(tool("run", "secret:github"), OUTSIDE, null);

        assertThat(past.trace().tools()).containsExactly("run");
        assertThat(past.trace().hosts()).containsExactly("api.example.com");
        assertThat(past.trace().events()).isZero();
        assertThat(past.window(Span.FIVE_MINUTES).events()).isZero();
    }

    @Test
    void theTraceThatWasSilentForLongestIsShedAndCounted() {
        final Behaviour small = new Behaviour(new Limits(2, 1, 1, 8, Duration.ofDays(7)));

        small.observe(toolOf(A, "one"));
        small.observe(toolOf(B, "two"));
        small.observe(toolOf(A, "three"));
        small.observe(toolOf(C, "four"));

        assertThat(small.shedTraces()).isEqualTo(1);
        assertThat(small.observe(toolOf(A, "five")).trace().tools()).containsExactly("one", "three", "five");
        assertThat(small.observe(toolOf(B, "six")).trace().tools()).containsExactly("six");
    }

    @Test
    void aTraceKeepsItsFirstNamesAndCountsTheRest() {
        final Behaviour small = new Behaviour(new Limits(2, 1, 1, 2, Duration.ofDays(7)));

        small.observe(toolOf(A, "one"));
        small.observe(toolOf(A, "two"));
        final Past past = small.observe(toolOf(A, "three"));

        assertThat(past.trace().tools()).containsExactly("one", "two");
        assertThat(small.shedNames()).isEqualTo(2); // a tool, and a tool that ran without having been requested
    }

    @Property(tries = 50)
    void namesAreASetInTheOrderOfTheirArrival(@ForAll List<Integer> numbers) {
        final Behaviour fresh = new Behaviour(Limits.DEFAULT);
        Past past = fresh.observe(toolOf(A, "first"));
        for (final int number : numbers) {
            past = fresh.observe(toolOf(A, "tool-" + number % 200));
        }

        final List<String> expected = Stream.concat(
                        Stream.of("first"), numbers.stream().map(number -> "tool-" + number % 200))
                .distinct()
                .limit(Limits.DEFAULT.values())
                .toList();
        assertThat(past.trace().tools()).isEqualTo(expected);
        assertThat(expected).allMatch(past.trace().tools()::contains);
        assertThat(past.trace().tools().contains("another")).isFalse();
    }

    @Test
    void windowsForgetAndTheOneBeforeRemembers() {
        behaviour.observe(toolAt(NOON, AGENT, A, "run"));
        behaviour.observe(toolAt(NOON.plusSeconds(60), AGENT, A, "run"));
        final Past soon = behaviour.observe(toolAt(NOON.plusSeconds(120), AGENT, A, "other"));
        assertThat(soon.window(Span.FIVE_MINUTES).events()).isEqualTo(3);
        assertThat(soon.window(Span.FIVE_MINUTES).events(Kind.TOOL, "run")).isEqualTo(2);
        assertThat(soon.window(Span.FIVE_MINUTES).distinct(Kind.TOOL)).isBetween(1L, 2L); // two may share a cell
        assertThat(soon.window(Span.FIVE_MINUTES).rate(null)).isEqualTo(0.6, offset(1e-9));

        final Past later = behaviour.observe(toolAt(NOON.plusSeconds(400), AGENT, A, "run"));

        assertThat(later.window(Span.FIVE_MINUTES).events()).isEqualTo(2);
        assertThat(later.window(Span.FIVE_MINUTES).before().events(EventType.TOOL_INVOCATION))
                .isEqualTo(2);
        assertThat(later.window(Span.FIVE_MINUTES).events(Kind.TOOL, "run")).isEqualTo(1);
        assertThat(later.window(Span.FIVE_MINUTES).before().events(Kind.TOOL, "run"))
                .isEqualTo(2);
        assertThat(later.window(Span.DAY).events()).isEqualTo(4);

        final Past nextWeek = behaviour.observe(toolAt(NOON.plus(Duration.ofDays(7)), AGENT, A, "run"));
        assertThat(nextWeek.window(Span.DAY).events()).isEqualTo(1);
        assertThat(nextWeek.window(Span.DAY).before().events(Kind.TOOL, "run")).isZero();
    }

    @Test
    void aSumIsNeverTooLowAndRarelyTooHigh() {
        final Random random = new Random(7);
        final Map<String, Integer> counts = new HashMap<>();
        final int events = 40_000;
        Past past = Past.NONE;
        for (int i = 0; i < events; i++) {
            final String name = "tool-" + (int) Math.abs(random.nextGaussian() * 1_500);
            counts.merge(name, 1, Integer::sum);
            past = behaviour.observe(toolAt(NOON.plusMillis(i), AGENT, A, name));
        }

        final Past end = past;
        final double bound = Math.E / 2_048 * events;
        final long over = counts.entrySet().stream()
                .filter(each -> end.window(Span.DAY).events(Kind.TOOL, each.getKey()) > each.getValue() + bound)
                .count();
        assertThat(counts)
                .allSatisfy((name, count) ->
                        assertThat(end.window(Span.DAY).events(Kind.TOOL, name)).isGreaterThanOrEqualTo(count));
        assertThat((double) over / counts.size()).isLessThan(0.019);
    }

    @ParameterizedTest
    @CsvSource({"10, 4", "128, 20", "256, 50", "768, 270"}) // four standard errors
    void distinctNamesAreCountedWithinTheStatedError(int names, int error) {
        Past past = Past.NONE;
        for (int i = 0; i < names; i++) {
            past = behaviour.observe(toolAt(NOON.plusMillis(i), AGENT, A, "tool-" + i));
        }

        assertThat(past.window(Span.FIVE_MINUTES).distinct(Kind.TOOL))
                .isBetween((long) names - error, (long) names + error);
    }

    @Test
    void aBaselineSpeaksOfTheTimeBeforeTheEvent() {
        Past past = behaviour.observe(read("file:///etc/secrets/token"));
        assertThat(past.baseline().resource("file:///etc/secrets/token")).isFalse();
        assertThat(past.baseline().folder("file:///etc/secrets")).isFalse();

        past = behaviour.observe(read("file:///etc/secrets/other"));

        assertThat(past.baseline().resource("file:///etc/secrets/token")).isTrue();
        assertThat(past.baseline().resource("file:///etc/secrets/other")).isFalse();
        assertThat(past.baseline().folder("file:///etc/secrets/")).isTrue();
        assertThat(past.baseline().folder("file:///etc")).isTrue();
        assertThat(past.baseline().folder("file:///var")).isFalse();
        assertThat(past.baseline().learned()).isFalse();
    }

    @Test
    void aBaselineIsOfTheControllerAndNotOfThePod() {
        behaviour.observe(toolAt(NOON, AGENT, A, "run"));

        assertThat(behaviour
                        .observe(toolAt(NOON, "k8s://demo/support/Deployment/agent/agent-xyz-9/main", B, "other"))
                        .baseline()
                        .tool("run"))
                .isTrue();
        assertThat(behaviour
                        .observe(toolAt(NOON, "k8s://demo/support/Deployment/agent/agent-xyz-9/sidecar", B, "other"))
                        .baseline()
                        .tool("run"))
                .isFalse();
    }

    @Test
    void afterItsPeriodABaselineStaysAsItIs() {
        behaviour.observe(toolAt(NOON, AGENT, A, "run"));
        final Instant afterwards = NOON.plus(Duration.ofDays(8));
        behaviour.observe(toolAt(afterwards, AGENT, A, "shell"));
        final Past past = behaviour.observe(toolAt(afterwards.plusSeconds(1), AGENT, A, "shell"));

        assertThat(past.baseline().learned()).isTrue();
        assertThat(past.baseline().tool("run")).isTrue();
        assertThat(past.baseline().tool("shell")).isFalse();
        assertThat(past.baseline().sequenceDrift(past.trace())).isEqualTo(1.0);
    }

    @Test
    void anHourThatIsBusierThanThoseBeforeDrifts() {
        for (int hour = 0; hour < 24 * 7; hour++) {
            for (int i = 0; i < 10 + hour % 3; i++) {
                behaviour.observe(toolAt(NOON.plus(Duration.ofHours(hour)), AGENT, A, "run"));
            }
        }
        Past past = Past.NONE;
        for (int i = 0; i < 11; i++) {
            past = behaviour.observe(toolAt(NOON.plus(Duration.ofDays(7)), AGENT, A, "run"));
        }
        assertThat(past.baseline().frequencyDrift()).isBetween(-1.0, 1.0);

        for (int i = 0; i < 100; i++) {
            past = behaviour.observe(toolAt(NOON.plus(Duration.ofDays(7)), AGENT, A, "run"));
        }
        assertThat(past.baseline().frequencyDrift()).isGreaterThan(50);
    }

    @Test
    void aToolThatAModelAskedForAndThatDidNotRunIsRemembered() {
        behaviour.observe(model(OUTSIDE, "delete_file"));
        behaviour.observe(model(OUTSIDE, "delete_file"));

        assertThat(behaviour.observe(tool("read_file")).baseline().unrun("delete_file"))
                .isTrue();
        assertThat(behaviour.baseline().unrun("read_file")).isFalse();
    }

    @Test
    void baselinesSurviveARestart() throws BaselineFormatException {
        behaviour.observe(read("file:///etc/secrets/token"));
        final byte[] exported = behaviour.export();

        final Behaviour restarted = new Behaviour(Limits.DEFAULT);
        restarted.restore(exported);

        assertThat(restarted.observe(read("file:///tmp/x")).baseline().resource("file:///etc/secrets/token"))
                .isTrue();
        assertThat(behaviour.export()).isEqualTo(exported);
    }

    @Test
    void aBaselineThatWasCutOrChangedIsRefusedAsAWhole() {
        behaviour.observe(read("file:///etc/secrets/token"));
        final byte[] exported = behaviour.export();
        for (int at = 0; at < exported.length; at++) {
            final byte[] changed = exported.clone();
            changed[at] ^= 1;
            assertThatThrownBy(() -> new Behaviour(Limits.DEFAULT).restore(changed))
                    .isInstanceOf(BaselineFormatException.class);
            final byte[] cut = Arrays.copyOf(exported, at);
            assertThatThrownBy(() -> new Behaviour(Limits.DEFAULT).restore(cut))
                    .isInstanceOf(BaselineFormatException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'tool_invocation', 10m, true",
        "'data_access, tool_invocation', 10m, true",
        "'tool_invocation, data_access', 10m, false",
        "'data_access, model_invocation, tool_requested, tool_invocation', 10m, true",
        "'data_access, tool_invocation', 30s, false",
        "'data_access:file:///etc/**, tool_invocation:s*', 10m, true",
        "'data_access:file:///var/**, tool_invocation', 10m, false",
        "'data_access, !model_invocation, tool_invocation', 10m, false",
        "'data_access, !identity_assertion, tool_invocation', 10m, true",
        "'tool_requested:delete_file, !tool_invocation:delete_file', 10m, true",
        "'tool_requested:shell, !tool_invocation:shell', 10m, false",
        "'data_access', 10m, false",
    })
    void aSequenceIsFoundInTheStepsOfATrace(String steps, String within, boolean found) {
        behaviour.observe(read(NOON.minusSeconds(120), "file:///etc/secrets/token"));
        behaviour.observe(model(OUTSIDE, "shell", "delete_file"));
        final Past past = behaviour.observe(toolAt(NOON, AGENT, TRACE_ID, "shell"));
        final String expression = "sequence(['" + String.join("','", steps.split(", ")) + "'], '" + within + "')";

        final Verdict verdict = Given.compiled(
                        Given.policy(Given.rule("r", EventType.TOOL_INVOCATION, expression, Decision.FLAG)))
                .evaluate(toolAt(NOON, AGENT, TRACE_ID, "shell"), new Facts(past, null))
                .orElseThrow();

        assertThat(!verdict.fired().isEmpty()).isEqualTo(found);
    }
}
