package io.fourthlog.operator.retentiontier;

import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import io.fourthlog.api.Retention;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.api.RetentionTierSpec.Periods;
import io.fourthlog.api.RetentionTierStatus.Effective;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.retentiontier.TierResolution.Refused;
import io.fourthlog.operator.retentiontier.TierResolution.Resolved;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds how long each type of event is really kept: as the spec says, but never shorter than a framework's floor. What the spec says
 * below a floor is refused with the clause's name; what it leaves out is the highest floor, or else a default of ours.
 */
public final class TierResolver {

    private static final Period DEFAULT_HOT = new Period(new Retention("30d"), "the default");
    private static final Period DEFAULT_COLD = new Period(new Retention("90d"), "the default");

    private final RetentionTierSpec spec;
    private final List<Framework> frameworks = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();

    private TierResolver(RetentionTierSpec spec) {
        this.spec = spec;
    }

    public static TierResolution resolve(RetentionTierSpec spec) {
        return new TierResolver(spec).resolve();
    }

    private record Period(Retention retention, String decidedBy) {}

    private TierResolution resolve() {
        for (int i = 0; i < spec.frameworks().size(); i++) {
            Optional<Framework> framework = Framework.of(spec.frameworks().get(i));
            framework.ifPresent(frameworks::add);
            if (framework.isEmpty()) {
                faults.add(new Fault(
                        "spec.frameworks[" + i + "]", spec.frameworks().get(i) + " is not known"));
            }
        }
        Optional<Period> hotFloor = floor(Framework::hot);
        Optional<Period> coldFloor = floor(Framework::cold);
        checkDefault("spec.hot", spec.hot(), hotFloor);
        checkDefault("spec.cold", spec.cold(), coldFloor);
        List<Effective> effective = new ArrayList<>();
        Map<EventKind, Retention> hots = new EnumMap<>(EventKind.class);
        Map<EventKind, Retention> colds = new EnumMap<>(EventKind.class);
        for (EventKind kind : EventKind.values()) {
            Period hot = decide("spec.hot", spec.hot(), kind, hotFloor).orElse(DEFAULT_HOT);
            Optional<Period> written = decide("spec.cold", spec.cold(), kind, coldFloor);
            Period cold = written.orElse(DEFAULT_COLD);
            if (cold.retention().compareTo(hot.retention()) < 0) {
                if (written.isPresent() && written.get().decidedBy().startsWith("spec.")) {
                    faults.add(new Fault(
                            cold.decidedBy(),
                            cold.retention() + " is shorter than the " + hot.retention() + " of " + hot.decidedBy()
                                    + ": keep " + kind.wire() + " cold at least as long as hot"));
                }
                cold = hot;
            }
            hots.put(kind, hot.retention());
            colds.put(kind, cold.retention());
            effective.add(new Effective(kind, hot.retention(), hot.decidedBy(), cold.retention(), cold.decidedBy()));
        }
        return faults.isEmpty()
                ? new Resolved(
                        new RetentionTierSpec(
                                spec.frameworks(),
                                periods(hots),
                                periods(colds),
                                spec.held() || spec.sealed() ? spec.erasure() : null),
                        effective)
                : new Refused(faults);
    }

    private Optional<Period> floor(Function<Framework, @Nullable Retention> side) {
        Period highest = null;
        for (Framework framework : frameworks) {
            Retention floor = side.apply(framework);
            if (floor != null && (highest == null || floor.compareTo(highest.retention()) > 0)) {
                highest = new Period(floor, framework.clause());
            }
        }
        return Optional.ofNullable(highest);
    }

    private void checkDefault(String side, Periods periods, Optional<Period> floor) {
        if (periods.byDefault() != null) {
            checkFloor(new Period(periods.byDefault(), side + ".default"), floor);
        }
    }

    private Optional<Period> decide(String side, Periods periods, EventKind kind, Optional<Period> floor) {
        Retention own = periods.own(kind);
        if (own != null) {
            Period period = new Period(own, side + "." + kind.wire());
            checkFloor(period, floor);
            return Optional.of(period);
        }
        return periods.byDefault() == null ? floor : Optional.of(new Period(periods.byDefault(), side + ".default"));
    }

    private void checkFloor(Period written, Optional<Period> floor) {
        if (floor.isPresent() && written.retention().compareTo(floor.get().retention()) < 0) {
            faults.add(new Fault(
                    written.decidedBy(),
                    written.retention() + " is shorter than the " + floor.get().retention() + " that "
                            + floor.get().decidedBy() + " asks for: raise it, or leave it out"));
        }
    }

    private static Periods periods(Map<EventKind, Retention> of) {
        return new Periods(
                null,
                of.get(EventKind.TOOL_INVOCATION),
                of.get(EventKind.MODEL_INVOCATION),
                of.get(EventKind.DATA_ACCESS),
                of.get(EventKind.POLICY_DECISION),
                of.get(EventKind.IDENTITY_ASSERTION),
                of.get(EventKind.ERROR));
    }
}
