package io.fourthlog.policy;

import static io.fourthlog.policy.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cel.common.types.SimpleType;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.behaviour.Behaviour;
import io.fourthlog.policy.behaviour.Limits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds compiled code to CEL's own interpreter: the same value, or no value, for any expression on any event. */
final class CompiledCelTest {

    @Property(tries = 2_500, edgeCases = EdgeCasesMode.NONE)
    void compiledCodeSaysWhatTheInterpreterSays(@ForAll("conditions") String condition, @ForAll("events") Event event) {
        assertThat(compiled(condition, event)).as(condition).isEqualTo(interpreted(condition, event));
    }

    @Property(tries = 1_500, edgeCases = EdgeCasesMode.NONE)
    void aGuardHoldsWhereverTheExpressionIsNotFalse(
            @ForAll("guarded") String condition, @ForAll("events") Event event) {
        final PolicySet policies =
                Given.compiled(Given.policy(Given.rule("r", EventType.DATA_ACCESS, condition, Decision.DENY)));

        final Verdict verdict = policies.evaluate(event, facts(event)).orElseThrow();

        assertThat(verdict.fired().isEmpty())
                .as(condition)
                .isEqualTo(interpreted(condition, event).equals(Optional.of(false)));
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void aGuardHoldsWhereTagsMayBeMissing(@ForAll("guarded") String condition, @ForAll("events") Event event) {
        final DataAccess read = (DataAccess) event;
        final List<String> tags = new ArrayList<>(read.sensitivityTagsResolved());
        tags.add("unknown:over-budget");
        final Event unread = Given.read(NOON, read.resourceUri(), tags.toArray(String[]::new));

        final Verdict verdict = Given.compiled(
                        Given.policy(Given.rule("r", EventType.DATA_ACCESS, condition, Decision.DENY)))
                .evaluate(unread, facts(unread))
                .orElseThrow();

        assertThat(verdict.fired().isEmpty())
                .as(condition)
                .isEqualTo(compiled(condition, unread).equals(Optional.of(false)));
    }

    /** Where CEL's corners are: each is a line of the specification, or was a difference once. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "9223372036854775807 + 1 > 0",
                "-9223372036854775807 - 2 < 0",
                "9223372036854775807 * 2 == 0",
                "(-9223372036854775807 - 1) / -1 == 0",
                "(-9223372036854775807 - 1) % -1 == 0",
                "-(-9223372036854775807 - 1) == 0",
                "1 / 0 == 1",
                "1 % 0 == 1",
                "1.0 / 0.0 > 1.0",
                "0.0 / 0.0 == 0.0 / 0.0",
                "0.0 / 0.0 != 0.0 / 0.0",
                "0.0 / 0.0 < 1.0 || 0.0 / 0.0 >= 1.0",
                "[0.0 / 0.0] == [0.0 / 0.0]",
                "0.0 == -0.0",
                "-7 / 2 == -3 && -7 % 2 == -1",
                "event.row_count > 1 || true",
                "true || event.row_count > 1",
                "event.row_count > 1 && false",
                "event.row_count > 1 || false",
                "event.row_count > 1 ? true : true",
                "(event.row_count > 1 || event.row_count > 2) || true",
                "!(event.row_count > 1 && false)",
                "[1, 2, 0].exists(x, 4 / x == 2)",
                "[0, 1, 2].exists(x, 4 / x == 2)",
                "[0, 1].exists(x, 4 / x == 2)",
                "[0, 1].all(x, 4 / x == 2)",
                "[0, 2].all(x, 4 / x == 2)",
                "[0, 2].exists_one(x, 4 / x == 2)",
                "[2, 1].exists_one(x, 4 / x == 2)",
                "[0, 2].map(x, 4 / x).size() == 2",
                "[].all(x, x > 1) && ![].exists(x, x > 1)",
                "[1, 2, 3].filter(x, x > 1).map(y, y * y) == [4, 9]",
                "[1, 2, 3].map(x, x > 1, x + 1) == [3, 4]",
                "[[1], [2, 3]].exists(x, x.exists(y, y == 3 && x.size() == 2))",
                "[1, 2].exists(x, [3].exists(x, x == 3) && x == 2)",
                "{'a': 1, 'b': 2}.exists(k, k == 'b') && {'a': 1}['a'] == 1 && 'a' in {'a': 1}",
                "{'a': 1}.b == 1",
                "has({'a': 1}.a) && !has({'a': 1}.b)",
                "{'a': 1, 'a': 2}.size() == 1",
                "[1, 2][2] == 1",
                "[1, 2][-1] == 1",
                "'\\u00e9\\U0001F600'.size() == 2",
                "'a' < 'b' && 'B' < 'a' && 'a' < 'aa'",
                "'\\uFFFF' < '\\U0001F600'",
                "true > false",
                "1 == 1 ? 'a' == 'a' : 1 / 0 == 1",
                "2 in [1, 2] && !(3 in [1, 2]) && 'a' in ['a']",
                "1u + 2u == 3u && 3u > 2u",
                "1 < 2u",
                "1.5 > 1",
                "b'abc'.size() == 3 && b'a' + b'b' == b'ab'",
                "null == null",
                "type(1) == int && type('') == string",
                "int('12') == 12 && string(12) == '12' && double(3) == 3.0",
                "int('x') == 1",
                "duration('90s') == duration('1m30s') && duration('1h') > duration('5m')",
                "event.ts + duration('1h') > event.ts && event.ts - event.ts == duration('0s')",
                "event.ts.getFullYear() == 2026 && event.ts.getHours('Europe/Berlin') == 14",
                "timestamp('2026-06-01T12:00:00Z') == event.ts",
                "'Hello'.lowerAscii() == 'hello' && 'a,b'.split(',') == ['a', 'b'] && ' x '.trim() == 'x'",
                "'hello'.substring(1, 3) == 'el' && 'hello'.indexOf('l') == 2 && 'hello'.charAt(0) == 'h'",
                "'hello'.substring(9) == ''",
                "[3, 1, 2].sort() == [1, 2, 3] && [1, 1].distinct() == [1] && [1, 2].reverse() == [2, 1]",
                "[1, 2, 3].slice(1, 2) == [2]",
                "math.greatest(1, 2, 3) == 3 && math.least([4, 5]) == 4 && math.abs(-2) == 2",
                "sets.contains([1, 2], [1]) && sets.intersects([1], [1]) && sets.equivalent([1], [1, 1])",
                "regex.extract('a1b22', '[0-9]+') == optional.of('1')",
                "regex.extract('a', '([0-9]+)').orValue('none') == 'none'",
                "regex.extractAll('a1b22', '[0-9]+') == ['1', '22']",
                "'abc'.matches('^a.c$') && matches('abc', 'b') && !'abc'.matches('^b')",
                "event.unknown['row_count'] == 'a file has no rows' && has(event.unknown.row_count)",
                "event.unknown.byte_count == ''",
                "event == event && [event].size() == 1 && [event][0].resource_uri == event.resource_uri",
                "event.destination.host == '' && event.destination == event.destination",
                "[event.destination].exists(d, !d.external)",
                "trace.resources == [event.resource_uri] && session.events == 1",
                "window('5m').count() == 1 && window('24h').before.count('data_access') == 0",
                "window('24h').bytesOf(event.resource_uri) == event.byte_count",
                "sequence(['data_access:file:///etc/**'], '30s')",
                "baseline.learned || baseline.resource(event.resource_uri)",
                "glob(event.resource_uri, ['file:///etc/**', 'x'])",
                "byteSize('4KiB') == event.byte_count && period('1d') == duration('24h')"
            })
    void theCornersOfCelAreWhereTheSpecificationPutsThem(String condition) {
        final Event event = Given.read("file:///etc/secrets/token", "filesystem-sensitive");

        assertThat(compiled(condition, event)).isEqualTo(interpreted(condition, event));
    }

    @Test
    void loopsThatTakeTooMuchTimeFail() throws Scope.ExpressionException {
        final Event event = Given.read("file:///x");
        final long[] now = {0};
        final Frame slow = new Frame(0, 0, () -> now[0] += Budget.MILLIS * 1_000_000L);
        final Code code = new Scope(Set.of(event.type()), List.of(), new Scope.Slots())
                .compile("[1,2,3,4,5,6,7,8].all(a, [1,2,3,4,5,6,7,8].all(b, a + b < 100))", SimpleType.BOOL)
                .code()
                .values()
                .iterator()
                .next();

        slow.begin(event, Facts.NONE);
        assertThat(slow.run(code)).isEqualTo(Code.FAILED);
        assertThat(slow.failure).isNotNull().satisfies(failure -> {
            assertThat(failure.isOverBudget()).isTrue();
            assertThat(failure.message(event)).startsWith("over 5 ms");
        });

        // A thread that was not given a processor is not slow.
        final Frame waiting = new Frame(0, 0, () -> now[0] += Budget.MILLIS * 1_000_000L, () -> 1);
        waiting.begin(event, Facts.NONE);
        assertThat(waiting.run(code)).isEqualTo(Code.TRUE);

        final Frame quick = new Frame(0, 0, () -> 0);
        quick.begin(event, Facts.NONE);
        assertThat(quick.run(code)).isEqualTo(Code.TRUE);
    }

    @Test
    void aConditionOfManySearchesIsOverItsTimeAndNotItsSteps() throws Scope.ExpressionException {
        final Event event = Given.read("file:///x/".repeat(25));
        final long[] now = {0};
        final Frame frame = new Frame(0, 0, () -> now[0] += Budget.MILLIS * 1_000_000L);
        final Code code = new Scope(Set.of(event.type()), List.of(), new Scope.Slots())
                .compile(
                        String.join("||", Collections.nCopies(96, "event.resource_uri.matches('(.?){245}0')")),
                        SimpleType.BOOL)
                .code()
                .values()
                .iterator()
                .next();

        frame.begin(event, Facts.NONE);
        assertThat(frame.run(code)).isEqualTo(Code.FAILED);
        assertThat(frame.failure).isEqualTo(Frame.TIME);
    }

    @Test
    void aConditionThatIsOverItsTimeThriceInARowRestsOnThatWorkload() throws Scope.ExpressionException {
        final Event event = Given.toolAt(NOON, "k8s://demo/support/Deployment/agent/slow/main", Given.TRACE_ID, "run");
        final Event other = Given.toolAt(NOON, "k8s://demo/support/Deployment/agent/other/main", Given.TRACE_ID, "run");
        final long late = 2 * Budget.MILLIS * 1_000_000L;
        final long[] now = {0};
        final long[] pace = {late};
        final Frame frame = new Frame(0, 1, () -> now[0] += pace[0]);
        final RuleIndex index = new RuleIndex(
                List.copyOf(new Scope(Set.of(event.type()), List.of(), new Scope.Slots())
                        .compile(
                                "[1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9].exists(a, a > 9)",
                                SimpleType.BOOL)
                        .code()
                        .values()),
                Collections.singletonList(null));

        assertThat(failures(index, frame, event, 2)).allMatch(message -> message.startsWith("over 5 ms"));
        pace[0] = 0; // the machine is itself again
        assertThat(failures(index, frame, event, 1)).containsExactly("");
        pace[0] = late;
        assertThat(failures(index, frame, event, 3)).allMatch(message -> message.startsWith("over 5 ms"));
        pace[0] = 0;
        assertThat(failures(index, frame, event, 1)).singleElement().asString().contains("for a while");
        assertThat(failures(index, frame, other, 1)).containsExactly("");

        now[0] += Overruns.PAUSE;
        pace[0] = late;
        assertThat(failures(index, frame, event, 1)).allMatch(message -> message.startsWith("over 5 ms"));
        pace[0] = 0;
        now[0] += Overruns.PAUSE;
        assertThat(failures(index, frame, event, 1)).singleElement().asString().contains("for a while");
        now[0] += Overruns.PAUSE;
        assertThat(failures(index, frame, event, 4)).containsOnly("");
    }

    @Test
    void ofWorkloadsWithSlowEventsThoseThatWereSoLastAreKnown() {
        final Overruns overruns = new Overruns(1);
        for (int i = 0; i <= Overruns.MOST; i++) {
            for (int times = 0; times < Budget.OVERRUNS; times++) {
                overruns.over(0, "w" + i, 0);
            }
        }

        assertThat(overruns.rests(0, "w0", 0)).isFalse();
        assertThat(overruns.rests(0, "w1", 0)).isTrue();
        assertThat(overruns.rests(0, "w" + Overruns.MOST, 0)).isTrue();
    }

    @Test
    void thePauseDoublesUpToAnHour() {
        final Overruns overruns = new Overruns(1);
        long now = 0;
        overruns.over(0, "w", now);
        overruns.over(0, "w", now);
        for (long pause = Overruns.PAUSE; pause < 8 * Overruns.LONGEST; pause *= 2) {
            final long expected = Math.min(pause, Overruns.LONGEST);
            overruns.over(0, "w", now);
            overruns.over(0, "w", now); // by another thread
            assertThat(overruns.rests(0, "w", now + expected - 1)).isTrue();
            now += expected;
            assertThat(overruns.rests(0, "w", now)).isFalse();
        }
    }

    private static List<String> failures(RuleIndex index, Frame frame, Event event, int times) {
        final List<String> failures = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            frame.begin(event, Facts.NONE);
            index.evaluate(frame);
            final Failure failure = frame.hits() == 0 ? null : frame.failure(0);
            failures.add(failure == null ? "" : failure.message(event));
        }
        return failures;
    }

    private static Optional<Object> interpreted(String condition, Event event) {
        return Oracle.of(condition, event.type()).evaluate(event, facts(event));
    }

    private static Optional<Object> compiled(String condition, Event event) {
        final Frame frame = new Frame(0, 0);
        frame.begin(event, facts(event));
        try {
            final Code code = new Scope(Set.of(event.type()), List.of(), new Scope.Slots())
                    .compile(condition, SimpleType.BOOL)
                    .code()
                    .values()
                    .iterator()
                    .next();
            return switch (frame.run(code)) {
                case Code.TRUE -> Optional.of(true);
                case Code.FALSE -> Optional.of(false);
                default -> Optional.empty();
            };
        } catch (Scope.ExpressionException e) {
            throw new AssertionError(condition, e);
        }
    }

    private static Facts facts(Event event) {
        return new Facts(new Behaviour(Limits.DEFAULT).observe(event), null);
    }

    @Provide
    Arbitrary<Event> events() {
        return Combinators.combine(
                        Arbitraries.of(
                                "file:///etc/secrets/token", "file:///tmp/a", "postgres://db/crm/customers", "x"),
                        Arbitraries.of("secret:github", "PII:email", "filesystem-sensitive")
                                .list()
                                .ofMaxSize(3))
                .as((uri, tags) -> Given.read(NOON, uri, tags.toArray(String[]::new)));
    }

    @Provide
    Arbitrary<String> conditions() {
        return bool(4);
    }

    @Provide
    Arbitrary<String> guarded() {
        final Arbitrary<String> atom = Arbitraries.of(
                "event.resource_uri == 'file:///tmp/a'",
                "'x' == event.resource_uri",
                "event.resource_uri in ['x', 'postgres://db/crm/customers']",
                "event.resource_uri.startsWith('file:///')",
                "event.resource_uri.startsWith('file:///etc/')",
                "glob(event.resource_uri, ['file:///tmp/*', 'post**'])",
                "'PII:email' in event.sensitivity_tags_resolved",
                "event.sensitivity_tags_resolved.exists(t, t == 'PII:email' || t.startsWith('secret:'))",
                "tagMatches(event.sensitivity_tags_resolved, 'secret:*')",
                "trace.sensitivity.exists(t, t.startsWith('PII'))",
                "event.access_mode == 'read'",
                "event.destination.external",
                "!event.destination.external",
                "event.byte_count == 4096",
                "event.row_count == 3",
                "event.row_count in [1, 2]",
                "event.row_count > 2",
                "has(event.row_count)");
        return Arbitraries.recursive(
                () -> atom,
                inner -> Combinators.combine(inner, Arbitraries.of("&&", "||"), atom)
                        .as((a, operator, b) -> "(" + a + " " + operator + " " + b + ")"),
                0,
                4);
    }

    private static Arbitrary<String> bool(int depth) {
        final Arbitrary<String> leaf = Arbitraries.of(
                "true", "false", "has(event.row_count)", "has(event.byte_count)", "event.destination.external");
        if (depth == 0) {
            return leaf;
        }
        final Arbitrary<String> inner = Arbitraries.lazy(() -> bool(depth - 1));
        return Arbitraries.frequencyOf(
                Tuple.of(1, leaf),
                Tuple.of(
                        4,
                        Combinators.combine(inner, Arbitraries.of("&&", "||"), inner)
                                .as((a, operator, b) -> "(" + a + " " + operator + " " + b + ")")),
                Tuple.of(1, inner.map(a -> "!" + a)),
                Tuple.of(
                        1,
                        Combinators.combine(inner, inner, inner)
                                .as((a, b, c) -> "(" + a + " ? " + b + " : " + c + ")")),
                // Not of && and ||: as an operand, the interpreter takes their failure for a value (CEL: an error)
                Tuple.of(
                        1,
                        Combinators.combine(compared(text(0)), Arbitraries.of("==", "!="), compared(integer(0)))
                                .as((a, operator, b) -> "(" + a + " " + operator + " " + b + ")")),
                Tuple.of(4, compared(integer(depth - 1))),
                Tuple.of(2, compared(real(depth - 1))),
                Tuple.of(4, compared(text(depth - 1))),
                Tuple.of(
                        3,
                        Combinators.combine(
                                        text(depth - 1),
                                        Arbitraries.of("startsWith", "endsWith", "contains"),
                                        text(depth - 1))
                                .as((a, method, b) -> a + "." + method + "(" + b + ")")),
                Tuple.of(1, text(depth - 1).map(a -> a + ".matches('^[a-z:/]+$')")),
                Tuple.of(1, text(depth - 1).map(a -> "glob(" + a + ", 'file:///{etc,tmp}/**')")),
                Tuple.of(
                        3,
                        Combinators.combine(text(depth - 1), texts(depth - 1))
                                .as((a, b) -> "(" + a + " in " + b + ")")),
                Tuple.of(
                        1,
                        Combinators.combine(integer(depth - 1), integers(depth - 1))
                                .as((a, b) -> "(" + a + " in " + b + ")")),
                Tuple.of(
                        2,
                        Combinators.combine(texts(depth - 1), texts(depth - 1))
                                .as((a, b) -> "(" + a + " == " + b + ")")),
                Tuple.of(
                        3,
                        Combinators.combine(
                                        texts(depth - 1),
                                        Arbitraries.of("all", "exists", "exists_one"),
                                        compared(Arbitraries.of("t", "'PII:email'", "t + t")))
                                .as((list, macro, condition) -> list + "." + macro + "(t, " + condition + ")")),
                Tuple.of(
                        2,
                        Combinators.combine(
                                        integers(depth - 1),
                                        Arbitraries.of("all", "exists", "exists_one"),
                                        compared(Arbitraries.of("n", "2", "6 / n", "n * n")))
                                .as((list, macro, condition) -> list + "." + macro + "(n, " + condition + ")")));
    }

    private static Arbitrary<String> compared(Arbitrary<String> side) {
        return Combinators.combine(side, Arbitraries.of("==", "!=", "<", "<=", ">", ">="), side)
                .as((a, operator, b) -> "(" + a + " " + operator + " " + b + ")");
    }

    private static Arbitrary<String> integer(int depth) {
        final Arbitrary<String> leaf =
                Arbitraries.of("0", "1", "2", "-3", "9223372036854775807", "event.byte_count", "event.row_count");
        if (depth <= 0) {
            return leaf;
        }
        final Arbitrary<String> inner = Arbitraries.lazy(() -> integer(depth - 1));
        return Arbitraries.frequencyOf(
                Tuple.of(3, leaf),
                Tuple.of(
                        3,
                        Combinators.combine(inner, Arbitraries.of("+", "-", "*", "/", "%"), inner)
                                .as((a, operator, b) -> "(" + a + " " + operator + " " + b + ")")),
                Tuple.of(1, text(depth - 1).map(a -> a + ".size()")),
                Tuple.of(1, texts(depth - 1).map(a -> a + ".size()")),
                Tuple.of(1, Combinators.combine(integers(depth - 1), inner).as((a, b) -> a + "[" + b + "]")),
                Tuple.of(1, Combinators.combine(inner, inner).as((a, b) -> "math.greatest(" + a + ", " + b + ")")),
                Tuple.of(
                        1,
                        Combinators.combine(bool(depth - 1), inner, inner)
                                .as((a, b, c) -> "(" + a + " ? " + b + " : " + c + ")")));
    }

    private static Arbitrary<String> real(int depth) {
        final Arbitrary<String> leaf =
                Arbitraries.of("0.0", "1.5", "-2.0", "double(event.byte_count)", "double(event.row_count)");
        return depth <= 0
                ? leaf
                : Combinators.combine(leaf, Arbitraries.of("+", "-", "*", "/"), Arbitraries.lazy(() -> real(depth - 1)))
                        .as((a, operator, b) -> "(" + a + " " + operator + " " + b + ")");
    }

    private static Arbitrary<String> text(int depth) {
        final Arbitrary<String> leaf = Arbitraries.of(
                "''",
                "'file:///etc/secrets/token'",
                "'PII:email'",
                "event.resource_uri",
                "event.access_mode",
                "event.triggering_event_id");
        if (depth <= 0) {
            return leaf;
        }
        final Arbitrary<String> inner = Arbitraries.lazy(() -> text(depth - 1));
        return Arbitraries.frequencyOf(
                Tuple.of(4, leaf),
                Tuple.of(1, Combinators.combine(inner, inner).as((a, b) -> "(" + a + " + " + b + ")")),
                Tuple.of(1, inner.map(a -> a + ".upperAscii()")),
                Tuple.of(1, Combinators.combine(inner, integer(depth - 1)).as((a, b) -> a + ".substring(" + b + ")")),
                Tuple.of(
                        1,
                        Combinators.combine(texts(depth - 1), integer(depth - 1))
                                .as((a, b) -> a + "[" + b + "]")),
                Tuple.of(1, integer(depth - 1).map(a -> "string(" + a + ")")));
    }

    private static Arbitrary<String> texts(int depth) {
        final Arbitrary<String> leaf = Arbitraries.of(
                "event.sensitivity_tags_resolved",
                "trace.resources",
                "['PII:email', 'x']",
                "[event.resource_uri, 'y']");
        if (depth <= 0) {
            return leaf;
        }
        final Arbitrary<String> inner = Arbitraries.lazy(() -> texts(depth - 1));
        return Arbitraries.frequencyOf(
                Tuple.of(4, leaf),
                Tuple.of(1, Combinators.combine(inner, inner).as((a, b) -> "(" + a + " + " + b + ")")),
                Tuple.of(1, inner.map(a -> a + ".map(t, t + '!')")),
                Tuple.of(1, inner.map(a -> a + ".filter(t, t > 'P')")),
                Tuple.of(1, inner.map(a -> a + ".distinct()")),
                Tuple.of(
                        1,
                        Combinators.combine(text(depth - 1), text(depth - 1)).as((a, b) -> "[" + a + ", " + b + "]")));
    }

    private static Arbitrary<String> integers(int depth) {
        final Arbitrary<String> leaf =
                Arbitraries.of("[0, 1, 2]", "[3]", "[event.byte_count, 2]", "[1, event.row_count]");
        return depth <= 0
                ? leaf
                : Arbitraries.oneOf(
                        leaf,
                        Arbitraries.lazy(() -> integers(depth - 1)).map(a -> a + ".map(n, n - 1)"),
                        Arbitraries.lazy(() -> integers(depth - 1)).map(a -> a + ".filter(n, n > 0)"));
    }
}
