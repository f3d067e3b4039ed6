package io.fourthlog.policy;

import static dev.cel.common.types.SimpleType.BOOL;
import static dev.cel.common.types.SimpleType.INT;
import static dev.cel.common.types.SimpleType.STRING;
import static dev.cel.common.types.SimpleType.TIMESTAMP;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The structs that rules read: {@code event} for each type of event, with the wire names of its fields, and
 * {@code trace}. A field of the schema that is unknown is an error when it is read and false to {@code has()}.
 */
final class Shapes {

    private static final ListType STRINGS = ListType.create(STRING);

    /** Where an action went, with {@code external} false and empty names when it went nowhere. */
    record Place(String host, String address, long port, boolean external) {
        static final Place NOWHERE = new Place("", "", 0, false);

        static Place of(Destination destination) {
            return new Place(
                    destination.host(),
                    destination.address() == null ? "" : destination.address(),
                    destination.port(),
                    destination.external());
        }
    }

    /** An event together with what a rule may know beside it. */
    record Subject(Event event, Facts facts) {
        @Nullable
        Destination destination() {
            final Destination known = facts.destination();
            return known == null && event instanceof ModelInvocation model ? model.destination() : known;
        }
    }

    static final Shape<Place> DESTINATION = Shape.<Place>named("fourthlog.Destination")
            .field("host", STRING, Place::host)
            .field("address", STRING, Place::address)
            .field("port", INT, Place::port)
            .field("external", BOOL, Place::external)
            .build();

    static final Shape<RequestedTool> REQUESTED_TOOL = Shape.<RequestedTool>named("fourthlog.RequestedTool")
            .field("name", STRING, RequestedTool::name)
            .optional("call_id", STRING, RequestedTool::callId, "")
            .build();

    static final Shape<TraceView> TRACE = Shape.<TraceView>named("fourthlog.Trace")
            .field("sensitivity", STRINGS, TraceView::sensitivity)
            .field("tools", STRINGS, TraceView::tools)
            .field("resources", STRINGS, TraceView::resources)
            .field("hosts", STRINGS, TraceView::hosts)
            .build();

    private static final Map<EventType, Shape<Subject>> EVENTS = new EnumMap<>(Map.of(
            EventType.TOOL_INVOCATION,
            of(EventType.TOOL_INVOCATION, ToolInvocation.class)
                    .field("agent_session_id", STRING, ToolInvocation::agentSessionId)
                    .field("tool_name", STRING, ToolInvocation::toolName)
                    .field("tool_version", STRING, ToolInvocation::toolVersion)
                    .field("param_sensitivity", STRINGS, ToolInvocation::paramSensitivity)
                    .field("target_resource_type", STRING, ToolInvocation::targetResourceType)
                    .field("return_status", STRING, ToolInvocation::returnStatus)
                    .field("return_size", INT, ToolInvocation::returnSize)
                    .field("return_hash", STRING, ToolInvocation::returnHash)
                    .field("duration_ms", INT, ToolInvocation::durationMs)
                    .optional("call_id", STRING, ToolInvocation::callId, "")
                    .optional("param_hash", STRING, ToolInvocation::paramHash, "")
                    .optional("server", STRING, ToolInvocation::destination, "")
                    .build(),
            EventType.MODEL_INVOCATION,
            of(EventType.MODEL_INVOCATION, ModelInvocation.class)
                    .field("agent_session_id", STRING, ModelInvocation::agentSessionId)
                    .field("model_id", STRING, ModelInvocation::modelId)
                    .field("prompt_class", STRING, ModelInvocation::promptClass)
                    .field("prompt_token_count", INT, ModelInvocation::promptTokenCount)
                    .field("input_sensitivity", STRINGS, ModelInvocation::inputSensitivity)
                    .field("output_token_count", INT, ModelInvocation::outputTokenCount)
                    .field("output_sensitivity", STRINGS, ModelInvocation::outputSensitivity)
                    .field("output_hash", STRING, ModelInvocation::outputHash)
                    .field(
                            "tools_requested",
                            ListType.create(REQUESTED_TOOL.type()),
                            model -> model.toolsRequested().stream()
                                    .map(tool -> new ShapedValue<>(REQUESTED_TOOL, tool))
                                    .toList())
                    .optional(
                            "http_status",
                            INT,
                            model -> model.httpStatus() == null
                                    ? null
                                    : model.httpStatus().longValue(),
                            0L)
                    .build(),
            EventType.DATA_ACCESS,
            of(EventType.DATA_ACCESS, DataAccess.class)
                    .field("resource_uri", STRING, DataAccess::resourceUri)
                    .field("resource_type", STRING, access -> resourceType(access.resourceUri()))
                    .field("access_mode", STRING, DataAccess::accessMode)
                    .field("row_count", INT, DataAccess::rowCount)
                    .field("byte_count", INT, DataAccess::byteCount)
                    .field("sensitivity_tags_resolved", STRINGS, DataAccess::sensitivityTagsResolved)
                    .build(),
            EventType.IDENTITY_ASSERTION,
            of(EventType.IDENTITY_ASSERTION, IdentityAssertion.class)
                    .field("service_account", STRING, IdentityAssertion::serviceAccount)
                    .field("federated_identity", STRING, IdentityAssertion::federatedIdentity)
                    .field("asserted_scope", STRINGS, IdentityAssertion::assertedScope)
                    .field("granted_scope", STRINGS, IdentityAssertion::grantedScope)
                    .build(),
            EventType.ERROR,
            of(EventType.ERROR, ErrorEvent.class)
                    .field("error_class", STRING, ErrorEvent::errorClass)
                    .field("originating_event_id", STRING, error -> text(error.originatingEventId()))
                    .field("recovery_action", STRING, ErrorEvent::recoveryAction)
                    .build()));

