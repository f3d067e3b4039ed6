package io.fourthlog.operator.auditednamespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatusBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.AgentAuditPolicySpec.Enforce;
import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import io.fourthlog.api.AgentAuditPolicySpec.FailurePolicy;
import io.fourthlog.api.AgentAuditPolicySpec.Rule;
import io.fourthlog.api.AgentAuditPolicySpec.RuleException;
import io.fourthlog.api.AgentAuditPolicySpec.Severity;
import io.fourthlog.api.AgentAuditPolicySpec.Variable;
import io.fourthlog.api.ClassRef;
import io.fourthlog.api.Names;
import io.fourthlog.api.PodSelector;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.operator.auditednamespace.Decision.StatusChange;
import io.fourthlog.operator.cluster.Conditions;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import io.fourthlog.operator.redactionprofile.ProfileResolver;
import io.fourthlog.operator.retentiontier.TierResolver;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class DeciderTest {

    private final Decider decider = new Decider(new PolicyCheck(), SensorObjects::read);

    @Test
    void aPolicyForWhichThereIsNoRoomKeepsNoOtherOutAndSaysSo() {
        AgentAuditPolicy padded = policy("a-team", "agents");
        padded.setSpec(padded());
        Observed of = observed(
                Isolation.NAMESPACE,
                false,
                in("a-team", padded, policy("a-team", "more"), policy("fourthlog-system", "baseline")));
        Decision decision = decider.decide(of);
        assertThat(ids(decision)).containsExactly("a-team/more", "fourthlog-system/baseline");
        assertThat(made(decision)).hasAtLeastOneElementOfType(DaemonSet.class);
        assertThat(decision.statuses().apply(List.of()))
                .filteredOn(change -> isStalled(change, "ConfigTooLarge", "None of its rules is in force."))
                .extracting(StatusChange::policy)
                .containsExactly(padded);
        assertThat(ids(decider.decide(of))).as("what is remembered").isEqualTo(ids(decision));
    }

    @Test
    void aPolicyThatFitsInNoConfigHasNoSensors() {
        AgentAuditPolicy padded = policy("team", "agents");
        padded.setSpec(padded());
        Decision decision = decider.decide(observed(Isolation.NAMESPACE, false, in("team", padded)));
        assertThat(decision.apply()).isEmpty();
        assertThat(decision.statuses().apply(List.of()))
                .singleElement()
                .matches(change -> isStalled(change, "ConfigTooLarge", "None of its rules is in force."));
    }

    @Test
    void aPolicyThatOutgrowsTheConfigStaysInForceAsItWasLastAccepted() {
        AgentAuditPolicy edited = policy("team", "agents");
        Observed first = observed(Isolation.NAMESPACE, false, in("team", edited));
        Sensors running = reporting(first, made(decider.decide(first)), first.now());
        edited.setSpec(padded());
        edited.getMetadata().setGeneration(2L);
        Decision decision = decide(first, running);
        assertThat(new Sensors("team", List.of(), made(decision)).digest()).isEqualTo(running.digest());
        assertThat(decision.statuses().apply(List.of()))
                .singleElement()
                .matches(change -> isStalled(change, "ConfigTooLarge", "Its last accepted spec stays in force."));
    }

    @Test
    void aClusterPolicyWithAFaultIsInForceInANewNamespaceAsItIsInFourthlogsOwn() {
        AgentAuditPolicy baseline = policy("fourthlog-system", "baseline");
        Observed system = observed(Isolation.NAMESPACE, false, in("fourthlog-system", baseline));
        ConfigMap accepted = made(decider.decide(system)).stream()
                .filter(ConfigMap.class::isInstance)
                .map(ConfigMap.class::cast)
                .findFirst()
                .orElseThrow();
        baseline.setSpec(spec("tru"));
        baseline.getMetadata().setGeneration(2L);
        Observed late = observed(Isolation.NAMESPACE, false, in("team", baseline));
        Decision decision = decide(late, late.sensors(), accepted);
        assertThat(config(decision).policies()).singleElement().satisfies(policy -> {
            assertThat(policy.namespaces()).containsExactly("team");
            assertThat(policy.rules().getFirst().when()).isEqualTo("true");
        });
        assertThat(decide(late, late.sensors(), null).apply()).isEmpty();
    }

    /** A change of the DaemonSet's template restarts all sensors of it, and every tenant can switch this as often as it likes. */
    @Test
    void whatAPolicyNoLongerNeedsStaysWithTheSensorsUntilTheyGo() {
        AgentAuditPolicy toggled = policy("team", "agents");
        AgentAuditPolicySpec off = toggled.getSpec();
        toggled.setSpec(attaching(off));
        Observed of = observed(Isolation.NAMESPACE, false, in("team", toggled, policy("team", "other")));
        List<HasMetadata> on = made(decider.decide(of));
        assertThat(capabilities(on)).contains("DAC_OVERRIDE", "NET_ADMIN");

        toggled.setSpec(off);
        toggled.getMetadata().setGeneration(2L);
        Sensors running = reporting(of, on, of.now());
        assertThat(daemonSet(made(decide(of, running))).getSpec())
                .as("off again")
                .isEqualTo(daemonSet(on).getSpec());
        assertThat(daemonSet(made(new Decider(new PolicyCheck(), SensorObjects::read).decide(with(of, running, null))))
                        .getSpec())
                .as("another operator")
                .isEqualTo(daemonSet(on).getSpec());
        assertThat(capabilities(made(decider.decide(of))))
                .as("sensors made anew")
                .doesNotContain("DAC_OVERRIDE", "NET_ADMIN");
    }

    @Test
    void onlyWhereItIsAskedForSensorsAdministerTheSystem() {
        List<Applied> policies = in("team", policy("team", "agents"));
        assertThat(capabilities(made(decider.decide(observed(Isolation.NAMESPACE, true, false, policies)))))
                .contains("SYS_ADMIN", "BPF");
        assertThat(capabilities(made(decider.decide(observed(Isolation.NAMESPACE, false, false, policies)))))
                .doesNotContain("SYS_ADMIN");
    }

    @Test
    void whatWasGivenToSensorsStaysAlsoBeforeTheWatchTellsOfIt() {
        AgentAuditPolicy toggled = policy("team", "agents");
        AgentAuditPolicySpec off = toggled.getSpec();
        Observed of = observed(Isolation.NAMESPACE, false, in("team", toggled));
        Sensors asObserved = reporting(of, made(decider.decide(of)), of.now());
        toggled.setSpec(attaching(off));
        toggled.getMetadata().setGeneration(2L);
        assertThat(capabilities(made(decide(of, asObserved)))).contains("DAC_OVERRIDE");
        toggled.setSpec(off);
        toggled.getMetadata().setGeneration(3L);
        assertThat(capabilities(made(decide(of, asObserved)))).contains("DAC_OVERRIDE");
    }

    private static AgentAuditPolicySpec attaching(AgentAuditPolicySpec spec) {
        Rule rule = spec.rules().getFirst();
        return new AgentAuditPolicySpec(
                spec.podSelector(),
                spec.namespaceSelector(),
                spec.redactionProfileRef(),
                spec.retentionTierRef(),
                spec.failurePolicy(),
                spec.validationActions(),
                AgentAuditPolicySpec.JavaTls.Attach,
                spec.variables(),
                List.of(new Rule(
                        rule.name(), rule.on(), rule.when(), rule.decision(), Enforce.BLOCK, rule.severity(), null)),
                spec.exceptions());
    }

    private static List<String> capabilities(List<HasMetadata> objects) {
        return daemonSet(objects)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getSecurityContext()
                .getCapabilities()
                .getAdd();
    }

    private static DaemonSet daemonSet(List<HasMetadata> objects) {
        return objects.stream()
                .filter(DaemonSet.class::isInstance)
                .map(DaemonSet.class::cast)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aNamespaceWithThousandsOfPoliciesLeavesTheOthersTheirShareOfASharedConfig() {
        Decision decision = decider.decide(observed(
                Isolation.SHARED,
                false,
                Stream.of(
                                IntStream.range(0, 6000).mapToObj(i -> policy("a", "policy-" + i)),
                                Stream.of(policy("b", "agents"), policy("fourthlog-system", "baseline")))
                        .flatMap(Function.identity())
                        .map(policy ->
                                new Applied(policy, List.of(policy.getMetadata().getNamespace())))
                        .toList()));
        assertThat(ids(decision)).hasSizeLessThan(6000).contains("b/agents", "fourthlog-system/baseline");
        assertThat(config(decision).canonicalJson().length).isBetween(Fit.CONFIG_BYTES - 1000, Fit.CONFIG_BYTES);
        assertThat(decision.statuses().apply(List.of()))
                .filteredOn(change -> isStalled(change, "ConfigTooLarge", ""))
                .hasSize(6002 - ids(decision).size());
    }

    @Test
    void whatIsRefusedInANamespaceIsToldToItsPoliciesAllOfItAndToNoOthers() {
        Decision decision = decider.decide(observed(
                Isolation.SHARED,
                false,
                List.of(
                        new Applied(policy("a", "agents"), List.of("a")),
                        new Applied(policy("b", "agents"), List.of("b")),
                        new Applied(policy("fourthlog-system", "baseline"), List.of("a", "b", "fourthlog-system")))));
        List<Failure> failures = List.of(
                new Failure("a", new KubernetesClientException("busy", 503, null)),
                new Failure("a", new KubernetesClientException("not here", 403, null)),
                new Failure("b", new KubernetesClientException("later", 500, null)));
        assertThat(decision.statuses().apply(failures))
                .extracting(change -> Conditions.find(change.status().conditions(), Conditions.READY)
                        .orElseThrow()
                        .getMessage())
                .containsExactly(
                        "The API server refuses an object that the sensors need: not here; Trying again: busy",
                        "Trying again: later",
                        "The API server refuses an object that the sensors need: not here; Trying again: busy; Trying again: later");
        assertThat(decision.statuses()
                        .apply(List.of(new Failure(
                                "fourthlog-system", new KubernetesClientException("none here", 403, null)))))
                .hasSize(3)
                .allMatch(change -> isStalled(change, "ApiServerRefuses", "none here"));
    }

    private static boolean isStalled(StatusChange change, String reason, String message) {
        return Conditions.find(change.status().conditions(), Conditions.STALLED)
                .filter(stalled -> stalled.getReason().equals(reason)
                        && stalled.getMessage().contains(message))
                .isPresent();
    }

    private static SensorConfig config(Decision decision) {
        return made(decision).stream()
                .filter(ConfigMap.class::isInstance)
                .flatMap(map -> SensorObjects.read((ConfigMap) map).stream())
                .findFirst()
                .orElseThrow();
    }

    private static List<String> ids(Decision decision) {
        return config(decision).policies().stream().map(SensorConfig.Policy::id).toList();
    }

    @Test
    void aNamespacesNodeSelectorConfinesItsSensorsOnlyWhereTheClusterEnforcesIt() {
        List<Applied> one = List.of(new Applied(policy("team", "agents"), List.of("team")));
        assertThat(nodes(observed(Isolation.NAMESPACE, true, one)))
                .containsExactly(Map.entry("kubernetes.io/os", "linux"), Map.entry("pool", "agents"));
        assertThat(nodes(observed(Isolation.NAMESPACE, false, one)))
                .containsExactly(Map.entry("kubernetes.io/os", "linux"));
        assertThat(nodes(observed(Isolation.SHARED, true, one)))
                .containsExactly(Map.entry("kubernetes.io/os", "linux"));
    }

    @Test
    void sharedSensorsHaveRightsInEachNamespaceAndTheirOwn() {
        assertThat(decider.decide(observed(
                                Isolation.SHARED,
                                false,
                                List.of(
                                        new Applied(policy("a", "agents"), List.of("a")),
                                        new Applied(policy("b", "agents"), List.of("b", "c")))))
                        .apply())
                .extracting(wanted -> wanted.make().get())
                .filteredOn(Role.class::isInstance)
                .extracting(role -> role.getMetadata().getNamespace() + "/"
                        + role.getMetadata().getName())
                .containsExactly(
                        "a/sensor-team.pods",
                        "b/sensor-team.pods",
                        "c/sensor-team.pods",
                        "fourthlog-system/sensor-team");
    }

    @Test
    void aPolicySaysThatItsProfileKeepsPreviewsAndWhetherItsTierLetsIt() {
        assertThat(accepted(RetentionTierSpec.SubjectKeys.PER_WORKLOAD))
                .isEqualTo("The policy is correct. To be looked at: spec.redactionProfileRef.name: the RedactionProfile"
                        + " \"default\" has preview: masked: the beginning of what was asked and answered is kept, and what detectors"
                        + " miss is in it in the clear");
        assertThat(accepted(RetentionTierSpec.SubjectKeys.NONE))
                .endsWith("none is kept unless another policy here has a RetentionTier that seals events"
                        + " (erasure.subjectKeys: per-workload)");
    }

    private String accepted(RetentionTierSpec.SubjectKeys keys) {
        Observed of = observed(Isolation.NAMESPACE, false, in("team", policy("team", "agents")));
        RedactionProfileSpec previews = new RedactionProfileSpec(
                null,
                new RedactionProfileSpec.Detectors(
                        List.of("secret:*", "PII:*", "PCI:*", "PHI:*"), List.of(), List.of(), List.of(), List.of()),
                RedactionProfileSpec.Shape.DEFAULT,
                RedactionProfileSpec.Hashing.DEFAULT,
                RedactionProfileSpec.PromptClasses.BUILTIN,
                RedactionProfileSpec.OnFailure.Drop,
                RedactionProfileSpec.Preview.MASKED);
        RetentionTierSpec tier = new RetentionTierSpec(
                List.of(), tier().hot(), tier().cold(), new RetentionTierSpec.Erasure(keys, false));
        Decision decision = decider.decide(new Observed(
                of.config(),
                of.owner(),
                of.now(),
                of.namespace(),
                of.applied(),
                of.own(),
                of.neighbours(),
                Map.of("default", ProfileResolver.resolve("default", name -> previews)),
                Map.of("standard", TierResolver.resolve(tier)),
                of.sensors(),
                null,
                Map.of()));
        return Conditions.find(
                        decision.statuses().apply(List.of()).getFirst().status().conditions(), Conditions.ACCEPTED)
                .orElseThrow()
                .getMessage();
    }

    @Test
    void anEditOfOnePolicyIsNoNewsForAnotherUnlessASensorDoesNotFollow() {
        AgentAuditPolicy edited = policy("team", "edited");
        AgentAuditPolicy other = policy("team", "other");
        Observed first = observed(Isolation.NAMESPACE, false, in("team", edited, other));
        Sensors running = reporting(first, made(decider.decide(first)), first.now());
        List<StatusChange> inForce = changes(first, running);
        assertThat(inForce)
                .hasSize(2)
                .allSatisfy(change -> assertThat(programmed(change)).isEqualTo("True"));
        inForce.forEach(change -> change.policy().setStatus(change.status()));
        assertThat(changes(first, running)).isEmpty();

        edited.setSpec(spec("false"));
        edited.getMetadata().setGeneration(2L);
        assertThat(changes(first, running))
                .singleElement()
                .satisfies(change -> assertThat(change.policy()).isSameAs(edited))
                .satisfies(change -> assertThat(programmed(change)).isEqualTo("False"));
        Sensors toldTwoSecondsAgo = behind(first, running, first.now().minusSeconds(2));
        assertThat(changes(first, toldTwoSecondsAgo))
                .extracting(StatusChange::policy)
                .containsExactly(edited);
        assertThat(decide(first, toldTwoSecondsAgo).recheck()).isEqualTo(Duration.ofSeconds(1));
        assertThat(changes(first, behind(first, running, first.now().minusSeconds(3))))
                .hasSize(2)
                .allSatisfy(change -> assertThat(programmed(change)).isEqualTo("False"));
        assertThat(changes(first, behind(first, running, first.now().plusSeconds(60)))) // a clock that is not ours
                .hasSize(2);

        Sensors followed = reporting(first, made(decide(first, running)), first.now());
        assertThat(changes(first, followed)).singleElement().satisfies(change -> {
            assertThat(change.policy()).isSameAs(edited);
            assertThat(programmed(change)).isEqualTo("True");
            assertThat(change.status().configDigest())
                    .isEqualTo(followed.digest().orElseThrow());
        });
    }

    private Decision decide(Observed of, Sensors sensors) {
        return decide(of, sensors, null);
    }

    private Decision decide(Observed of, Sensors sensors, @Nullable ConfigMap systemConfig) {
        return decider.decide(with(of, sensors, systemConfig));
    }

    private static Observed with(Observed of, Sensors sensors, @Nullable ConfigMap systemConfig) {
        return new Observed(
                of.config(),
                of.owner(),
                of.now(),
                of.namespace(),
                of.applied(),
                of.own(),
                of.neighbours(),
                of.profiles(),
                of.tiers(),
                sensors,
                systemConfig,
                Map.of());
    }

    private List<StatusChange> changes(Observed of, Sensors sensors) {
        return decide(of, sensors).statuses().apply(List.of());
    }

    private static String programmed(StatusChange change) {
        return Conditions.find(change.status().conditions(), Conditions.PROGRAMMED)
                .orElseThrow()
                .getStatus();
    }

    /** One node, whose sensor runs what these objects tell it. */
    private static Sensors reporting(Observed of, List<HasMetadata> objects, Instant created) {
        DaemonSet daemonSet = daemonSet(objects);
        daemonSet.getMetadata().setGeneration(1L);
        daemonSet.setStatus(new DaemonSetStatusBuilder()
                .withObservedGeneration(1L)
                .withDesiredNumberScheduled(1)
                .build());
        objects.forEach(object -> object.getMetadata().setCreationTimestamp(created.toString()));
        Lease lease = new LeaseBuilder()
                .withNewMetadata()
                .withName("sensor-team-node")
                .addToAnnotations(
                        Names.CONFIG_DIGEST_ANNOTATION,
                        new Sensors("team", List.of(), objects).digest().orElseThrow())
                .endMetadata()
                .build();
        return new Sensors("team", List.of(new Sensors.Report(lease, of.now().plusSeconds(15))), objects);
    }

    /** The same node, whose sensor still runs what it ran before it was told of what is decided now. */
    private Sensors behind(Observed of, Sensors running, Instant told) {
        return new Sensors(
                "team",
                running.reports(),
                reporting(of, made(decide(of, running)), told).objects());
    }

    private static List<HasMetadata> made(Decision decision) {
        return decision.apply().stream()
                .map(wanted -> wanted.fill().apply(wanted.make().get()))
                .peek(object -> assertThat(decision.apply())
                        .as("what is made has the name that was said")
                        .anyMatch(wanted -> wanted.isOf(object)))
                .toList();
    }

    private static List<Applied> in(String namespace, AgentAuditPolicy... policies) {
        return Stream.of(policies)
                .map(policy -> new Applied(policy, List.of(namespace)))
                .toList();
    }

    private Map<String, String> nodes(Observed observed) {
        return daemonSet(made(decider.decide(observed)))
                .getSpec()
                .getTemplate()
                .getSpec()
                .getNodeSelector();
    }

    private static Observed observed(Isolation isolation, boolean namespaceNodeSelectors, List<Applied> policies) {
        return observed(isolation, false, namespaceNodeSelectors, policies);
    }

    private static Observed observed(
            Isolation isolation, boolean sysAdmin, boolean namespaceNodeSelectors, List<Applied> policies) {
        return new Observed(
                new OperatorConfig(
                        "fourthlog-system",
                        "test",
                        URI.create("https://trail:8443"),
                        0,
                        false,
                        new OperatorConfig.Sensor(
                                isolation,
                                "sensor:test",
                                "Never",
                                List.of(),
                                "/var/lib/fourthlog",
                                null,
                                sysAdmin,
                                Map.of("kubernetes.io/os", "linux"),
                                namespaceNodeSelectors,
                                List.of(),
                                null),
                        SensorConfig.Capture.EVERYTHING,
                        null,
                        null),
                null,
                Instant.parse("2026-11-26T10:00:00Z"),
                new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("team")
                        .withUid("uid")
                        .addToAnnotations("scheduler.alpha.kubernetes.io/node-selector", "pool=agents")
                        .endMetadata()
                        .build(),
                policies,
                policies,
                List.of(),
                Map.of(
                        "default",
                        ProfileResolver.resolve(
                                "default",
                                name -> new RedactionProfileSpec(
                                        null,
                                        RedactionProfileSpec.Detectors.NONE,
                                        RedactionProfileSpec.Shape.DEFAULT,
                                        RedactionProfileSpec.Hashing.DEFAULT,
                                        RedactionProfileSpec.PromptClasses.BUILTIN,
                                        RedactionProfileSpec.OnFailure.Drop,
                                        null))),
                Map.of("standard", TierResolver.resolve(tier())),
                new Sensors("team", List.of(), List.of()),
                null,
                Map.of());
    }

    private static RetentionTierSpec tier() {
        RetentionTierSpec.Periods none = new RetentionTierSpec.Periods(null, null, null, null, null, null, null);
        return new RetentionTierSpec(List.of(), none, none);
    }

    private static AgentAuditPolicy policy(String namespace, String name) {
        AgentAuditPolicy policy = new AgentAuditPolicy();
        policy.setMetadata(new ObjectMetaBuilder()
                .withNamespace(namespace)
                .withName(name)
                .withGeneration(1L)
                .build());
        policy.setSpec(spec("true"));
        return policy;
    }

    /** Within all that the CRD says, and more than a config takes. */
    private static AgentAuditPolicySpec padded() {
        AgentAuditPolicySpec spec = spec("true");
        String padding = " ".repeat(4090);
        return new AgentAuditPolicySpec(
                spec.podSelector(),
                spec.namespaceSelector(),
                spec.redactionProfileRef(),
                spec.retentionTierRef(),
                spec.failurePolicy(),
                spec.validationActions(),
                spec.javaTls(),
                IntStream.range(0, 64)
                        .mapToObj(i -> new Variable("v" + i, "true" + padding))
                        .toList(),
                IntStream.range(0, 64)
                        .mapToObj(i -> new Rule(
                                "rule-" + i,
                                List.of(EventKind.DATA_ACCESS),
                                "true" + padding,
                                AgentAuditPolicySpec.Decision.DENY,
                                Enforce.TERMINATE,
                                Severity.HIGH,
                                "''" + padding))
                        .toList(),
                IntStream.range(0, 64)
                        .mapToObj(i -> new RuleException("rule-" + i, "true" + padding, "reason", null))
                        .toList());
    }

    private static AgentAuditPolicySpec spec(String when) {
        return new AgentAuditPolicySpec(
                PodSelector.EVERYTHING,
                null,
                new ClassRef("default"),
                new ClassRef("standard"),
                FailurePolicy.Fail,
                List.of(AgentAuditPolicySpec.ValidationAction.Deny),
                AgentAuditPolicySpec.JavaTls.Off,
                List.of(),
                List.of(new Rule(
                        "rule",
                        List.of(EventKind.DATA_ACCESS),
                        when,
                        AgentAuditPolicySpec.Decision.DENY,
                        Enforce.TERMINATE,
                        Severity.HIGH,
                        null)),
                List.of());
    }
}
