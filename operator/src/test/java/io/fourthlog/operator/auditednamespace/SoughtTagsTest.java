package io.fourthlog.operator.auditednamespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.operator.chart.Tool;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.redactionprofile.ProfileResolution.Resolved;
import io.fourthlog.operator.redactionprofile.ProfileResolver;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SoughtTagsTest {

    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    @Test
    void aShippedPolicyAboutHealthIsWithoutItInTheDefaultProfileAndWithItInTheStrictOne() throws IOException {
        AgentAuditPolicySpec policy = YAML.unmarshal(
                        Files.readString(
                                Tool.ROOT.resolve("config/samples/library/personal-data-to-external-model.yaml")),
                        AgentAuditPolicy.class)
                .getSpec();

        assertThat(SoughtTags.missing(policy, "strict", shipped("strict"))).isEmpty();
        assertThat(SoughtTags.missing(policy, "default", shipped("default")))
                .containsExactly(new Fault(
                        "spec.rules[0].when",
                        "the RedactionProfile \"default\" does not look for PHI:*, which no event has unless another policy's"
                                + " profile does: enable it there, or refer to another profile"));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
                    tagMatches(s 'PII:*'),          true
                    tagMatches(s 'PII:email'),      true
                    tagMatches(s "PII:e*"),         true
                    tagMatches(s 'PII:ip'),         false
                    tagMatches(s 'PHI:mrn'),        true
                    tagMatches(s 'PHI:*'),          true
                    s.startsWith('PHI:'),           true
                    tagMatches(s 'PHI:npi'),        false
                    tagMatches(s ['PCI:pan']),      false
                    tagMatches(s 'PCI:case_id'),    true
                    tagMatches(s 'secret:*'),       false
                    s == 'filesystem-sensitive',    true
                    event.tool_name == 'a:b',       true
                    """)
    void aPatternIsSoughtIfAnyTagIs(String when, boolean sought) {
        RedactionProfileSpec profile = YAML.unmarshal("""
                detectors:
                  enable: ["PII:*", "PHI:mrn", "secret:github"]
                  disable: ["PII:ip", "secret:*"]
                  custom: [{name: case, tag: "PCI:case_id", pattern: "CASE-[0-9]{8}"}]
                """, RedactionProfileSpec.class);
        AgentAuditPolicySpec policy = YAML.unmarshal("""
                podSelector: {}
                redactionProfileRef: {name: p}
                retentionTierRef: {name: t}
                variables:
                - name: v
                  expression: >-
                    %s
                rules: []
                """.formatted(when), AgentAuditPolicySpec.class);

        assertThat(SoughtTags.missing(policy, "p", profile)).hasSize(sought ? 0 : 1);
    }

    private static RedactionProfileSpec shipped(String name) throws IOException {
        String yaml = Files.readString(Tool.ROOT.resolve("charts/fourthlog/files/classes/redaction-profiles.yaml"));
        Map<String, RedactionProfileSpec> profiles = List.of(yaml.split("---\n")).stream()
                .map(document -> YAML.unmarshal(document, RedactionProfile.class))
                .collect(Collectors.toMap(profile -> profile.getMetadata().getName(), RedactionProfile::getSpec));
        return ((Resolved) ProfileResolver.resolve(name, profiles::get)).merged();
    }
}