    private Shapes() {}

    /** The shapes of {@code event} for the types that rules can be on: all but a policy's own decisions. */
    static Map<EventType, Shape<Subject>> events() {
        return EVENTS;
    }

    /** The types of what rules read, beside {@code event} itself. */
    static List<CelType> types() {
        return List.of(DESTINATION.type(), REQUESTED_TOOL.type(), TRACE.type());
    }

    static ShapedValue<Subject> event(Event event, Facts facts) {
        final Shape<Subject> shape = EVENTS.get(event.type());
        if (shape == null) {
            throw new IllegalArgumentException(
                    "no rule can be on " + event.type().wire());
        }
        return new ShapedValue<>(
                shape,
                new Subject(event, facts),
                field -> event.header().unknown().getOrDefault(field, "not set"));
    }

    static ShapedValue<TraceView> trace(TraceView trace) {
        return new ShapedValue<>(TRACE, trace);
    }

    /** The scheme of a resource URI: {@code file}, {@code postgres}, … */
    private static String resourceType(String uri) {
        final int colon = uri.indexOf(':');
        return colon < 0 ? "" : uri.substring(0, colon);
    }

    private static @Nullable String text(@Nullable UUID id) {
        return id == null ? null : id.toString();
    }

    private static <E extends Event> EventFields<E> of(EventType type, Class<E> kind) {
        return new EventFields<>(type, kind);
    }

    /** Collects the fields of one type of event, after those that all types have. */
    private static final class EventFields<E extends Event> {
        private final Class<E> kind;
        private final Shape.Builder<Subject> shape;

        private EventFields(EventType type, Class<E> kind) {
            this.kind = kind;
            this.shape = Shape.<Subject>named("fourthlog." + type.wire())
                    .field(
                            "event_type",
                            STRING,
                            subject -> subject.event().type().wire())
                    .field(
                            "event_id",
                            STRING,
                            subject -> text(subject.event().header().eventId()))
                    .field(
                            "trace_id",
                            STRING,
                            subject -> subject.event().header().traceId())
                    .field("ts", TIMESTAMP, subject -> subject.event().header().ts())
                    .field(
                            "workload_id",
                            STRING,
                            subject -> subject.event().header().workloadId())
                    .field(
                            "triggering_event_id",
                            STRING,
                            subject -> text(subject.event().header().triggeringEventId()))
                    .field(
                            "sensor_id",
                            STRING,
                            subject -> subject.event().header().sensorId())
                    .field(
                            "completeness",
                            STRING,
                            subject -> subject.event().header().completeness().wire())
                    .field(
                            "evidence",
                            STRING,
                            subject -> subject.event().header().evidence().wire())
                    .optional(
                            "destination",
                            DESTINATION.type(),
                            subject -> {
                                final Destination destination = subject.destination();
                                return destination == null
                                        ? null
                                        : new ShapedValue<>(DESTINATION, Place.of(destination));
                            },
                            new ShapedValue<>(DESTINATION, Place.NOWHERE));
        }

        private EventFields<E> field(String name, CelType type, Function<E, ? extends @Nullable Object> read) {
            shape.field(name, type, subject -> read.apply(kind.cast(subject.event())));
            return this;
        }

        private EventFields<E> optional(
                String name, CelType type, Function<E, ? extends @Nullable Object> read, Object whenAbsent) {
            shape.optional(name, type, subject -> read.apply(kind.cast(subject.event())), whenAbsent);
            return this;
        }

        private Shape<Subject> build() {
            return shape.build();
        }
    }
}
