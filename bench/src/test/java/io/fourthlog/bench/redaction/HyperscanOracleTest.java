package io.fourthlog.bench.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fourthlog.bench.redaction.Hyperscan.Expression;
import io.fourthlog.bench.redaction.HyperscanRules.Rule;
import io.fourthlog.redaction.detect.Detector;
import io.fourthlog.redaction.detect.DetectorSet;
import io.fourthlog.redaction.detect.Detectors;
import io.fourthlog.redaction.detect.Scanner;
import io.fourthlog.redaction.detect.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Holds the sweep against Hyperscan, which finds candidates in another way: what a detector accepts at a place where an expression matches, the
 * sweep has to find, and what it finds has to be where an expression matches. So filters, tables and anchors hide nothing. The texts are the
 * labelled corpus, the mixed text, and tokens of all families, each with its edges changed.
 *
 * <p>Left out are bytes that the sweep rewrites first, what is told only by a word before it, and expressions that are too large for Hyperscan to tell where a match begins.
 */
@EnabledIf("io.fourthlog.bench.redaction.Hyperscan#isSupported")
final class HyperscanOracleTest {

    private static final int PAD = 16; // bytes before the text, as a sweep has them
    private static final int SLACK = 80;
    private static final String EDGES = " \"'=:,;.-_/\n\t@#()[]<>xZ07";

    /** Tags, beside those of families with a format of their own, of which every form has an expression; of others a part is told by a word before it. */
    private static final Set<String> WHOLE = Set.of(
            "PII:email", "PII:mac", "secret:jwt", "secret:github", "secret:private-key", "secret:basic-auth-url");

    /** A tag of each rule whose detectors are told by a word. */
    private static final Set<String> LABELLED = Set.of("PHI:mrn", "PII:date-of-birth", "PII:person");

    private record Found(Detector detector, int start, int end) {}

    private static byte[] text;
    private static List<Rule> rules;
    private static Set<Integer> withoutStarts;
    private static List<long[]> matches; // rule, start, end
    private static Set<Found> found;

    @BeforeAll
    static void scan() throws IOException, InterruptedException {
        rules = HyperscanRules.all().stream().map(HyperscanOracleTest::anywhere).toList();
        text = text();
        found = new HashSet<>();
        List<Detector> detectors = Detectors.builtIn();
        Scanner scanner = new Scanner(new DetectorSet(detectors));
        scanner.begin(null);
        Scanner.Sink sink = new Scanner.Sink() {
            @Override
            public boolean wants(int detector) {
                return true;
            }

            @Override
            public void found(int detector, long start, long end, byte[] bytes, int from, int to) {
                boolean plain = Arrays.equals(bytes, from, to, text, PAD + (int) start, PAD + (int) end);
                if (plain) { // else it was encoded in the text
                    found.add(new Found(detectors.get(detector), PAD + (int) start, PAD + (int) end));
                }
            }
        };
        scanner.feed(text, PAD, text.length - SLACK, sink);
        scanner.end(sink);
        matches = new ArrayList<>();
        try (Arena arena = Arena.ofConfined();
                Hyperscan hyperscan = new Hyperscan(
                        rules.stream().map(Rule::expression).toList(),
                        false,
                        true,
                        (rule, from, to) -> matches.add(new long[] {rule, from, to}))) {
            withoutStarts = hyperscan.withoutStarts();
            MemorySegment bytes = arena.allocate(text.length);
            MemorySegment.copy(text, 0, bytes, ValueLayout.JAVA_BYTE, 0, text.length);
            hyperscan.scan(bytes);
        }
    }

    @Test
    void whatADetectorAcceptsWhereAnExpressionMatchesTheSweepFinds() {
        Set<String> missed = new TreeSet<>();
        int accepted = 0;
        for (long[] match : matches) {
            Rule rule = rules.get((int) match[0]);
            if (withoutStarts.contains((int) match[0]) || isLabelled(rule)) {
                continue;
            }
            int at = HyperscanRules.place(rule.place(), text, (int) match[1], (int) match[2]);
            for (Detector detector : rule.detectors()) {
                long span = HyperscanRules.verify(detector, text, at);
                if (span != Span.NONE) {
                    accepted++;
                    Found one = new Found(detector, Span.start(span), Span.end(span));
                    if (!found.contains(one)) {
                        missed.add(describe(one));
                    }
                }
            }
        }
        assertThat(missed).isEmpty();
        assertThat(accepted).isGreaterThan(5_000);
    }

