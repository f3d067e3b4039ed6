package io.fourthlog.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What helm makes of the chart, with its own values, with everything on and with everything off. */
final class ChartTest {

    private static final Path CHART = Tool.ROOT.resolve("charts/fourthlog");
    private static final String ALL = values("all.yaml");
    private static final String LEAST = values("least.yaml");

    private static String values(String file) {
        return Path.of("src/test/resources/chart", file).toAbsolutePath().toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"all.yaml", "least.yaml"})
    void helmLintHasNothingToSay(String file) {
        Tool.Ran ran = Tool.run(
                Tool.ROOT,
                "helm",
                List.of("lint", "charts/fourthlog", "--strict", "--kube-version", "1.36.3", "--values", values(file)));

        assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
        assertThat(ran.out()).doesNotContain("[WARNING]", "[ERROR]");
    }

    @Test
    void byDefaultThereIsAllThatAnInstallationNeedsAndNothingThatNeedsMore() {
        assertThat(kinds(Chart.render()))
                .contains("CustomResourceDefinition", "Deployment", "NetworkPolicy", "PersistentVolumeClaim", "Secret")
                .doesNotContain("PodMonitor", "PrometheusRule", "PodDisruptionBudget");
    }

    @Test
    void everySwitchSwitches() {
        assertThat(kinds(Chart.render("--values", ALL)))
                .contains(
                        "PodMonitor",
                        "PrometheusRule",
                        "PodDisruptionBudget",
                        "RedactionProfile",
                        "RetentionTier",
                        "ValidatingWebhookConfiguration");
        assertThat(kinds(Chart.render("--values", LEAST)))
                .containsExactlyInAnyOrder(
                        "ServiceAccount",
                        "ConfigMap",
                        "ClusterRole",
                        "ClusterRoleBinding",
                        "Role",
                        "RoleBinding",
                        "Service",
                        "Deployment");
    }

    @Test
    void aRegistryThatAsksWhoPullsIsTold() {
        List<JsonNode> objects = Chart.render("--values", ALL, "--set-string", "clusterName=1e5");
        assertThat(objects.stream()
                        .filter(object -> object.path("kind").asText().equals("Deployment")))
                .hasSize(2)
                .allSatisfy(object -> assertThat(object.at("/spec/template/spec/imagePullSecrets/0/name")
                                .asText())
                        .isEqualTo("registry"));
        assertThat(objects.toString()).contains("imagePullSecrets:\\n    - name: registry", "cluster: \\\"1e5\\\"");
    }

    @Test
    void rightsForWhatIsSwitchedOffAreNotGiven() {
        assertThat(Chart.only(Chart.render("--values", ALL), "ClusterRole", "fourthlog-operator")
                        .path("rules")
                        .toString())
                .contains("openreports.io", "admissionregistration.k8s.io");
        assertThat(Chart.only(Chart.render(), "ClusterRole", "fourthlog-operator")
                        .path("rules")
                        .toString())
                .doesNotContain("openreports.io", "admissionregistration.k8s.io");
    }

    @Test
    void aWebhookThatFailsDoesNotRefuseTheChartsOwnClassesBeforeThereIsAnOperator() {
        List<JsonNode> objects = Chart.render("--values", ALL, "--set", "webhook.failurePolicy=Fail");
        String condition = Chart.only(objects, "ValidatingWebhookConfiguration", "fourthlog")
                .at("/webhooks/0/matchConditions/0/expression")
                .asText();
        assertThat(condition).startsWith("request.operation != 'CREATE'");
        assertThat(objects.stream()
                        .filter(object -> Set.of("RedactionProfile", "RetentionTier")
                                .contains(object.path("kind").asText()))
                        .map(object -> object.at("/metadata/name").asText()))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(condition).contains("\"" + name + "\""));
    }

    @Test
    void whatPeopleWroteStaysWhenTheChartGoes() {
        assertThat(Chart.render().stream()
                        .filter(object -> Set.of("CustomResourceDefinition", "PersistentVolumeClaim")
                                        .contains(object.path("kind").asText())
                                || Set.of("fourthlog-hmac", "fourthlog-ca")
                                        .contains(object.at("/metadata/name").asText())))
                .hasSize(6)
                .allSatisfy(object -> assertThat(object.at("/metadata/annotations")
                                .path("helm.sh/resource-policy")
                                .asText())
                        .isEqualTo("keep"));
    }

    @Test
    void everyContainerHasNoMoreThanItNeeds() {
        List<JsonNode> pods = Chart.render("--values", ALL).stream()
                .filter(object -> object.path("kind").asText().equals("Deployment"))
                .map(object -> object.at("/spec/template/spec"))
                .toList();
        assertThat(pods).hasSize(2).allSatisfy(pod -> {
            assertThat(pod.path("priorityClassName").asText()).isEqualTo("system-cluster-critical");
            assertThat(pod.path("containers")).hasSize(1).allSatisfy(container -> {
                JsonNode security = container.path("securityContext");
                assertThat(security.path("runAsNonRoot").asBoolean()).isTrue();
                assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
                assertThat(security.path("allowPrivilegeEscalation").asBoolean(true))
                        .isFalse();
                assertThat(security.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
                assertThat(security.at("/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
                assertThat(container.at("/resources/limits/memory").asText()).isNotEmpty();
                assertThat(container.path("image").asText()).startsWith("registry.example.org/fourthlog/fourthlog-");
            });
        });
    }

    @Test
    void aDisruptionBudgetIsOnlyThereWhenItLeavesOneToEvict() {
        assertThat(kinds(Chart.render("--set", "operator.replicas=1"))).doesNotContain("PodDisruptionBudget");
        assertThat(kinds(Chart.render("--set", "operator.replicas=2"))).contains("PodDisruptionBudget");
    }

    @Test
    void thePortsThatMayBeReachedAreThoseOfThePods() {
        List<JsonNode> objects = Chart.render("--values", ALL);
        assertThat(ports(Chart.only(objects, "NetworkPolicy", "trail"))).containsExactlyInAnyOrder("https", "metrics");
        assertThat(ports(Chart.only(objects, "NetworkPolicy", "fourthlog-operator")))
                .containsExactlyInAnyOrder("metrics", "webhook");
        assertThat(ports(Chart.only(Chart.render(), "NetworkPolicy", "fourthlog-operator")))
                .containsExactly("metrics");
        for (String name : List.of("trail", "fourthlog-operator")) {
            assertThat(Chart.only(objects, "Deployment", name)
                            .at("/spec/template/spec/containers/0/ports")
                            .findValuesAsText("name"))
                    .containsAll(ports(Chart.only(objects, "NetworkPolicy", name)));
            assertThat(Chart.only(objects, "Deployment", name).at("/spec/template/metadata/labels"))
                    .containsAll(Chart.only(objects, "NetworkPolicy", name).at("/spec/podSelector/matchLabels"));
        }
        JsonNode readers = Chart.only(objects, "NetworkPolicy", "trail")
                .at("/spec/ingress/0/from/1/namespaceSelector/matchLabels");
        assertThat(readers.path("kubernetes.io/metadata.name").asText()).isEqualTo("siem");
    }

    private static List<String> ports(JsonNode policy) {
        return policy.at("/spec/ingress").findValuesAsText("port");
    }

    @Test
    void theSensorsThatAreMonitoredAndLetThroughAreThoseThatTheOperatorMakes() {
        List<JsonNode> objects = Chart.render("--values", ALL);
        List<JsonNode> selectors = List.of(
                Chart.only(objects, "PodMonitor", "fourthlog-sensors").at("/spec/selector"),
                Chart.only(objects, "NetworkPolicy", "fourthlog-sensors").at("/spec/podSelector"),
                Chart.only(objects, "NetworkPolicy", "trail").at("/spec/ingress/0/from/0/podSelector"));
        assertThat(selectors).allSatisfy(selector -> {
            assertThat(selector.at("/matchLabels/app.kubernetes.io~1component").asText())
                    .isEqualTo("sensor");
            assertThat(selector.at("/matchExpressions/0/key").asText()).isEqualTo("fourthlog.io/namespace");
        });
    }

    @Test
    void noRightIsWiderThanItsReasonSays() throws IOException {
        for (JsonNode role : Chart.render("--values", ALL)) {
            if (Set.of("Role", "ClusterRole").contains(role.path("kind").asText())) {
                assertThat(role.path("rules").findValues("verbs").toString()).doesNotContain("*", "escalate", "bind\"");
                assertThat(role.path("rules").findValues("resources").toString())
                        .doesNotContain("*", "pods/exec");
            }
        }
        for (String template : List.of("operator.yaml", "users.yaml")) {
            String before = "";
            for (String line : Files.readAllLines(CHART.resolve("templates").resolve(template))) {
                if (line.startsWith("- apiGroups:")) {
                    assertThat(before).as(template + ": the reason for " + line).startsWith("# ");
                }
                before = line;
            }
        }
    }

    @Test
    void whoDeploysAnAgentSeesItsAuditAndWhoRunsTheNamespaceChangesIt() {
        List<JsonNode> objects = Chart.render();
        JsonNode view = Chart.only(objects, "ClusterRole", "fourthlog-view");
        JsonNode admin = Chart.only(objects, "ClusterRole", "fourthlog-admin");
        assertThat(aggregates(view)).containsExactlyInAnyOrder("view", "edit", "admin");
        assertThat(aggregates(admin)).containsExactly("admin");
        assertThat(view.at("/rules/0/verbs").toString()).isEqualTo("[\"get\",\"list\",\"watch\"]");
    }

    private static List<String> aggregates(JsonNode role) {
        String prefix = "rbac.authorization.k8s.io/aggregate-to-";
        return role.at("/metadata/labels").properties().stream()
                .map(java.util.Map.Entry::getKey)
                .filter(label -> label.startsWith(prefix))
                .map(label -> label.substring(prefix.length()))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "operator.replica=2, replica",
        "operator.replicas=0, replicas",
        "image.pullPolicy=Sometimes, pullPolicy",
        "monitoring.window=soon, window",
        "networkPolicy.metricsFrom[0].everyone=true, everyone",
        "sensor.hostPath=var, hostPath",
        "clusterName=Prod_1, clusterName",
    })
    void aValueThatCannotBeIsRefusedByItsName(String value, String name) {
        Tool.Ran ran = Chart.template("--set", value);

        assertThat(ran.code()).isNotZero();
        assertThat(ran.err()).contains("values don't meet the specifications").contains(name);
    }

    @Test
    void everyValueIsInTheSchemaAndEveryPropertyOfTheSchemaHasAValue() throws IOException {
        JsonNode schema =
                new JsonMapper().readTree(CHART.resolve("values.schema.json").toFile());
        JsonNode values = Chart.parse(Files.readString(CHART.resolve("values.yaml")));
        Set<String> described = new TreeSet<>();
        describe("", schema, described);
        described.remove("global"); // helm's own
        Set<String> present = new TreeSet<>();
        present("", values, described, present);

        assertThat(present).isEqualTo(described);
    }

    private static void describe(String path, JsonNode schema, Set<String> described) {
        JsonNode properties = schema.path("properties");
        if (properties.isMissingNode()) {
            described.add(path);
            return;
        }
        assertThat(schema.path("additionalProperties").asBoolean(true)).as(path).isFalse();
        properties.properties().forEach(one -> describe(join(path, one.getKey()), one.getValue(), described));
    }

    private static void present(String path, JsonNode values, Set<String> described, Set<String> present) {
        if (described.contains(path) || !values.isObject()) {
            present.add(path);
            return;
        }
        values.properties().forEach(one -> present(join(path, one.getKey()), one.getValue(), described, present));
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    @Test
    void everyPanelAsksForMetricsThatExistInAWayThatPrometheusUnderstands() throws IOException {
        JsonNode dashboard = new JsonMapper()
                .readTree(Chart.only(Chart.render("--values", ALL), "ConfigMap", "fourthlog-dashboards")
                        .at("/data/fourthlog.json")
                        .asText());
        List<String> expressions = new ArrayList<>();
        dashboard.path("panels").forEach(panel -> {
            assertThat(panel.path("title").asText()).isNotBlank();
            assertThat(panel.path("targets")).isNotEmpty();
            panel.path("targets")
                    .forEach(target -> expressions.add(target.path("expr").asText()));
        });
        assertThat(expressions).hasSizeGreaterThan(15).doesNotHaveDuplicates();
        assertThat(expressions.stream()
                        .flatMap(expression -> Metrics.in(expression).stream())
                        .map(name -> name.replaceFirst("_bucket$", ""))
                        .collect(Collectors.toSet()))
                .isSubsetOf(Metrics.names());

        Path rules = Files.createTempFile("dashboard", ".yaml");
        StringBuilder text = new StringBuilder("groups:\n- name: panels\n  rules:\n");
        for (int i = 0; i < expressions.size(); i++) {
            text.append("  - record: panel:%d\n    expr: |-\n      ".formatted(i))
                    .append(expressions.get(i).replace("$__rate_interval", "1m").replace("$namespace", ".*"))
                    .append('\n');
        }
        Files.writeString(rules, text);
        Tool.Ran ran = Tool.run(Tool.ROOT, "promtool", List.of("check", "rules", rules.toString()));
        Files.delete(rules);
        assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
        assertThat(ran.out()).contains(expressions.size() + " rules found");
    }

    @Test
    void theManifestsWithoutHelmAreWhatTheChartRenders() throws IOException {
        assertThat(Files.readString(Tool.ROOT.resolve("config/default/fourthlog.yaml")))
                .as("run scripts/kustomize.sh >config/default/fourthlog.yaml")
                .isEqualTo(Tool.run(Tool.ROOT, "bash", List.of("scripts/kustomize.sh"))
                        .output());
    }

    @Test
    void kustomizeMakesTheSameObjectsAsHelmButSecretsAndClasses() {
        List<JsonNode> kustomized =
                Chart.documents(Tool.run(Tool.ROOT, "kubectl", List.of("kustomize", "config/default"))
                        .output());
        Set<String> apart = Set.of("Secret", "RedactionProfile", "RetentionTier");

        assertThat(names(kustomized).stream().filter(name -> !name.equals("Namespace fourthlog-system")))
                .containsExactlyInAnyOrderElementsOf(names(Chart.render()).stream()
                        .filter(name -> !apart.contains(name.split(" ", -1)[0]))
                        .toList());
        assertThat(names(Chart.documents(Tool.run(Tool.ROOT, "kubectl", List.of("kustomize", "config/classes"))
                        .output())))
                .containsExactlyInAnyOrderElementsOf(names(Chart.render()).stream()
                        .filter(name -> name.startsWith("RedactionProfile ") || name.startsWith("RetentionTier "))
                        .toList());
    }

    private static List<String> names(List<JsonNode> objects) {
        return objects.stream()
                .map(object -> object.path("kind").asText() + " "
                        + object.at("/metadata/name").asText())
                .toList();
    }

    private static Set<String> kinds(List<JsonNode> objects) {
        return objects.stream()
                .map(object -> object.path("kind").asText())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
