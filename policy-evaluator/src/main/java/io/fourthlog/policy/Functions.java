package io.fourthlog.policy;

import static dev.cel.common.types.SimpleType.BOOL;
import static dev.cel.common.types.SimpleType.DOUBLE;
import static dev.cel.common.types.SimpleType.DURATION;
import static dev.cel.common.types.SimpleType.INT;
import static dev.cel.common.types.SimpleType.STRING;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OptionalType;
import dev.cel.parser.CelMacro;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.Patterns.BadPattern;
import io.fourthlog.policy.behaviour.Chain;
import io.fourthlog.policy.behaviour.Kind;
import io.fourthlog.policy.behaviour.Past;
import io.fourthlog.policy.behaviour.Sequence;
import io.fourthlog.policy.behaviour.Span;
import io.fourthlog.policy.behaviour.Window;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What rules can call beyond CEL's own functions. Each is a Java method below; an argument that is a pattern, a name of a
 * window or the like has to be a literal, and is made into what the method works with when the rule is compiled.
 */
final class Functions {

    /** Between the name that rules know the past's functions by and the value that they are called on. */
    static final String PAST = "@past";

    /** Makes of a literal what the method takes in its place. */
    @FunctionalInterface
    interface Literal {
        Object make(Object value) throws BadPattern;
    }

    /**
     * One overload of a function.
     *
     * @param receiver whether the first argument stands before the dot
     * @param literal the position of the argument that has to be a literal; -1 if there is none
     * @param method its parameters stand in the place of the arguments
     */
    record Overload(
            String function,
            String id,
            boolean receiver,
            List<CelType> arguments,
            CelType result,
            int literal,
            @Nullable Literal maker,
            Method method) {

        /** Whether the method takes the frame, before what stands for the arguments, to leave a failure there. */
        boolean canFail() {
            return method.getParameterCount() > 0 && method.getParameterTypes()[0] == Frame.class;
        }
    }

    private static final Failure SEVERAL_GROUPS =
            new Failure.Fault("a regular expression that extracts has one group at most");
    private static final Failure LONG_REGEX = new Failure.OverBudget(
            "a regular expression that is no literal has at most " + Budget.MADE_REGEX + " characters");
    private static final CelType STRINGS = ListType.create(STRING);
    private static final CelType CHAIN = Shapes.CHAIN.type();
    private static final CelType WINDOW = Shapes.WINDOW.type();
    private static final CelType BASELINE = Shapes.BASELINE.type();
    private static final CelType THE_PAST = Shapes.PAST.type();

    private static final Map<String, Method> METHODS = Arrays.stream(Functions.class.getDeclaredMethods())
            .filter(method -> method.getDeclaringClass() == Functions.class && !method.isSynthetic())
            .collect(Collectors.toMap(Method::getName, method -> method, (a, b) -> a));

    private static final Literal GLOB =
            value -> Patterns.any(value, Patterns::glob, Patterns::isPlain, Function.identity());
    private static final Literal CIDR =
            value -> Patterns.any(value, Patterns::cidr, each -> false, Function.identity());
    private static final Literal HOST = value ->
            Patterns.any(value, Patterns::host, each -> each.indexOf('*') < 0 && !each.isEmpty(), Patterns::fold);
    private static final Literal TAG = value -> new Patterns.AnyTag(
            Patterns.any(value, Patterns::tag, each -> each.indexOf('*') < 0, Function.identity()),
            value instanceof List<?> several
                    ? several.stream().allMatch(Tags::asksForUnknown)
                    : Tags.asksForUnknown(value));
    private static final Literal TYPE = value -> oneOf(
            "type of event",
            (String) value,
            Arrays.stream(EventType.values()).map(EventType::wire).toList(),
            text -> Arrays.stream(EventType.values())
                    .filter(type -> type.wire().equals(text))
                    .findFirst());
    private static final Literal KIND = value -> oneOf("kind of names", (String) value, Kind.texts(), Kind::of);
    private static final Literal SPAN = value -> oneOf("window", (String) value, Span.texts(), Span::of);
    private static final Literal REGEX = value -> Patterns.compiled((String) value);

