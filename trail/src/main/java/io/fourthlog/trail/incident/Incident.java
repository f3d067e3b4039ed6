package io.fourthlog.trail.incident;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.JsonFragment;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.trail.reading.Found;
import io.fourthlog.trail.reading.LoggedEvent;
import io.fourthlog.trail.reading.TrailScan;
import io.fourthlog.trail.trace.Essentials;
import io.fourthlog.trail.trace.TraceTree;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The ninety-day test: five questions that an incident asks, answered from the events of some traces alone. What was not seen
 * is a caveat of every answer that it could change.
 */
public final class Incident {

    private static final String INPUT = "input.";

    private final Found found;
    private final List<LoggedEvent> events;
    private final List<String> blindSpots;

    public Incident(Found found) {
        this.found = found;
        this.events = found.traces().values().stream()
                .flatMap(List::stream)
                .sorted(LoggedEvent.BY_TIME)
                .toList();
        this.blindSpots = blindSpots();
    }

    /** What no answer can know about. */
    private List<String> blindSpots() {
        final Set<String> spots = new LinkedHashSet<>();
        for (final LoggedEvent logged : Stream.concat(events.stream(), found.gaps().stream())
                .sorted(LoggedEvent.BY_TIME)
                .toList()) {
            if (logged.event() instanceof ErrorEvent error && TrailScan.isGap(error)) {
                spots.add(error.errorClass() + " at " + logged.ts()
                        + (error.gap() == null ? "" : ": " + Essentials.unseen(error.gap()) + " not seen"));
            }
        }
        if (!found.unreadable().isEmpty()) {
            spots.add(found.unreadable().size() + " leaves are no events, the first: "
                    + found.unreadable().getFirst());
        }
        found.expired().forEach(gone -> spots.add(gone.text()));
        found.sealed().forEach((why, count) -> spots.add(count + (count == 1 ? " event is " : " events are ") + why));
        if (found.traces().isEmpty()) {
            spots.add("no event of the trail fits the question");
        }
        return List.copyOf(spots);
    }

