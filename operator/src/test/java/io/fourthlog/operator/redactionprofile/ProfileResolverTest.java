package io.fourthlog.operator.redactionprofile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.RedactionProfileSpec.Allowed;
import io.fourthlog.api.RedactionProfileSpec.CustomDetector;
import io.fourthlog.api.RedactionProfileSpec.Detectors;
import io.fourthlog.api.RedactionProfileSpec.Hashing;
import io.fourthlog.api.RedactionProfileSpec.KeyNames;
import io.fourthlog.api.RedactionProfileSpec.OnFailure;
import io.fourthlog.api.RedactionProfileSpec.Preview;
import io.fourthlog.api.RedactionProfileSpec.PromptClass;
import io.fourthlog.api.RedactionProfileSpec.PromptClasses;
import io.fourthlog.api.RedactionProfileSpec.Shape;
import io.fourthlog.api.RedactionProfileSpec.Taxonomy;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.redactionprofile.ProfileResolution.Refused;
import io.fourthlog.operator.redactionprofile.ProfileResolution.Resolved;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProfileResolverTest {

    private static final Shape WIDE = new Shape(16, 512, KeyNames.KEEP);

    @Test
    void aChildAddsToWhatItInherits() {
        assertThat(resolved(Map.of(
                                "parent", profile(null, List.of("secret:*"), List.of(), List.of()),
                                "child", profile("parent", List.of("PII:*"), List.of(), List.of())))
                        .detectors()
                        .enable())
                .containsExactly("secret:*", "PII:*");
    }

    @Test
    void aChildMayNotSwitchAnInheritedDetectorOff() {
        assertThat(refused(Map.of(
                        "parent", profile(null, List.of("PII:*"), List.of(), List.of()),
                        "child", profile("parent", List.of(), List.of("PII:email"), List.of()))))
                .containsExactly(new Fault(
                        "spec.detectors.disable[0]",
                        "PII:email is inherited and not optional: remove it here, or add it to detectors.optional"
                                + " of the profile that \"parent\" takes it from"));
    }

    @Test
    void aChildMaySwitchOffWhatIsOptional() {
        assertThat(resolved(Map.of(
                                "parent", profile(null, List.of("PII:*"), List.of(), List.of("PII:email")),
                                "child", profile("parent", List.of(), List.of("PII:email"), List.of())))
                        .detectors()
                        .disable())
                .containsExactly("PII:email");
    }

    @Test
    void aChildMayNotMakeOptionalWhatItInherits() {
        assertThat(refused(Map.of(
                        "parent", profile(null, List.of("PII:*"), List.of(), List.of()),
                        "middle", profile("parent", List.of("secret:*"), List.of(), List.of("PII:email", "secret:jwt")),
                        "child", profile("middle", List.of(), List.of("PII:email", "secret:jwt"), List.of()))))
                .extracting(Fault::path)
                .containsExactly("spec.detectors.optional[0]");
    }

    @ParameterizedTest
    @CsvSource({
        "PII:email, @example\\.com$, true",
        "PII:email, (?i)^ann@example\\.org$, true",
        "PII:email, [a-z.]+@example[.]com, true",
        "PII:email, ., false",
        "PII:email, [example], false",
        "PII:email, @exa|., false",
        "PII:email, (@example\\.com)?, false",
        "PII:email, @ex?amp?le{0}, false",
        "PII:email, @..[.]com\\[, true", // what is behind an escaped bracket is no class
        "PII:ip, ., true", // optional
        "secret:jwt, ., true", // of its own
    })
    void aChildLetsPassOnlyWhatItSaysOfWhatItInherits(String tag, String pattern, boolean accepted) {
        RedactionProfileSpec child = new RedactionProfileSpec(
                "parent",
                new Detectors(
                        List.of("secret:*"),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(new Allowed(tag, pattern, "used in tests"))),
                Shape.DEFAULT,
                Hashing.DEFAULT,
                PromptClasses.BUILTIN,
                OnFailure.Drop,
                null);
        Map<String, RedactionProfileSpec> profiles =
                Map.of("parent", profile(null, List.of("PII:*"), List.of(), List.of("PII:ip")), "child", child);
        if (accepted) {
            assertThat(resolved(profiles).detectors().allow()).hasSize(1);
        } else {
            assertThat(refused(profiles)).extracting(Fault::path).containsExactly("spec.detectors.allow[0].pattern");
        }
    }

    @Test
    void aChildOnlyTightensBounds() {
        RedactionProfileSpec parent = new RedactionProfileSpec(
                null,
                Detectors.NONE,
                new Shape(4, 512, KeyNames.HASH),
                new Hashing(false),
                PromptClasses.BUILTIN,
                OnFailure.Drop,
                null);
        RedactionProfileSpec child = new RedactionProfileSpec(
                "parent", Detectors.NONE, WIDE, Hashing.DEFAULT, PromptClasses.BUILTIN, OnFailure.Drop, null);
        RedactionProfileSpec merged = resolved(Map.of("parent", parent, "child", child));
        assertThat(merged.shape()).isEqualTo(new Shape(4, 512, KeyNames.HASH));
        assertThat(merged.hashing().fingerprints()).isFalse();
    }

    @Test
    void aMissingParentIsNamed() {
        assertThat(refused(Map.of("child", profile("parent", List.of(), List.of(), List.of()))))
                .containsExactly(new Fault(
                        "spec.extends",
                        "there is no RedactionProfile \"parent\": \"kubectl get rdp\" lists those that there are"));
    }

    @Test
    void aCircleIsNamed() {
        assertThat(refused(Map.of(
                        "parent", profile("child", List.of(), List.of(), List.of()),
                        "child", profile("parent", List.of(), List.of(), List.of()))))
                .singleElement()
                .satisfies(fault -> assertThat(fault.message()).contains("[child, parent]", "in a circle"));
    }

    @Test
    void anExampleInWhichADetectorFindsNothingIsRefused() {
        Detectors detectors = new Detectors(
                List.of(),
                List.of(),
                List.of(),
                List.of(new CustomDetector("ticket", "PII:case_id", "CASE-[0-9]{8}", List.of("CASE-1"), List.of())),
                List.of());
        assertThat(refused(Map.of(
                        "child",
                        new RedactionProfileSpec(
                                null, detectors, WIDE, Hashing.DEFAULT, PromptClasses.BUILTIN, OnFailure.Drop, null))))
                .singleElement()
                .satisfies(fault -> assertThat(fault.path()).startsWith("spec.detectors.custom[0].examples"));
    }

    @Test
    void classesOfPromptsAreInheritedAndHaveNamesOfTheirOwn() {
        RedactionProfileSpec parent = classes(null, "claims handling");

        assertThat(resolved(Map.of("parent", parent, "child", classes("parent")))
                        .promptClasses())
                .isEqualTo(parent.promptClasses());
        assertThat(refused(Map.of("parent", parent, "child", classes("parent", "claims handling"))))
                .containsExactly(new Fault(
                        "spec.promptClasses.custom[0].name",
                        "\"claims handling\" is the name of an inherited class: choose another"));
        assertThat(refused(Map.of("child", classes(null, "code review"))))
                .containsExactly(
                        new Fault("spec.promptClasses.custom[0].name", "there is a class 'code review' already"));
    }

    private static RedactionProfileSpec classes(@Nullable String parent, String... names) {
        return new RedactionProfileSpec(
                parent,
                Detectors.NONE,
                WIDE,
                Hashing.DEFAULT,
                new PromptClasses(
                        Taxonomy.BUILTIN,
                        null,
                        Stream.of(names)
                                .map(name -> new PromptClass(
                                        name,
                                        List.of(
                                                "Decide whether this insurance claim is covered by the policyholder's contract",
                                                "Assess the damage in the claim and propose a settlement",
                                                "Summarize the claim file for the adjuster and the insured")))
                                .toList()),
                OnFailure.Drop,
                null);
    }

    @Test
    void aPreviewIsInheritedAndWarnedOf() {
        ProfileResolution resolution = ProfileResolver.resolve(
                "child", Map.of("parent", previews(null, Preview.MASKED), "child", previews("parent", null))::get);

        assertThat(resolution).isInstanceOf(Resolved.class);
        assertThat(((Resolved) resolution).merged().previews()).isTrue();
        assertThat(((Resolved) resolution).warnings()).extracting(Fault::path).containsExactly("spec.preview");
    }

    @Test
    void aChildMayTakeAPreviewBackAndMayNotAskForOneAgainstItsParent() {
        assertThat(resolved(Map.of("parent", previews(null, Preview.MASKED), "child", previews("parent", Preview.NONE)))
                        .previews())
                .isFalse();
        assertThat(refused(Map.of("parent", previews(null, Preview.NONE), "child", previews("parent", Preview.MASKED))))
                .containsExactly(new Fault(
                        "spec.preview",
                        "masked, but a profile that this one extends says none: remove it here, or the none from the profile"
                                + " that \"parent\" takes it from"));
    }

    @Test
    void aPreviewWithoutEveryDetectorIsRefused() {
        assertThat(refused(Map.of(
                        "child",
                        new RedactionProfileSpec(
                                null,
                                new Detectors(
                                        List.of("secret:*", "PII:*", "PCI:*"),
                                        List.of(),
                                        List.of(),
                                        List.of(),
                                        List.of()),
                                WIDE,
                                Hashing.DEFAULT,
                                PromptClasses.BUILTIN,
                                OnFailure.Drop,
                                Preview.MASKED))))
                .singleElement()
                .satisfies(fault -> {
                    assertThat(fault.path()).isEqualTo("spec.preview");
                    assertThat(fault.message()).contains("add PHI:* to spec.detectors.enable");
                });
    }

    private static RedactionProfileSpec previews(@Nullable String parent, @Nullable Preview preview) {
        return new RedactionProfileSpec(
                parent,
                new Detectors(
                        List.of("secret:*", "PII:*", "PCI:*", "PHI:*"), List.of(), List.of(), List.of(), List.of()),
                WIDE,
                Hashing.DEFAULT,
                PromptClasses.BUILTIN,
                OnFailure.Drop,
                preview);
    }

    private static RedactionProfileSpec resolved(Map<String, RedactionProfileSpec> profiles) {
        ProfileResolution resolution = ProfileResolver.resolve("child", profiles::get);
        assertThat(resolution).isInstanceOf(Resolved.class);
        return ((Resolved) resolution).merged();
    }

    private static List<Fault> refused(Map<String, RedactionProfileSpec> profiles) {
        ProfileResolution resolution = ProfileResolver.resolve("child", profiles::get);
        assertThat(resolution).isInstanceOf(Refused.class);
        return ((Refused) resolution).faults();
    }

    private static RedactionProfileSpec profile(
            @Nullable String parent, List<String> enable, List<String> disable, List<String> optional) {
        return new RedactionProfileSpec(
                parent,
                new Detectors(enable, disable, optional, List.of(), List.of()),
                Shape.DEFAULT,
                Hashing.DEFAULT,
                PromptClasses.BUILTIN,
                OnFailure.Drop,
                null);
    }
}
