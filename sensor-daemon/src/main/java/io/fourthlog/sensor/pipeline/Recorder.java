package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.Facts;
import io.fourthlog.policy.FiredRule;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.policy.Verdict;
import io.fourthlog.policy.behaviour.BaselineFormatException;
import io.fourthlog.policy.behaviour.Behaviour;
import io.fourthlog.policy.behaviour.Limits;
import io.fourthlog.policy.behaviour.Past;
import io.fourthlog.redaction.Fingerprint;
import io.fourthlog.redaction.Profile;
import io.fourthlog.redaction.Redacted;
import io.fourthlog.redaction.RedactionEngine;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.RuntimeFiles;
import io.fourthlog.sensor.action.Session;
import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.streams.GapCause;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The last step of the pipeline: gives redacted actions their headers, asks policy about them, has denials enforced, and
 * hands events to the sink, each with the decision about it right behind.
 */
final class Recorder {
    private static final String UNRECOVERABLE = "what was not seen cannot be recovered";
    private static final String REPEATED = "too many to be told one by one; " + UNRECOVERABLE;
    private static final int MAX_WORKLOADS = 4096; // whose rules are kept resolved; a node runs hundreds of containers

    /**
     * A verdict and what became of it.
     *
     * @param error why the enforcement failed
     */
    record Judged(
            Verdict verdict,
            Enforcement enforcement,
            @Nullable String error) {}

    /** A configuration with what is derived from it once; replaced as a whole. */
    private static final class Applied {
        private final PipelineConfig config;
        private final RuntimeFiles runtimeFiles;
        private final Map<Workload, Optional<Rules>> rules = new HashMap<>();
        private final Map<Rules, RedactionEngine> engines = new HashMap<>();
        private @Nullable Workload last; // that was asked for
        private Optional<Rules> ofLast = Optional.empty();

        private Applied(final PipelineConfig config) {
            this.config = config;
            this.runtimeFiles = new RuntimeFiles(config.excludedFiles());
        }

        private Optional<Rules> rules(final Workload workload) {
            if (!Objects.equals(workload, last)) {
                ofLast = find(workload);
                last = workload;
            }
            return ofLast;
        }

        private Optional<Rules> find(final Workload workload) {
            if (rules.size() >= MAX_WORKLOADS) {
                rules.clear(); // of pods long gone, most of them
            }
            return rules.computeIfAbsent(
                    workload, each -> Optional.ofNullable(config.ruleBook().rulesFor(each)));
        }

        private RedactionEngine engine(final Rules of) {
            return engines.computeIfAbsent(of, each -> RedactionEngine.create(each.profile(), config.hmac()));
        }
    }

    private final Enforcer enforcer;
    private final EventSink sink;
    private final Clock clock;
    private final Behaviour behaviour = new Behaviour(Limits.DEFAULT);
    private final RepeatedGaps repeated = new RepeatedGaps();
    private boolean ending;
    private volatile Applied applied;

    Recorder(final PipelineConfig config, final Enforcer enforcer, final EventSink sink, final Clock clock) {
        this.applied = new Applied(config);
        this.enforcer = enforcer;
        this.sink = sink;
        this.clock = clock;
    }

    /** From the next event on, this holds; may be called on any thread. */
    void configure(final PipelineConfig config) {
        applied = new Applied(config);
    }

    /** What comes from now on is cut short by the sensor's own end: a rule that cannot be evaluated on it does not count. */
    void end() {
        ending = true;
    }

    PipelineConfig config() {
        return applied.config;
    }

    RuntimeFiles runtimeFiles() {
        return applied.runtimeFiles;
    }

    boolean covers(final Agent agent) {
        return applied.rules(agent.workload()).isPresent();
    }

    /** The engine for this process's content; {@link #covers} was asked before. */
    RedactionEngine engine(final Agent agent) {
        final Applied now = applied;
        return now.engine(now.rules(agent.workload()).orElseGet(() -> new Rules(PolicySet.EMPTY, Profile.builtin())));
    }

    byte[] exportBaselines() {
        return behaviour.export();
    }

    void restoreBaselines(final byte[] exported) throws BaselineFormatException {
        behaviour.restore(exported);
    }

    Forgotten forgotten() {
        return new Forgotten(
                behaviour.shedTraces(), behaviour.shedSessions(), behaviour.shedWorkloads(), behaviour.shedNames());
    }

    UUID newId() {
        return UuidV7.next(clock);
    }

    Header header(
            final UUID id,
            final Agent agent,
            final Cause cause,
            final Instant ts,
            final Completeness completeness,
            final Evidence evidence) {
        return header(id, agent.workload().workloadId(), cause, ts, completeness, evidence);
    }

    private Header header(
            final UUID id,
            final String workloadId,
            final Cause cause,
            final Instant ts,
            final Completeness completeness,
            final Evidence evidence) {
        final SortedMap<String, String> unknown = new TreeMap<>();
        if (cause.eventId() == null) {
            unknown.put("triggering_event_id", "root of the trace");
        }
        return new Header(
                id,
                cause.traceId(),
                ts,
                workloadId,
                cause.eventId(),
                config().sensorId(),
                Header.SCHEMA_VERSION,
                completeness,
                evidence,
                unknown);
    }