    private <E extends Event> List<E> all(Class<E> type) {
        return events.stream()
                .map(LoggedEvent::event)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    private List<String> caveats() {
        return new ArrayList<>(blindSpots);
    }

    private static Map<String, Object> fields(Event event) {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("event_id", event.header().eventId().toString());
        fields.put("trace_id", event.header().traceId());
        fields.put("ts", event.header().ts().toString());
        return fields;
    }

    private static String at(Event event) {
        return event.header().ts() + "  ";
    }

    private static void put(Map<String, Object> fields, String name, @Nullable Object value) {
        if (value != null) {
            fields.put(name, value);
        }
    }

    /** What was not learnt of a field, as the event says why. */
    private static Optional<String> unknown(Event event, String field) {
        return Optional.ofNullable(event.header().unknown().get(field));
    }

    /** What triggered it: the roots of the traces. */
    public Answer trigger() {
        final List<Answer.Fact> facts = new ArrayList<>();
        final List<String> caveats = caveats();
        for (final List<LoggedEvent> trace : found.traces().values()) {
            for (final TraceTree.Node node : TraceTree.of(trace)) {
                final Event event = node.logged().event();
                if (node.oddity() != null) {
                    caveats.add(event.header().eventId() + ": " + node.oddity().text());
                }
                if (node.depth() == 0 && !TrailScan.isGap(event)) {
                    final Map<String, Object> fields = fields(event);
                    fields.put("event_type", event.type().wire());
                    fields.put("workload_id", event.header().workloadId());
                    facts.add(new Answer.Fact(
                            at(event) + Essentials.label(event) + ": " + Essentials.of(event)
                                    + unknown(event, "triggering_event_id")
                                            .map(why -> " (" + why + ")")
                                            .orElse(""),
                            fields));
                }
            }
        }
        return Answer.of("What triggered it?", facts, caveats);
    }

    /** Every tool in order, with the shape of its parameters. */
    public Answer tools() {
        final List<Answer.Fact> facts = new ArrayList<>();
        final List<String> caveats = caveats();
        final Set<String> seenCalls = new HashSet<>();
        final Set<Run> seen = new HashSet<>();
        for (final ToolInvocation tool : all(ToolInvocation.class)) {
            if (tool.callId() != null) {
                seenCalls.add(tool.callId());
            }
            seen.add(new Run(tool.header().traceId(), tool.toolName()));
            seen.add(new Run(String.valueOf(tool.header().triggeringEventId()), tool.toolName()));
        }
        for (final LoggedEvent logged : events) {
            switch (logged.event()) {
                case ToolInvocation tool -> {
                    final Map<String, Object> fields = fields(tool);
                    fields.put("tool_name", tool.toolName());
                    fields.put("ran", true);
                    put(fields, "param_schema", text(tool.paramSchema()));
                    put(fields, "return_status", tool.returnStatus());
                    put(fields, "return_size", tool.returnSize());
                    facts.add(new Answer.Fact(at(tool) + Essentials.of(tool), fields));
                    unknown(tool, "param_schema")
                            .ifPresent(why -> caveats.add("the parameters of " + tool.toolName() + ": " + why));
                }
                case ModelInvocation model -> {
                    for (final RequestedTool tool : model.toolsRequested()) {
                        final boolean ran = (tool.callId() != null && seenCalls.contains(tool.callId()))
                                || seen.contains(new Run(model.header().traceId(), tool.name()))
                                || seen.contains(
                                        new Run(model.header().eventId().toString(), tool.name()));
                        if (!ran) {
                            final Map<String, Object> fields = fields(model);
                            fields.put("tool_name", tool.name());
                            fields.put("ran", false);
                            put(fields, "param_schema", text(tool.paramSchema()));
                            facts.add(new Answer.Fact(
                                    at(model) + Essentials.call(tool.name(), tool.paramSchema())
                                            + " · the model asked for it, and it was not seen to run",
                                    fields));
                        }
                    }
                    partlySeen(model, caveats);
                }
                default -> {}
            }
        }
        return Answer.of("Which tools ran, in order, and with what shape of parameters?", facts, caveats);
    }

    /**
     * A tool that ran. Protocols of tools have call ids of their own, so where the model's does not come again a name has to do, of the same
     * trace, or of what the model's answer led to.
     *
     * @param within the trace, or the event that led to it
     */
    private record Run(String within, String name) {}

    private static @Nullable String text(@Nullable JsonFragment fragment) {
        return fragment == null ? null : fragment.json();
    }

    private static void partlySeen(Event event, List<String> caveats) {
        if (event.header().completeness().gap()) {
            caveats.add("of " + Essentials.label(event) + " " + event.header().eventId() + " not all was seen");
        }
    }

    /** Every resource, with how much of it was read or written. */
    public Answer resources() {
        final Map<String, Access> accesses = new LinkedHashMap<>();
        final List<String> caveats = caveats();
        for (final DataAccess data : all(DataAccess.class)) {
            accesses.computeIfAbsent(data.accessMode() + " " + data.resourceUri(), _ -> new Access(data))
                    .add(data);
            unknown(data, "byte_count").ifPresent(why -> caveats.add("how much of " + data.resourceUri() + ": " + why));
            partlySeen(data, caveats);
        }
        return Answer.of(
                "Which resources were touched, and how much was read?",
                accesses.values().stream().map(Access::fact).toList(),
                caveats);
    }

    /** Accesses of one resource in one mode. */
    private static final class Access {

        private final DataAccess first;
        private final Set<String> tags = new TreeSet<>();
        private long bytes;
        private int times;
        private int unknown; // accesses of which the bytes are not known

        private Access(DataAccess first) {
            this.first = first;
        }

        private void add(DataAccess data) {
            times++;
            tags.addAll(data.sensitivityTagsResolved());
            if (data.byteCount() == null) {
                unknown++;
            } else {
                bytes += data.byteCount();
            }
        }

        private Answer.Fact fact() {
            final Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("resource_uri", first.resourceUri());
            fields.put("access_mode", first.accessMode());
            fields.put("accesses", times);
            fields.put("byte_count", bytes);
            fields.put("accesses_of_unknown_size", unknown);
            fields.put("sensitivity", List.copyOf(tags));
            return new Answer.Fact(
                    first.accessMode() + " " + first.resourceUri() + ": " + (unknown > 0 ? "at least " : "")
                            + Essentials.bytes(bytes) + " in " + times + (times == 1 ? " access" : " accesses")
                            + (tags.isEmpty() ? "" : " · holds " + String.join(" ", tags)),
                    fields);
        }
    }

    /**
     * Whether a document left through a model call.
     *
     * @param call only this one; all calls when empty
     */
    public Answer leak(Optional<Document> document, Optional<UUID> call) {
        final String question = "Did the document leave through a model call?";
        if (document.isEmpty()) {
            return new Answer(
                    question, Answer.Certainty.UNKNOWN, List.of(), List.of("no document was given: --document FILE"));
        }
        final Document sought = document.get();
        final List<Answer.Fact> facts = new ArrayList<>();
        final Set<String> caveats = new LinkedHashSet<>(blindSpots);
        int calls = 0;
        int parts = 0;
        for (final ModelInvocation model : all(ModelInvocation.class)) {
            if (call.filter(id -> !id.equals(model.header().eventId())).isPresent()) {
                continue;
            }
            calls++;
            final List<String> unseen = new ArrayList<>();
            partlySeen(model, unseen);
            caveats.addAll(unseen);
            final List<PartFingerprint> sent = model.fingerprints().stream()
                    .filter(part -> part.part().startsWith(INPUT))
                    .toList();
            if (sent.isEmpty()) {
                caveats.add("of model call " + model.header().eventId() + " no text part was recorded");
            }
            parts += sent.size();
            sent.forEach(part -> compare(sought, model, part, facts, caveats));
        }
        if (call.isPresent() && calls == 0) {
            caveats.add("there is no model call " + call.get() + " in these traces");
        }
        final boolean left = !facts.isEmpty();
        facts.addFirst(summary(sought, left, calls, parts));
        entered(sought).forEach(facts::add);
        final Answer.Certainty negative = caveats.isEmpty() ? Answer.Certainty.COMPLETE : Answer.Certainty.GAPS;
        return new Answer(
                question,
                parts == 0 ? Answer.Certainty.UNKNOWN : left ? Answer.Certainty.COMPLETE : negative,
                facts,
                left ? List.of() : List.copyOf(caveats));
    }

    private static Answer.Fact summary(Document sought, boolean left, int calls, int parts) {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("document", sought.name());
        fields.put("sha256", sought.sha256());
        fields.put("left", left);
        fields.put("model_calls", calls);
        fields.put("parts_compared", parts);
        return new Answer.Fact(
                (left ? "YES: " : "not found: ") + sought.name() + " was compared with " + parts
                        + (parts == 1 ? " text part" : " text parts") + " that went to models in " + calls
                        + (calls == 1 ? " call" : " calls"),
                fields);
    }

    private void compare(
            Document sought,
            ModelInvocation model,
            PartFingerprint part,
            List<Answer.Fact> facts,
            Set<String> caveats) {
        final Map<String, Object> fields = fields(model);
        fields.put("part", part.part());
        put(fields, "destination", model.destination() == null ? null : Essentials.place(model.destination()));
        final String how;
        switch (sought.compare(part)) {
            case Document.Likeness.Exact exact -> {
                how = "is the document, byte for byte";
                fields.put("likeness", "exact");
            }
            case Document.Likeness.Normalized normalized -> {
                how = "is the document but for white space";
                fields.put("likeness", "normalized");
            }
            case Document.Likeness.Excerpt excerpt -> {
                how = "has text in common with the document: " + excerpt.matched() + " of its " + excerpt.recorded()
                        + " fingerprints";
                fields.put("likeness", "excerpt");
                fields.put("matched", excerpt.matched());
                fields.put("recorded", excerpt.recorded());
            }
            case Document.Likeness.None none -> {
                return;
            }
            case Document.Likeness.Unknown(String why) -> {
                caveats.add(why);
                return;
            }
        }
        final Optional<PolicyDecision> denial = denial(model);
        denial.ifPresent(decision -> fields.put("denied", decision.enforcement().wire()));
        facts.add(new Answer.Fact(
                at(model) + part.part() + " (" + Essentials.bytes(part.bytes()) + ") to "
                        + Objects.requireNonNullElse(model.modelId(), "a model")
                        + (model.destination() == null ? "" : " at " + Essentials.place(model.destination())) + " "
                        + how
                        + denial.map(decision -> "; policy denied the call: " + Essentials.enforcement(decision))
                                .orElse(""),
                fields));
    }

    private Optional<PolicyDecision> denial(ModelInvocation model) {
        return all(PolicyDecision.class).stream()
                .filter(decision -> decision.decision() == Decision.DENY
                        && decision.enforcement() != Enforcement.NONE
                        && decision.evaluatedEventId().equals(model.header().eventId()))
                .findFirst();
    }

    /** Where the agent had the document from. */
    private List<Answer.Fact> entered(Document sought) {
        return all(ToolInvocation.class).stream()
                .filter(tool -> sought.hasHash(tool.returnHash()))
                .map(tool -> {
                    final Map<String, Object> fields = fields(tool);
                    fields.put("returned_by", tool.toolName());
                    return new Answer.Fact(at(tool) + "the agent had it from the tool " + tool.toolName(), fields);
                })
                .toList();
    }

    /** Who acted, and as whom. */
    public Answer identity() {
        final List<Answer.Fact> facts = new ArrayList<>();
        final List<String> caveats = caveats();
        events.stream()
                .map(logged -> logged.event().header().workloadId())
                .distinct()
                .forEach(workload ->
                        facts.add(new Answer.Fact("workload " + workload, Map.of("workload_id", workload))));
        final List<IdentityAssertion> assertions = all(IdentityAssertion.class);
        for (final IdentityAssertion identity : assertions) {
            final Map<String, Object> fields = fields(identity);
            put(fields, "service_account", identity.serviceAccount());
            put(fields, "federated_identity", identity.federatedIdentity());
            put(fields, "asserted_scope", identity.assertedScope());
            put(fields, "granted_scope", identity.grantedScope());
            put(fields, "request", identity.request());
            put(fields, "client_address", identity.clientAddress());
            facts.add(new Answer.Fact(at(identity) + Essentials.of(identity), fields));
            for (final String field : List.of("service_account", "federated_identity", "granted_scope")) {
                unknown(identity, field).ifPresent(why -> caveats.add(field + ": " + why));
            }
        }
        if (assertions.isEmpty() && !events.isEmpty()) {
            caveats.add("no credential was seen in these traces");
        }
        return Answer.of(
                "Under which identity?", facts, caveats.stream().distinct().toList());
    }
}