    static final Map<String, Overload> OVERLOADS = List.of(
                    on("glob", "glob_string", List.of(STRING, STRING), BOOL, 1, GLOB, "matches"),
                    on("glob", "glob_list", List.of(STRING, STRINGS), BOOL, 1, GLOB, "matches"),
                    on("cidr", "cidr_string", List.of(STRING, STRING), BOOL, 1, CIDR, "matches"),
                    on("cidr", "cidr_list", List.of(STRING, STRINGS), BOOL, 1, CIDR, "matches"),
                    on("host", "host_string", List.of(STRING, STRING), BOOL, 1, HOST, "matches"),
                    on("host", "host_list", List.of(STRING, STRINGS), BOOL, 1, HOST, "matches"),
                    on("tagMatches", "tag_matches_string", List.of(STRINGS, STRING), BOOL, 1, TAG, "anyMatches"),
                    on("tagMatches", "tag_matches_list", List.of(STRINGS, STRINGS), BOOL, 1, TAG, "anyMatches"),
                    on(
                            "byteSize",
                            "byte_size",
                            List.of(STRING),
                            INT,
                            0,
                            value -> Quantities.bytes((String) value),
                            "number"),
                    on(
                            "period",
                            "period",
                            List.of(STRING),
                            DURATION,
                            0,
                            value -> Quantities.period((String) value),
                            "duration"),
                    of("count", "chain_count_type", List.of(CHAIN, STRING), INT, 1, TYPE, "chainCount"),
                    of("window", "past_window", List.of(THE_PAST, STRING), WINDOW, 1, SPAN, "window"),
                    of(
                            "sequence",
                            "past_sequence",
                            List.of(THE_PAST, STRINGS),
                            BOOL,
                            1,
                            value -> Sequences.parse((List<?>) value, Long.MAX_VALUE),
                            "sequence"),
                    of(
                            "sequence",
                            "past_sequence_within",
                            List.of(THE_PAST, STRINGS, STRING),
                            BOOL,
                            1,
                            Functions::sequenceWithin,
                            "sequence"),
                    of("count", "window_count", List.of(WINDOW), INT, -1, null, "windowCount"),
                    of("count", "window_count_type", List.of(WINDOW, STRING), INT, 1, TYPE, "windowCountOfType"),
                    of("rate", "window_rate", List.of(WINDOW), DOUBLE, -1, null, "windowRate"),
                    of("rate", "window_rate_type", List.of(WINDOW, STRING), DOUBLE, 1, TYPE, "windowRateOfType"),
                    of("distinct", "window_distinct", List.of(WINDOW, STRING), INT, 1, KIND, "windowDistinct"),
                    of("tool", "window_tool", List.of(WINDOW, STRING), INT, -1, null, "windowTool"),
                    of("resource", "window_resource", List.of(WINDOW, STRING), INT, -1, null, "windowResource"),
                    of("host", "window_host", List.of(WINDOW, STRING), INT, -1, null, "windowHost"),
                    of("model", "window_model", List.of(WINDOW, STRING), INT, -1, null, "windowModel"),
                    of("byteCount", "window_byte_count", List.of(WINDOW), INT, -1, null, "windowBytes"),
                    of("bytesOf", "window_bytes_of", List.of(WINDOW, STRING), INT, -1, null, "windowBytesOf"),
                    of("bytesTo", "window_bytes_to", List.of(WINDOW, STRING), INT, -1, null, "windowBytesTo"),
                    of("tool", "baseline_tool", List.of(BASELINE, STRING), BOOL, -1, null, "baselineTool"),
                    of("shape", "baseline_shape", List.of(BASELINE, STRING, STRING), BOOL, -1, null, "baselineShape"),
                    of("resource", "baseline_resource", List.of(BASELINE, STRING), BOOL, -1, null, "baselineResource"),
                    of("folder", "baseline_folder", List.of(BASELINE, STRING), BOOL, -1, null, "baselineFolder"),
                    of("model", "baseline_model", List.of(BASELINE, STRING), BOOL, -1, null, "baselineModel"),
                    of("host", "baseline_host", List.of(BASELINE, STRING), BOOL, -1, null, "baselineHost"),
                    of("unrun", "baseline_unrun", List.of(BASELINE, STRING), BOOL, -1, null, "baselineUnrun"))
            .stream()
            .collect(Collectors.toMap(Overload::id, overload -> overload));

    /**
     * A function of CEL that takes a regular expression.
     *
     * @param literal where that is a literal, as it mostly is
     * @param other where it is compiled on each event
     */
    record Searching(Overload literal, Overload other) {}

    private static final CelType OPTIONAL_STRING = OptionalType.create(STRING);

    static final Map<String, Searching> SEARCHING = Map.of(
            "matches",
            searching(BOOL, "finds", "findsAny"),
            "matches_string",
            searching(BOOL, "finds", "findsAny"),
            "regex_extract_string_string",
            searching(OPTIONAL_STRING, "extract", "extractAny"),
            "regex_extractAll_string_string",
            searching(STRINGS, "extractAll", "extractAllAny"));

