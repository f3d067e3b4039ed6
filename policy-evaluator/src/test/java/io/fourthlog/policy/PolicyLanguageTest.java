package io.fourthlog.policy;

import static io.fourthlog.policy.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.extensions.CelExtensions;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.behaviour.Behaviour;
import io.fourthlog.policy.behaviour.Limits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds docs/policy-language.md to the language: its examples are run, its tables of fields are written from the shapes. */
final class PolicyLanguageTest {

    private static final Path PAGE = Path.of("..", "docs", "policy-language.md");
    private static final Pattern EXAMPLE = Pattern.compile("^\\|.*\\| `(?<example>[^`]+)` \\|$", Pattern.MULTILINE);
    private static final Pattern FIELDS = Pattern.compile("(?s)<!-- fields -->\n.*<!-- /fields -->");

    static List<String> examples() throws IOException {
        final List<String> examples = new ArrayList<>();
        final Matcher example =
                EXAMPLE.matcher(FIELDS.matcher(Files.readString(PAGE)).replaceAll(""));
        while (example.find()) {
            examples.add(example.group("example"));
        }
        return examples;
    }

    @ParameterizedTest
    @MethodSource("examples")
    void anExampleHoldsOnTheEventsOfTheExamples(String example) {
        final Behaviour behaviour = new Behaviour(Limits.DEFAULT);
        behaviour.observe(
                Given.model(new Destination("api.example.com", 443, "203.0.113.7", true), "read_file", "delete_file"));
        behaviour.observe(Given.tool("read_file", "secret:github"));
        final DataAccess event = Given.read(NOON.plusSeconds(2), "file:///etc/secrets/token", "filesystem-sensitive");

        final Verdict verdict = Given.compiled(
                        Given.policy(Given.rule("r", EventType.DATA_ACCESS, example, Decision.FLAG)))
                .evaluate(event, new Facts(behaviour.observe(event), null))
                .orElseThrow();

        assertThat(verdict.fired())
                .singleElement()
                .satisfies(fired -> assertThat(fired.failure()).isNull());
    }

    @Test
    void everyFunctionHasAnExample() throws IOException {
        final String all = String.join("\n", examples());
        final Set<String> functions = Stream.of(
                        Functions.OVERLOADS.values().stream().map(Functions.Overload::function),
                        Stream.of(
                                "contains",
                                "startsWith",
                                "endsWith",
                                "matches",
                                "size",
                                "duration",
                                "timestamp",
                                "type"),
                        Stream.of("int", "uint", "double", "string", "bytes", "bool"),
                        Budget.REGEX_FUNCTIONS.stream().map(function -> function.name()),
                        CelExtensions.math().functions().stream().map(function -> function.name()),
                        Stream.of(
                                "charAt",
                                "indexOf",
                                "lastIndexOf",
                                "lowerAscii",
                                "split",
                                "substring",
                                "trim",
                                "upperAscii"),
                        Stream.of(
                                "distinct",
                                "reverse",
                                "slice",
                                "sort",
                                "sets.contains",
                                "sets.intersects",
                                "sets.equivalent"),
                        Stream.of("all", "exists", "exists_one", "map", "filter", "has"),
                        Stream.of(
                                "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
                        Stream.of("getHours", "getMinutes", "getSeconds", "getMilliseconds"))
                .flatMap(names -> names)
                .map(name -> name.replace("math.@max", "math.greatest").replace("math.@min", "math.least"))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(functions).allMatch(function -> all.contains(function + "("));
    }

    @Test
    void theTablesOfFieldsAreThoseOfTheShapes() throws IOException {
        final String page = Files.readString(PAGE);
        final String written = FIELDS.matcher(page)
                .replaceAll(Matcher.quoteReplacement("<!-- fields -->\n" + fields() + "<!-- /fields -->"));
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(PAGE, written);
        }
        assertThat(PAGE).content(StandardCharsets.UTF_8).isEqualTo(written);
    }

    private static String fields() {
        final StringBuilder page = new StringBuilder();
        Shapes.events().forEach((type, shape) -> {
            if (type != EventType.POLICY_DECISION) {
                page.append("### event on ").append(type.wire()).append("\n\n");
                table(page, shape);
            }
        });
        page.append("### trace, session\n\n");
        table(page, Shapes.CHAIN);
        page.append("### baseline\n\n");
        table(page, Shapes.BASELINE);
        new TreeMap<>(Shapes.objects()).forEach((name, shape) -> {
            if (!Set.of(Shapes.CHAIN, Shapes.BASELINE, Shapes.WINDOW, Shapes.PAST)
                    .contains(shape)) {
                page.append("### ")
                        .append(name.substring(Shapes.NAMESPACE.length()))
                        .append("\n\n");
                table(page, shape);
            }
        });
        return page.toString();
    }

    private static void table(StringBuilder page, Shape<?> shape) {
        page.append("| field | type | |\n|---|---|---|\n");
        for (final Map.Entry<String, ? extends Shape.Field<?>> field :
                shape.fields().entrySet()) {
            page.append("| `")
                    .append(field.getKey())
                    .append("` | ")
                    .append(type(field.getValue().type()))
                    .append(" | ")
                    .append(field.getValue().meaning().replace("|", "\\|"))
                    .append(" |\n");
        }
        page.append('\n');
    }

    private static String type(CelType type) {
        return switch (type) {
            case ListType list -> "list of " + type(list.elemType());
            case MapType map -> "map from " + type(map.keyType()) + " to " + type(map.valueType());
            default -> type.name().replace("google.protobuf.", "").replace(Shapes.NAMESPACE, "");
        };
    }
}
