package io.fourthlog.e2e;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Holds the table of modules: which room may use which. Maven holds it for jars, this holds it for packages. */
final class ModuleTableTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.fourthlog");

    @Test
    void everyRoomUsesOnlyTheRoomsOfItsRow() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("action-log")
                .definedBy("io.fourthlog.actionlog..")
                .layer("fingerprint")
                .definedBy("io.fourthlog.fingerprint..")
                .layer("monitoring")
                .definedBy("io.fourthlog.monitoring..")
                .layer("redaction-engine")
                .definedBy("io.fourthlog.redaction..")
                .layer("policy-evaluator")
                .definedBy("io.fourthlog.policy..")
                .layer("crds")
                .definedBy("io.fourthlog.api..")
                .layer("operator")
                .definedBy("io.fourthlog.operator..")
                .layer("sensor-daemon")
                .definedBy("io.fourthlog.sensor..")
                .layer("trail")
                .definedBy("io.fourthlog.trail..")
                .whereLayer("action-log")
                .mayNotAccessAnyLayer()
                .whereLayer("fingerprint")
                .mayNotAccessAnyLayer()
                .whereLayer("monitoring")
                .mayNotAccessAnyLayer()
                .whereLayer("redaction-engine")
                .mayOnlyAccessLayers("fingerprint")
                .whereLayer("crds")
                .mayOnlyAccessLayers("action-log", "policy-evaluator", "redaction-engine")
                .whereLayer("policy-evaluator")
                .mayOnlyAccessLayers("action-log")
                .whereLayer("operator")
                .mayOnlyAccessLayers("action-log", "crds", "monitoring", "policy-evaluator", "redaction-engine")
                .whereLayer("sensor-daemon")
                .mayOnlyAccessLayers("action-log", "crds", "monitoring", "policy-evaluator", "redaction-engine")
                .whereLayer("trail")
                .mayOnlyAccessLayers("action-log", "fingerprint", "monitoring", "policy-evaluator")
                .check(CLASSES);
    }

    @Test
    void noPackageIsInACycle() {
        slices().matching("io.fourthlog.(**)").should().beFreeOfCycles().check(CLASSES);
    }
}