    private Functions() {}

    static List<CelFunctionDecl> declarations() {
        return OVERLOADS.values().stream().collect(Collectors.groupingBy(Overload::function)).entrySet().stream()
                .map(function -> CelFunctionDecl.newFunctionDeclaration(
                        function.getKey(),
                        function.getValue().stream().map(Functions::declaration).toList()))
                .toList();
    }

    private static CelOverloadDecl declaration(Overload overload) {
        return overload.receiver()
                ? CelOverloadDecl.newMemberOverload(overload.id(), overload.result(), overload.arguments())
                : CelOverloadDecl.newGlobalOverload(overload.id(), overload.result(), overload.arguments());
    }

    /** {@code window('5m')} and {@code sequence([...])} speak of the past that goes with the event. */
    static List<CelMacro> macros() {
        return List.of(
                CelMacro.newGlobalMacro(
                        "window",
                        1,
                        (factory, target, arguments) ->
                                onPast(factory.newIdentifier(PAST), factory::newReceiverCall, "window", arguments)),
                CelMacro.newGlobalMacro(
                        "sequence",
                        1,
                        (factory, target, arguments) ->
                                onPast(factory.newIdentifier(PAST), factory::newReceiverCall, "sequence", arguments)),
                CelMacro.newGlobalMacro(
                        "sequence",
                        2,
                        (factory, target, arguments) ->
                                onPast(factory.newIdentifier(PAST), factory::newReceiverCall, "sequence", arguments)));
    }

    private interface ReceiverCall {
        CelExpr make(String function, CelExpr target, Iterable<CelExpr> arguments);
    }

    private static Optional<CelExpr> onPast(
            CelExpr past, ReceiverCall call, String function, Iterable<CelExpr> arguments) {
        return Optional.of(call.make(function, past, arguments));
    }

    private static Overload on(
            String function,
            String id,
            List<CelType> arguments,
            CelType result,
            int literal,
            @Nullable Literal maker,
            String method) {
        return overload(function, id, false, arguments, result, literal, maker, method);
    }

    private static Overload of(
            String function,
            String id,
            List<CelType> arguments,
            CelType result,
            int literal,
            @Nullable Literal maker,
            String method) {
        return overload(function, id, true, arguments, result, literal, maker, method);
    }

    private static Overload overload(
            String function,
            String id,
            boolean receiver,
            List<CelType> arguments,
            CelType result,
            int literal,
            @Nullable Literal maker,
            String method) {
        final Method found = METHODS.get(method);
        if (found == null) {
            throw new IllegalStateException("no method " + method);
        }
        return new Overload(function, id, receiver, arguments, result, literal, maker, found);
    }

    private static Searching searching(CelType result, String literal, String other) {
        final List<CelType> arguments = List.of(STRING, STRING);
        return new Searching(
                of(literal, literal, arguments, result, 1, REGEX, literal),
                of(other, other, arguments, result, -1, null, other));
    }

    private static <T> Object oneOf(String what, String text, List<String> all, Function<String, Optional<T>> find)
            throws BadPattern {
        final Optional<T> found = find.apply(text);
        if (found.isEmpty()) {
            throw new BadPattern("there is no " + what + " \"" + text + "\"" + Suggestions.didYouMean(text, all)
                    + "; there are " + String.join(", ", all));
        }
        return found.get();
    }

    /** The two literals of {@code sequence([...], '30s')}, which the compiler gives as one list. */
    private static Object sequenceWithin(Object literals) throws BadPattern {
        final List<?> both = (List<?>) literals;
        return Sequences.parse(
                (List<?>) both.getFirst(),
                Quantities.period((String) both.getLast()).toNanos() / 1_000);
    }

    // The methods. One that takes the frame can fail, with the failure there; its result then means nothing.

    static boolean matches(Frame frame, String value, Patterns.Any pattern) {
        return pattern.test(frame, value);
    }

    static boolean anyMatches(Frame frame, List<String> tags, Patterns.AnyTag pattern) {
        boolean known = true;
        for (int i = 0; i < tags.size(); i++) {
            final String tag = tags.get(i);
            if (pattern.any().test(frame, tag)) {
                return true;
            }
            known &= !Tags.isUnknown(tag);
        }
        if (!known && !pattern.ofUnknown() && frame.failure == null) {
            Tags.areKnown(frame, tags);
        }
        return false;
    }

    static boolean finds(Frame frame, String value, Pattern pattern) {
        return frame.search(value, pattern.programSize())
                && pattern.matcher(value).find();
    }

