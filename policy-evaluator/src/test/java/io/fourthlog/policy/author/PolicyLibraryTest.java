package io.fourthlog.policy.author;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicyLint;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the policies of the library to what they promise: valid objects, without a finding, mapped, tested, and listed. */
final class PolicyLibraryTest {

    private static final Path CONFIG = Path.of("..", "config");
    private static final Path LIBRARY = CONFIG.resolve("samples").resolve("library");
    private static final Path INDEX = Path.of("..", "docs", "policy-library.md");
    private static final List<String> FRAMEWORKS = List.of("owasp-llm", "owasp-agentic", "mitre-atlas", "nist-ai-rmf");
    private static final ObjectMapper JSON = new ObjectMapper();

    static List<Path> policies() throws IOException {
        try (Stream<Path> files = Files.list(LIBRARY)) {
            return files.filter(file -> !file.toString().endsWith(".test.yaml"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void thereAreTwentySixAndNoMore() throws IOException {
        assertThat(policies()).hasSize(26);
    }

    @ParameterizedTest
    @MethodSource("policies")
    void aPolicyIsAValidObject(Path file) throws Exception {
        final Object object = Yaml.documents(Files.readString(file)).getFirst();

        assertThat(schema().validate(JSON.valueToTree(object))).isEmpty();
        assertThat(name(read(file))).isEqualTo(file.getFileName().toString().replace(".yaml", ""));
    }

    @Test
    void theSchemaRefusesWhatIsNotValid() throws Exception {
        final Object object = Yaml.documents("spec: {rules: [{name: r, on: [disk], when: x, decision: maybe}]}")
                .getFirst();

        assertThat(schema().validate(JSON.valueToTree(object))).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("policies")
    void aPolicyCompilesAndNothingIsFoundInIt(Path file) throws IOException {
        final PolicySource policy = read(file).policy();

        assertThat(PolicyCompiler.compile(List.of(policy)).errors()).isEmpty();
        assertThat(PolicyLint.check(policy, Instant.now())).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("policies")
    void aPolicyPassesItsTestsAndEachOfItsRulesFiresInOne(Path file) throws IOException {
        final Path tests = file.resolveSibling(file.getFileName().toString().replace(".yaml", ".test.yaml"));

        final PolicyTests.Report report = PolicyTests.run(tests);

        assertThat(report.errors()).isEmpty();
        assertThat(report.outcomes())
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy(outcome ->
                        assertThat(outcome.failures()).as(outcome.name()).isEmpty());
        final String text = Files.readString(tests);
        assertThat(read(file).policy().rules()).extracting(RuleSource::name).allMatch(text::contains);
    }

    @ParameterizedTest
    @MethodSource("policies")
    void aPolicyIsMappedToIdsThatArePublished(Path file) throws Exception {
        final Map<String, String> annotations = read(file).annotations();

        for (final String framework : FRAMEWORKS) {
            assertThat(frameworks().get(framework)).containsKey(annotation(annotations, framework));
        }
    }

    @Test
    void theIndexIsWhatThePoliciesSay() throws Exception {
        final String index = index();
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(INDEX, index);
        }
        assertThat(INDEX).content(StandardCharsets.UTF_8).isEqualTo(index);
    }

    private static String index() throws Exception {
        final StringBuilder page = new StringBuilder("""
                # Policy library

                Twenty-six policies that are ready to be applied, in [config/samples/library](../config/samples/library): each an
                `AgentAuditPolicy` with its tests beside it. They have no namespace and select every pod, so that
                `kubectl apply -n NAMESPACE -f FILE` is enough to begin with. Those with `Deny` enforce; take it out of `validationActions` to look first.
                Names in them (models, hosts, tools, folders) are examples to be replaced by a team's own.

                Written from the policies by a test. Mapped to OWASP Top 10 for LLM Applications 2025, OWASP Agentic AI Threats and
                Mitigations 1.0, MITRE ATLAS 5.6.0 and NIST AI RMF 1.0. A mapping says what a policy helps against, not that it is enough.

                | policy | what it does | mode | OWASP LLM | OWASP agentic | MITRE ATLAS | NIST AI RMF |
                |---|---|---|---|---|---|---|
                """);
        for (final Path file : policies()) {
            final PolicyReader.Read policy = read(file);
            page.append("| [")
                    .append(name(policy))
                    .append("](../config/samples/library/")
                    .append(file.getFileName())
                    .append(") | ")
                    .append(annotation(policy.annotations(), "description"))
                    .append(" | ")
                    .append(policy.policy().deny() ? "Deny" : "Audit");
            for (final String framework : FRAMEWORKS) {
                final String id = annotation(policy.annotations(), framework);
                page.append(" | ")
                        .append(id)
                        .append(' ')
                        .append(requireNonNull(frameworks().get(framework)).get(id));
            }
            page.append(" |\n");
        }
        return page.toString();
    }

    private static PolicyReader.Read read(Path file) throws IOException {
        final PolicyReader.Result result = PolicyReader.read(Files.readString(file));
        assertThat(result.errors()).isEmpty();
        assertThat(result.policies()).hasSize(1);
        return result.policies().getFirst();
    }

    private static String name(PolicyReader.Read policy) {
        return policy.policy().id().substring("default/".length());
    }

    private static String annotation(Map<String, String> annotations, String name) {
        return requireNonNull(annotations.get("fourthlog.io/" + name), name);
    }

    private static Map<String, Map<String, String>> frameworks() throws Exception {
        final Map<?, ?> lists =
                (Map<?, ?>) Yaml.documents(Files.readString(Path.of("src", "test", "resources", "frameworks.yaml")))
                        .getFirst();
        return lists.entrySet().stream()
                .collect(Collectors.toMap(
                        each -> String.valueOf(each.getKey()), each -> texts((Map<?, ?>) each.getValue())));
    }

    private static Map<String, String> texts(Map<?, ?> map) {
        return map.entrySet().stream()
                .collect(Collectors.toMap(
                        each -> String.valueOf(each.getKey()), each -> String.valueOf(each.getValue())));
    }

    private static JsonSchema schema() throws Exception {
        final Object crd = Yaml.documents(Files.readString(CONFIG.resolve("crd").resolve("agentauditpolicies.yaml")))
                .getFirst();
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(JSON.valueToTree(crd).at("/spec/versions/0/schema/openAPIV3Schema"));
    }
}