    /**
     * Judges an action that is under way, by what is known of it so far, so that a denial comes before its effect. Any
     * other verdict is left to the end, when everything is known: a rule that only fired because it could not be evaluated
     * yet does not count.
     */
    @Nullable
    Judged judgeEarly(
            final Event provisional, final Agent agent, final Cause cause, final @Nullable Destination destination) {
        final Past past = behaviour.preview(provisional, destination, cause.seenIn());
        final Verdict verdict = evaluate(provisional, agent, new Facts(past, destination));
        if (verdict == null || verdict.decision() != Decision.DENY) {
            return null;
        }
        return failed(verdict) ? null : enforce(provisional, verdict, agent, destination);
    }

    /** Whether the rule that decides only fired because it could not be evaluated. */
    private static boolean failed(final Verdict verdict) {
        final FiredRule deciding = verdict.deciding();
        return deciding != null && deciding.failure() != null;
    }

    /**
     * Judges a finished action, unless it was judged before it was finished; {@code null} if no rule is on events of its type.
     */
    @Nullable
    Judged judge(
            final Event event,
            final Agent agent,
            final Cause cause,
            final @Nullable Destination destination,
            final @Nullable Judged early) {
        final Past past = behaviour.observe(event, destination, cause.seenIn());
        if (early != null) {
            return early;
        }
        final Verdict verdict = evaluate(event, agent, new Facts(past, destination));
        return verdict == null || (ending && failed(verdict)) ? null : enforce(event, verdict, agent, destination);
    }

    private @Nullable Verdict evaluate(final Event event, final Agent agent, final Facts facts) {
        return applied.rules(agent.workload())
                .flatMap(rules -> rules.policies().evaluate(event, facts))
                .orElse(null);
    }

    private Judged enforce(
            final Event event, final Verdict verdict, final Agent agent, final @Nullable Destination destination) {
        if (verdict.decision() == Decision.DENY) {
            behaviour.denied(event);
        }
        if (verdict.overridden()) {
            return new Judged(verdict, Enforcement.OVERRIDDEN, null);
        }
        if (verdict.decision() != Decision.DENY || verdict.intent() == EnforceAction.NONE) {
            return new Judged(verdict, Enforcement.NONE, null);
        }
        final Enforcer.Outcome outcome = enforcer.enforce(
                verdict.intent(),
                new Target(
                        agent.tgid(),
                        agent.startNs(),
                        agent.workload().podCgroupPath(),
                        destination == null ? null : destination.address(),
                        destination == null ? 0 : destination.port()));
        return switch (outcome) {
            case Enforcer.Outcome.Enforced() -> new Judged(verdict, Enforcement.ENFORCED, null);
            case Enforcer.Outcome.Failed(String reason) -> new Judged(verdict, Enforcement.FAILED, reason);
        };
    }

    /** What was enforced, or failed to be. */
    private static @Nullable String action(final Judged judged) {
        return switch (judged.enforcement()) {
            case ENFORCED, FAILED -> judged.verdict().intent().name().toLowerCase(Locale.ROOT);
            case NONE, OVERRIDDEN -> null;
        };
    }

    /** {@code POLICY_ID/RULE:decision} of the rules that fired and hold. */
    static List<String> interventions(final @Nullable Judged judged) {
        if (judged == null) {
            return List.of();
        }
        return judged.verdict().fired().stream()
                .filter(rule -> rule.overriddenBy() == null && rule.decision() != Decision.ALLOW)
                .map(rule -> rule.policyId() + "/" + rule.rule() + ":"
                        + rule.decision().wire())
                .toList();
    }

    /** Hands over an event that was judged, and the decision about it. */
    void record(final Event event, final Agent agent, final @Nullable Judged judged) {
        keep(event, agent);
        if (judged == null) {
            return;
        }
        final Verdict verdict = judged.verdict();
        final FiredRule deciding = verdict.deciding();
        final Cause cause =
                Cause.begin(event.header().traceId()).then(event.header().eventId());
        Header header = header(newId(), agent, cause, clock.instant(), Completeness.COMPLETE, Evidence.OBSERVED);
        if (deciding == null) {
            header = header.withUnknown("rule_fired", "no rule fired");
        }
        keep(
                new PolicyDecision(
                        header,
                        verdict.policyId(),
                        verdict.decision(),
                        event.header().eventId(),
                        deciding == null ? null : deciding.rule(),
                        judged.enforcement(),
                        config().digest(),
                        verdict.message(),
                        deciding == null ? null : deciding.severity(),
                        action(judged),
                        judged.error()),
                agent);
    }

    /** Hands over an event, for as long as the tiers of the agent's policies say. */
    private void keep(final Event event, final Agent agent) {
        final Optional<Rules> rules = applied.rules(agent.workload());
        sink.accept(event, rules.isPresent() ? rules.get().retention().get(event.type()) : null);
    }