    @Test
    void whatTheSweepFindsIsWhereAnExpressionMatches() {
        Map<Detector, List<long[]>> candidates = new HashMap<>();
        Set<Detector> whole = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < rules.size(); i++) {
            for (Detector detector : rules.get(i).detectors()) {
                if (!withoutStarts.contains(i) && isWhole(detector)) {
                    whole.add(detector);
                }
            }
        }
        for (long[] match : matches) {
            for (Detector detector : rules.get((int) match[0]).detectors()) {
                candidates.computeIfAbsent(detector, key -> new ArrayList<>()).add(match);
            }
        }
        Set<String> alone = new TreeSet<>();
        for (Found one : found) {
            if (whole.contains(one.detector())
                    && !isBroken(one)
                    && candidates.getOrDefault(one.detector(), List.of()).stream()
                            .noneMatch(match -> match[1] < one.end() && match[2] > one.start())) {
                alone.add(describe(one));
            }
        }
        assertThat(alone).isEmpty();
    }

    /** Whether its detectors take for granted that a word of theirs is at the place, which an expression for several of them does not say. */
    private static boolean isLabelled(Rule rule) {
        return rule.detectors().stream()
                .map(detector -> detector.documentation().tag())
                .anyMatch(LABELLED::contains);
    }

    private static boolean isWhole(Detector detector) {
        String summary = detector.documentation().summary();
        boolean family = summary.startsWith("`") && !summary.contains(" assigned to a name with ");
        return family || WHOLE.contains(detector.documentation().tag());
    }

    /** Whether a line break is in it, which a detector reads over. */
    private static boolean isBroken(Found one) {
        return new String(text, one.start(), one.end() - one.start(), UTF_8).contains("\n");
    }

    private static String describe(Found one) {
        int from = Math.max(PAD, one.start() - 30);
        int to = Math.min(text.length - SLACK, one.end() + 10);
        return one.detector().documentation().tag() + " at " + one.start() + ": «"
                + new String(text, one.start(), one.end() - one.start(), UTF_8) + "» in "
                + new String(text, from, to - from, UTF_8).lines().collect(Collectors.joining("⏎"));
    }

    /** The same without word boundaries, which detectors judge. */
    private static Rule anywhere(Rule rule) {
        Expression expression = rule.expression();
        String pattern = expression.text().replaceAll("^\\\\b|\\\\b$", "");
        return new Rule(new Expression(pattern, expression.anyCase()), rule.place(), rule.detectors());
    }

    private static byte[] text() throws IOException, InterruptedException {
        Random random = new Random(5);
        Random samples = new Random(5); // of their own, so that a new family changes no other text
        List<String> parts = new ArrayList<>(cases());
        for (Rule rule : HyperscanRules.families()) {
            for (int i = 0; i < 8; i++) {
                parts.add(sample(rule.expression().text(), samples));
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("\n".repeat(PAD).getBytes(UTF_8));
        for (String part : parts) {
            out.writeBytes((part + "\n").getBytes(UTF_8));
            StringBuilder changed = new StringBuilder(part);
            changed.setCharAt(random.nextInt(part.length()), edge(random));
            out.writeBytes((edge(random) + changed.toString() + edge(random)).getBytes(UTF_8));
        }
        out.writeBytes(Corpus.mixed(1 << 20));
        byte[] joined = out.toByteArray();
        for (int i = 0; i < joined.length; i++) {
            joined[i] = isRewritten(joined[i]) ? (byte) '~' : joined[i];
        }
        return Arrays.copyOf(joined, joined.length + SLACK);
    }

    private static boolean isRewritten(byte b) {
        return b < 0 || b == '\\' || b == '%' || b == '&';
    }

    private static char edge(Random random) {
        return EDGES.charAt(random.nextInt(EDGES.length()));
    }

    private static List<String> cases() throws IOException, InterruptedException {
        Process generator = new ProcessBuilder("python3", "accuracy/generate.py")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        ObjectMapper mapper = new ObjectMapper();
        List<String> cases = new ArrayList<>();
        for (String line : new String(generator.getInputStream().readAllBytes(), UTF_8)
                .lines()
                .toList()) {
            cases.add(mapper.readTree(line).get("text").asText());
        }
        assertThat(generator.waitFor()).isZero();
        return cases;
    }

    /** A text that an expression of {@link HyperscanRules} matches, of those that have no groups in groups. */
    private static String sample(String expression, Random random) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < expression.length()) {
            int end;
            List<String> choices;
            char c = expression.charAt(at);
            if (c == '[') {
                end = expression.indexOf(']', at) + 1;
                choices = characters(expression.substring(at + 1, end - 1));
            } else if (c == '(') {
                end = expression.indexOf(')', at) + 1;
                choices = List.of(expression.substring(at + 1, end - 1).split("\\|"));
            } else {
                end = at + (c == '\\' ? 2 : 1);
                choices = List.of(
                        c != '\\'
                                ? String.valueOf(c)
                                : expression.substring(at + 1, end).equals("b")
                                        ? ""
                                        : expression.substring(at + 1, end));
            }
            int least = 1;
            int most = 1;
            if (end < expression.length() && expression.charAt(end) == '{') {
                int close = expression.indexOf('}', end);
                String[] numbers = expression.substring(end + 1, close).split(",", -1);
                least = Integer.parseInt(numbers[0]);
                most = numbers.length == 1 ? least : numbers[1].isEmpty() ? least + 9 : Integer.parseInt(numbers[1]);
                end = close + 1;
            }
            for (int i = least + random.nextInt(most - least + 1); i > 0; i--) {
                out.append(choices.get(random.nextInt(choices.size())));
            }
            at = end;
        }
        return out.toString();
    }

    private static List<String> characters(String set) {
        List<String> characters = new ArrayList<>();
        for (int i = 0; i < set.length(); i++) {
            char last = i + 2 < set.length() && set.charAt(i + 1) == '-' ? set.charAt(i + 2) : set.charAt(i);
            for (char c = set.charAt(i); c <= last; c++) {
                characters.add(String.valueOf(c));
            }
            i += last == set.charAt(i) ? 0 : 2;
        }
        return characters;
    }
}