    static boolean findsAny(Frame frame, String value, String regex) {
        final Pattern pattern = compiled(frame, regex);
        return pattern != null && finds(frame, value, pattern);
    }

    static Optional<String> extract(Frame frame, String value, Pattern pattern) {
        final int group = group(frame, pattern);
        if (group < 0 || !frame.search(value, pattern.programSize())) {
            return Optional.empty();
        }
        final Matcher matcher = pattern.matcher(value);
        return matcher.find() ? Optional.ofNullable(matcher.group(group)) : Optional.empty();
    }

    static Optional<String> extractAny(Frame frame, String value, String regex) {
        final Pattern pattern = compiled(frame, regex);
        return pattern == null ? Optional.empty() : extract(frame, value, pattern);
    }

    static List<String> extractAll(Frame frame, String value, Pattern pattern) {
        final int group = group(frame, pattern);
        if (group < 0 || !frame.search(value, pattern.programSize())) {
            return List.of();
        }
        final Matcher matcher = pattern.matcher(value);
        final List<String> all = new ArrayList<>();
        while (matcher.find()) {
            if (!frame.step(Frame.CHECKED)) { // each may search the rest
                return List.of();
            }
            final String found = matcher.group(group);
            if (found != null) {
                all.add(found);
            }
        }
        return all;
    }

    static List<String> extractAllAny(Frame frame, String value, String regex) {
        final Pattern pattern = compiled(frame, regex);
        return pattern == null ? List.of() : extractAll(frame, value, pattern);
    }

    /** What an extraction gives: the group, or all if there is none; -1 if there are several. */
    private static int group(Frame frame, Pattern pattern) {
        if (pattern.groupCount() > 1) {
            frame.failure = SEVERAL_GROUPS;
            return -1;
        }
        return pattern.groupCount();
    }

    /** A regular expression that is none before the event; {@code null}, with a failure, if it is none then. */
    private static @Nullable Pattern compiled(Frame frame, String regex) {
        if (regex.length() > Budget.MADE_REGEX) {
            frame.failure = LONG_REGEX;
            return null;
        }
        if (!frame.step(Frame.CHECKED + regex.length())) {
            return null;
        }
        try {
            return Patterns.compiled(regex);
        } catch (BadPattern bad) {
            frame.failure = new Failure.Fault(String.valueOf(bad.getMessage()));
            return null;
        }
    }

    static long number(Long literal) {
        return literal;
    }

    static Duration duration(Duration literal) {
        return literal;
    }

    static long chainCount(Chain chain, EventType type) {
        return chain.count(type);
    }

    static Window window(Past past, Span span) {
        return past.window(span);
    }

    static boolean sequence(Past past, Sequence sequence) {
        return past.trace().matches(sequence);
    }

    static long windowCount(Window window) {
        return window.events();
    }

    static long windowCountOfType(Window window, EventType type) {
        return window.events(type);
    }

    static double windowRate(Window window) {
        return window.rate(null);
    }

    static double windowRateOfType(Window window, EventType type) {
        return window.rate(type);
    }

    static long windowDistinct(Window window, Kind kind) {
        return window.distinct(kind);
    }

    static long windowTool(Window window, String name) {
        return window.events(Kind.TOOL, name);
    }

    static long windowResource(Window window, String uri) {
        return window.events(Kind.RESOURCE, uri);
    }

    static long windowHost(Window window, String name) {
        return window.events(Kind.HOST, name);
    }

    static long windowModel(Window window, String id) {
        return window.events(Kind.MODEL, id);
    }

    static long windowBytes(Window window) {
        return window.bytes();
    }

    static long windowBytesOf(Window window, String uri) {
        return window.bytes(Kind.RESOURCE, uri);
    }

    static long windowBytesTo(Window window, String host) {
        return window.bytes(Kind.HOST, host);
    }

    static boolean baselineTool(Past past, String name) {
        return past.baseline().tool(name);
    }

    static boolean baselineShape(Past past, String tool, String shape) {
        return past.baseline().shape(tool, shape);
    }

    static boolean baselineResource(Past past, String uri) {
        return past.baseline().resource(uri);
    }

    static boolean baselineFolder(Past past, String uri) {
        return past.baseline().folder(uri);
    }

    static boolean baselineModel(Past past, String id) {
        return past.baseline().model(id);
    }

    static boolean baselineHost(Past past, String name) {
        return past.baseline().host(name);
    }

    static boolean baselineUnrun(Past past, String tool) {
        return past.baseline().unrun(tool);
    }
}