    /** Judges a finished action, unless it was judged before it was finished, and hands it over. */
    void judgeAndRecord(
            final Event event,
            final Agent agent,
            final Cause cause,
            final @Nullable Destination destination,
            final @Nullable Judged early) {
        record(event, agent, judge(event, agent, cause, destination, early));
    }

    /** The same of an event that left no connection, when it has happened. */
    void judgeAndRecord(final Event event, final Agent agent, final Cause cause) {
        judgeAndRecord(event, agent, cause, null, null);
    }

    /** Something went wrong in what an agent did. */
    void error(final Agent agent, final Cause originating, final Instant ts, final String errorClass) {
        final Map<String, String> unknown = new TreeMap<>();
        unknown.put("recovery_action", "what the agent did about it is in the events that follow");
        if (originating.eventId() == null) {
            unknown.put("originating_event_id", "not tied to one event");
        }
        final Header header = header(newId(), agent, originating, ts, Completeness.COMPLETE, Evidence.OBSERVED)
                .withUnknown(unknown);
        judgeAndRecord(new ErrorEvent(header, errorClass, originating.eventId(), null, null), agent, originating);
    }

    /** Something an agent did was not seen; {@code missingBytes} is -1 if not known. */
    void gap(
            final Agent agent,
            final Cause cause,
            final @Nullable UUID originating,
            final GapCause gapCause,
            final Instant from,
            final Instant to,
            final long missingBytes) {
        gap(agent, cause, originating, gapCause, from, to, missingBytes, UNRECOVERABLE);
    }

    /** The same, with a reason of the sensor's own for why nothing can be done about it, or what could be. */
    void gap(
            final Agent agent,
            final Cause cause,
            final @Nullable UUID originating,
            final GapCause gapCause,
            final Instant from,
            final Instant to,
            final long missingBytes,
            final String why) {
        final Long bytes = missingBytes < 0 ? null : missingBytes;
        if (originating == null && !repeated.mayBeTold(agent, gapCause, cause, from, to, bytes)) {
            return;
        }
        final Header header = header(newId(), agent, cause, to, Completeness.gap(bytes), Evidence.OBSERVED);
        judgeAndRecord(gapEvent(header, originating, gapCause, from, to, bytes, null, why), agent, cause);
    }

    /** Records what an agent's gaps that were too many to be told one by one come to. */
    void sumGaps(final Agent agent) {
        repeated.take(agent).forEach(sum -> record(agent, sum));
    }

    /** The same of all agents; from then on gaps are told one by one again. */
    void sumGaps() {
        repeated.takeAll().forEach((agent, sums) -> sums.forEach(sum -> record(agent, sum)));
    }

    private void record(final Agent agent, final RepeatedGaps.Sum sum) {
        final Header header =
                header(newId(), agent, sum.last(), sum.to(), Completeness.gap(sum.bytes()), Evidence.OBSERVED);
        judgeAndRecord(
                gapEvent(header, null, sum.gapCause(), sum.from(), sum.to(), sum.bytes(), sum.gaps(), REPEATED),
                agent,
                sum.last());
    }

    /** Something on this node was not seen, and whose it was is not known. */
    void gap(
            final GapCause gapCause,
            final String place,
            final Instant at,
            final @Nullable Long bytes,
            final @Nullable Long events) {
        final Header header = header(
                newId(),
                "proc://" + config().sensorId() + place,
                Cause.begin(Session.newTraceId()),
                at,
                Completeness.gap(bytes),
                Evidence.OBSERVED);
        sink.accept(gapEvent(header, null, gapCause, at, at, bytes, events, UNRECOVERABLE));
    }

    private static ErrorEvent gapEvent(
            final Header header,
            final @Nullable UUID originating,
            final GapCause gapCause,
            final Instant from,
            final Instant to,
            final @Nullable Long bytes,
            final @Nullable Long events,
            final String why) {
        final Map<String, String> unknown = new TreeMap<>();
        unknown.put("recovery_action", why);
        if (originating == null) {
            unknown.put("originating_event_id", "not tied to one event");
        }
        final Gap gap = new Gap(from, to.isBefore(from) ? from : to, bytes, events);
        return new ErrorEvent(header.withUnknown(unknown), gapCause.errorClass(), originating, null, gap);
    }

    /** The fingerprint of a redacted part, as an event carries it. */
    static PartFingerprint fingerprint(final String part, final Redacted redacted) {
        final Fingerprint print = redacted.fingerprint();
        return new PartFingerprint(
                part, print.bytes(), print.sha256(), print.normalizedSha256(), print.keyedHash(), print.winnow());
    }

    /** SHA-256 of the content, keyed where a bare hash could be guessed; {@code null} for content that was dropped. */
    static @Nullable String contentHash(final Redacted redacted) {
        final Fingerprint print = redacted.fingerprint();
        return print.sha256() != null ? print.sha256() : print.keyedHash();
    }
}
