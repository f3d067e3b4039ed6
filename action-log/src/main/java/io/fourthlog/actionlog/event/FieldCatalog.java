package io.fourthlog.actionlog.event;

import static io.fourthlog.actionlog.event.Field.always;
import static io.fourthlog.actionlog.event.Field.alwaysInt;
import static io.fourthlog.actionlog.event.Field.extension;
import static io.fourthlog.actionlog.event.Field.extensionList;
import static io.fourthlog.actionlog.event.Field.nullable;
import static io.fourthlog.actionlog.event.WireType.BOOLEAN;
import static io.fourthlog.actionlog.event.WireType.CONTENT_HASH;
import static io.fourthlog.actionlog.event.WireType.COUNT;
import static io.fourthlog.actionlog.event.WireType.EVENT_ID;
import static io.fourthlog.actionlog.event.WireType.FRAGMENT;
import static io.fourthlog.actionlog.event.WireType.LABELLED_HASH;
import static io.fourthlog.actionlog.event.WireType.SHA_256;
import static io.fourthlog.actionlog.event.WireType.TEXT;
import static io.fourthlog.actionlog.event.WireType.TIMESTAMP;

import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Every field of every event: the one place that the codec, {@code docs/schema/event.schema.json} and
 * {@code docs/events.md} take names, kinds and meanings from.
 */
final class FieldCatalog {

    static final String EVENT_TYPE = "event_type";

    /** Any type, for readers that do not know yet which event they have. */
    static final WireType<EventType> TYPES = WireType.choice(EventType.values(), EventType::wire);

    // The header

    private static final Field<Event, UUID> EVENT = always(
            "event_id", WireType.UUID_V7, e -> e.header().eventId(), "Identifies the event: a UUIDv7 (RFC 9562).");
    private static final Field<Event, String> TRACE = always(
            "trace_id",
            WireType.TRACE_ID,
            e -> e.header().traceId(),
            "W3C trace id. From the captured request if it carried one, else from the triggering event, else new.");
    private static final Field<Event, Instant> TS =
            always("ts", TIMESTAMP, e -> e.header().ts(), "When it happened: RFC 3339, UTC, microseconds.");
    private static final Field<Event, String> WORKLOAD = always(
            "workload_id",
            WireType.WORKLOAD_ID,
            e -> e.header().workloadId(),
            "Who: `k8s://CLUSTER/NAMESPACE/KIND/NAME/POD/CONTAINER` with the pod's top controller as KIND/NAME, or `proc://…`.");
    private static final Field<Event, UUID> TRIGGER = nullable(
            "triggering_event_id",
            EVENT_ID,
            e -> e.header().triggeringEventId(),
            "The event that led to this one. Unknown at the root of a trace.");
    private static final Field<Event, String> SENSOR =
            always("sensor_id", TEXT, e -> e.header().sensorId(), "The sensor that saw it, and whose log it is in.");
    private static final Field<Event, Integer> VERSION = always(
            "schema_version",
            WireType.integer(1, Integer.MAX_VALUE),
            e -> e.header().schemaVersion(),
            "The version of this schema: " + Header.SCHEMA_VERSION + ".");
    private static final Field<Event, Boolean> COMPLETENESS = always(
            "completeness",
            WireType.COMPLETENESS,
            e -> e.header().completeness().gap(),
            "Whether the sensor saw all of the bytes behind the event.");
    private static final Field<Event, Long> MISSING_BYTES = extension(
            "missing_bytes",
            COUNT,
            e -> e.header().completeness().missingBytes(),
            "With `gap`: how many bytes were not seen, if that is known.");
    private static final Field<Event, Evidence> EVIDENCE = always(
            "evidence",
            WireType.choice(Evidence.values(), Evidence::wire),
            e -> e.header().evidence(),
            "How the sensor knows.");
    private static final Field<Event, SortedMap<String, String>> UNKNOWN = always(
            "unknown",
            WireType.REASONS,
            e -> e.header().unknown(),
            "Why each field that is null is so, by field name.");

    // Objects inside of events

    private static final Field<Destination, String> HOST =
            always("host", TEXT, Destination::host, "The name that the client asked for, or the address.");
    private static final Field<Destination, Integer> PORT =
            alwaysInt("port", WireType.integer(1, 65_535), Destination::port, "The port.");
    private static final Field<Destination, String> ADDRESS =
            extension("address", TEXT, Destination::address, "The address that it connected to, if that was seen.");
    private static final Field<Destination, Boolean> EXTERNAL = always(
            "external",
            BOOLEAN,
            Destination::external,
            "Whether it is outside of the cluster and its private networks.");
    static final Shape<Destination> DESTINATION = new Shape<>(
            "destination",
            List.of(HOST, PORT, ADDRESS, EXTERNAL),
            v -> new Destination(v.get(HOST), v.get(PORT), v.find(ADDRESS), v.get(EXTERNAL)),
            null);

    private static final Field<RequestedTool, String> REQUESTED_NAME =
            always("name", TEXT, RequestedTool::name, "The tool's name.");
    private static final Field<RequestedTool, JsonFragment> REQUESTED_SCHEMA = extension(
            "param_schema", FRAGMENT, RequestedTool::paramSchema, "The shape of the arguments, if they parsed.");
    private static final Field<RequestedTool, String> REQUESTED_CALL =
            extension("call_id", TEXT, RequestedTool::callId, "Ties it to the tool's answer.");
    private static final Field<RequestedTool, String> REQUESTED_HASH = extension(
            "param_hash",
            LABELLED_HASH,
            RequestedTool::paramHash,
            "`KEYID:hex` of HMAC-SHA-256 over the arguments' canonical JSON.");
    static final Shape<RequestedTool> REQUESTED_TOOL = new Shape<>(
            "requested_tool",
            List.of(REQUESTED_NAME, REQUESTED_SCHEMA, REQUESTED_CALL, REQUESTED_HASH),
            v -> new RequestedTool(
                    v.get(REQUESTED_NAME), v.find(REQUESTED_SCHEMA), v.find(REQUESTED_CALL), v.find(REQUESTED_HASH)),
            null);

    private static final Field<PartFingerprint, String> PART = always(
            "part", TEXT, PartFingerprint::part, "Which part: `input.user`, `input.tool`, `output`, `return`, …");
    private static final Field<PartFingerprint, Long> PART_BYTES =
            always("bytes", COUNT, PartFingerprint::bytes, "Its length as UTF-8.");
    private static final Field<PartFingerprint, String> PART_SHA_256 = extension(
            "sha256",
            SHA_256,
            PartFingerprint::sha256,
            "Its SHA-256. Left out of what could be guessed: under 64 bytes, or under 1 KiB with something sensitive.");
    private static final Field<PartFingerprint, String> PART_NORMALIZED = extension(
            "normalized_sha256", SHA_256, PartFingerprint::normalizedSha256, "The same with white space normalised.");
    private static final Field<PartFingerprint, String> PART_KEYED =
            extension("keyed_hash", LABELLED_HASH, PartFingerprint::keyedHash, "`KEYID:hex` of its HMAC-SHA-256.");
    private static final Field<PartFingerprint, String> PART_WINNOW = extension(
            "winnow",
            TEXT,
            PartFingerprint::winnow,
            "Base64url of keyed winnowing fingerprints, 64 bits each, big-endian: they match an excerpt.");
    static final Shape<PartFingerprint> PART_FINGERPRINT = new Shape<>(
            "part_fingerprint",
            List.of(PART, PART_BYTES, PART_SHA_256, PART_NORMALIZED, PART_KEYED, PART_WINNOW),
            v -> new PartFingerprint(
                    v.get(PART),
                    v.get(PART_BYTES),
                    v.find(PART_SHA_256),
                    v.find(PART_NORMALIZED),
                    v.find(PART_KEYED),
                    v.find(PART_WINNOW)),
            null);

    private static final Field<PartPreview, String> PREVIEW_PART =
            always("part", TEXT, PartPreview::part, "Which part: `input.user` or `output`.");
    private static final Field<PartPreview, String> PREVIEW_TEXT = extension(
            "text", TEXT, PartPreview::text, "Its beginning, with `[TAG]` in place of everything that was found.");
    private static final Field<PartPreview, String> PREVIEW_WITHHELD =
            extension("withheld", TEXT, PartPreview::withheld, "Why there is no text.");
    static final Shape<PartPreview> PART_PREVIEW = new Shape<>(
            "part_preview",
            List.of(PREVIEW_PART, PREVIEW_TEXT, PREVIEW_WITHHELD),
            v -> new PartPreview(v.get(PREVIEW_PART), v.find(PREVIEW_TEXT), v.find(PREVIEW_WITHHELD)),
            null);

    private static final Field<Gap, Instant> GAP_FROM = always("from", TIMESTAMP, Gap::from, "The first moment of it.");
    private static final Field<Gap, Instant> GAP_TO = always("to", TIMESTAMP, Gap::to, "The last moment of it.");
    private static final Field<Gap, Long> GAP_BYTES =
            extension("bytes", COUNT, Gap::bytes, "How many bytes went by, if known.");
    private static final Field<Gap, Long> GAP_EVENTS =
            extension("events", COUNT, Gap::events, "How many events went by, if known.");
    static final Shape<Gap> GAP = new Shape<>(
            "gap",
            List.of(GAP_FROM, GAP_TO, GAP_BYTES, GAP_EVENTS),
            v -> new Gap(v.get(GAP_FROM), v.get(GAP_TO), v.find(GAP_BYTES), v.find(GAP_EVENTS)),
            null);

    // tool_invocation

    private static final Field<ToolInvocation, String> TOOL_SESSION =
            nullable("agent_session_id", TEXT, ToolInvocation::agentSessionId, "The session of the agent runtime.");
    private static final Field<ToolInvocation, String> TOOL_NAME =
            always("tool_name", TEXT, ToolInvocation::toolName, "The tool, as its protocol names it.");
    private static final Field<ToolInvocation, String> TOOL_VERSION = nullable(
            "tool_version", TEXT, ToolInvocation::toolVersion, "The version that the tool's server says it has.");
    private static final Field<ToolInvocation, JsonFragment> TOOL_SCHEMA = nullable(
            "param_schema",
            FRAGMENT,
            ToolInvocation::paramSchema,
            "The shape of the parameters: names, types, nesting, bucketed lengths, sensitivity of each leaf. Never a value.");
    private static final Field<ToolInvocation, List<String>> TOOL_SENSITIVITY = always(
            "param_sensitivity",
            TEXT.set(),
            ToolInvocation::paramSensitivity,
            "What the parameters were found to hold; sorted.");
    private static final Field<ToolInvocation, String> TOOL_TARGET = nullable(
            "target_resource_type", TEXT, ToolInvocation::targetResourceType, "What kind of thing the tool works on.");
    private static final Field<ToolInvocation, String> TOOL_STATUS = nullable(
            "return_status",
            WireType.oneOf(ToolInvocation.RETURN_STATUSES),
            ToolInvocation::returnStatus,
            "How it ended; `none`: there was no answer.");
    private static final Field<ToolInvocation, Long> TOOL_SIZE =
            nullable("return_size", COUNT, ToolInvocation::returnSize, "Bytes of the answer's content.");
    private static final Field<ToolInvocation, String> TOOL_HASH = nullable(
            "return_hash",
            CONTENT_HASH,
            ToolInvocation::returnHash,
            "SHA-256 of the answer's content before redaction, or `KEYID:hex` of one that could be guessed.");
    private static final Field<ToolInvocation, Long> TOOL_DURATION = nullable(
            "duration_ms", COUNT, ToolInvocation::durationMs, "From the request to the answer, in milliseconds.");
    private static final Field<ToolInvocation, String> TOOL_CALL =
            extension("call_id", TEXT, ToolInvocation::callId, "The id of the call in its protocol.");
    private static final Field<ToolInvocation, String> TOOL_PARAM_HASH = extension(
            "param_hash",
            LABELLED_HASH,
            ToolInvocation::paramHash,
            "`KEYID:hex` of HMAC-SHA-256 over the parameters' canonical JSON.");
    private static final Field<ToolInvocation, String> TOOL_DESTINATION =
            extension("destination", TEXT, ToolInvocation::destination, "The server or program that was called.");
    private static final Field<ToolInvocation, List<PartFingerprint>> TOOL_FINGERPRINTS = extensionList(
            "fingerprints",
            WireType.object(PART_FINGERPRINT).list(),
            ToolInvocation::fingerprints,
            "By which a document, or an excerpt of one, can be recognised.");
    static final Shape<ToolInvocation> TOOL_INVOCATION = event(
            EventType.TOOL_INVOCATION,
            List.of(
                    TOOL_SESSION,
                    TOOL_NAME,
                    TOOL_VERSION,
                    TOOL_SCHEMA,
                    TOOL_SENSITIVITY,
                    TOOL_TARGET,
                    TOOL_STATUS,
                    TOOL_SIZE,
                    TOOL_HASH,
                    TOOL_DURATION,
                    TOOL_CALL,
                    TOOL_PARAM_HASH,
                    TOOL_DESTINATION,
                    TOOL_FINGERPRINTS),
            v -> new ToolInvocation(
                    header(v),
                    v.find(TOOL_SESSION),
                    v.get(TOOL_NAME),
                    v.find(TOOL_VERSION),
                    v.find(TOOL_SCHEMA),
                    v.get(TOOL_SENSITIVITY),
                    v.find(TOOL_TARGET),
                    v.find(TOOL_STATUS),
                    v.find(TOOL_SIZE),
                    v.find(TOOL_HASH),
                    v.find(TOOL_DURATION),
                    v.find(TOOL_CALL),
                    v.find(TOOL_PARAM_HASH),
                    v.find(TOOL_DESTINATION),
                    v.list(TOOL_FINGERPRINTS)));

    // model_invocation

    private static final Field<ModelInvocation, String> MODEL_SESSION =
            nullable("agent_session_id", TEXT, ModelInvocation::agentSessionId, "The session of the agent runtime.");
    private static final Field<ModelInvocation, String> MODEL_ID = nullable(
            "model_id",
            TEXT,
            ModelInvocation::modelId,
            "The model that answered, as it names itself, else the one that was asked for.");
    private static final Field<ModelInvocation, String> MODEL_CLASS = nullable(
            "prompt_class",
            TEXT,
            ModelInvocation::promptClass,
            "What the prompt was about, from the taxonomy of the redaction profile.");
    private static final Field<ModelInvocation, Long> MODEL_PROMPT_TOKENS = nullable(
            "prompt_token_count",
            COUNT,
            ModelInvocation::promptTokenCount,
            "As the endpoint counted them, else as `prompt_token_count_by` says.");
    private static final Field<ModelInvocation, List<String>> MODEL_INPUT = always(
            "input_sensitivity",
            TEXT.set(),
            ModelInvocation::inputSensitivity,
            "What the prompt was found to hold; sorted.");
    private static final Field<ModelInvocation, Long> MODEL_OUTPUT_TOKENS = nullable(
            "output_token_count",
            COUNT,
            ModelInvocation::outputTokenCount,
            "As the endpoint counted them, else as `output_token_count_by` says.");
    private static final Field<ModelInvocation, List<String>> MODEL_OUTPUT = always(
            "output_sensitivity",
            TEXT.set(),
            ModelInvocation::outputSensitivity,
            "What the answer was found to hold; sorted.");
    private static final Field<ModelInvocation, String> MODEL_HASH = nullable(
            "output_hash",
            CONTENT_HASH,
            ModelInvocation::outputHash,
            "SHA-256 of the answer's whole text as UTF-8 before redaction, or `KEYID:hex` of one that could be guessed.");
    private static final Field<ModelInvocation, List<RequestedTool>> MODEL_TOOLS = always(
            "tools_requested",
            WireType.object(REQUESTED_TOOL).list(),
            ModelInvocation::toolsRequested,
            "What the model asked for, whether or not the runtime ran it, in the model's order.");
    private static final Field<ModelInvocation, List<String>> MODEL_POLICIES = always(
            "policy_interventions",
            TEXT.list(),
            ModelInvocation::policyInterventions,
            "`POLICY_ID/RULE:decision` of each policy that met this invocation.");
    private static final Field<ModelInvocation, Destination> MODEL_DESTINATION =
            extension("destination", WireType.object(DESTINATION), ModelInvocation::destination, "The endpoint.");
    private static final Field<ModelInvocation, Integer> MODEL_STATUS = extension(
            "http_status", WireType.integer(100, 999), ModelInvocation::httpStatus, "The answer's HTTP status.");
    private static final Field<ModelInvocation, List<PartFingerprint>> MODEL_FINGERPRINTS = extensionList(
            "fingerprints",
            WireType.object(PART_FINGERPRINT).list(),
            ModelInvocation::fingerprints,
            "By which a document, or an excerpt of one, can be recognised.");
    private static final Field<ModelInvocation, String> MODEL_CLASSIFIER = extension(
            "prompt_classifier",
            TEXT,
            ModelInvocation::promptClassifier,
            "Which model told the class: `minilm`. Left out: the linear one.");
    private static final Field<ModelInvocation, String> MODEL_PROMPT_COUNTED = extension(
            "prompt_token_count_by",
            WireType.oneOf(ModelInvocation.COUNTED_BY),
            ModelInvocation::promptTokenCountBy,
            "Where the endpoint did not say: counted by the model family's `tokenizer` in the texts, or an `estimate`.");
    private static final Field<ModelInvocation, String> MODEL_OUTPUT_COUNTED = extension(
            "output_token_count_by",
            WireType.oneOf(ModelInvocation.COUNTED_BY),
            ModelInvocation::outputTokenCountBy,
            "Where the endpoint did not say: counted by the model family's `tokenizer` in the text, or an `estimate`.");
    private static final Field<ModelInvocation, List<PartPreview>> MODEL_PREVIEWS = extensionList(
            "previews",
            WireType.object(PART_PREVIEW).list(),
            ModelInvocation::previews,
            "Masked text of the question and the answer, where the redaction profile says `preview: masked`; only in sealed events, and not for rules.");
    static final Shape<ModelInvocation> MODEL_INVOCATION = event(
            EventType.MODEL_INVOCATION,
            List.of(
                    MODEL_SESSION,
                    MODEL_ID,
                    MODEL_CLASS,
                    MODEL_PROMPT_TOKENS,
                    MODEL_INPUT,
                    MODEL_OUTPUT_TOKENS,
                    MODEL_OUTPUT,
                    MODEL_HASH,
                    MODEL_TOOLS,
                    MODEL_POLICIES,
                    MODEL_DESTINATION,
                    MODEL_STATUS,
                    MODEL_FINGERPRINTS,
                    MODEL_CLASSIFIER,
                    MODEL_PROMPT_COUNTED,
                    MODEL_OUTPUT_COUNTED,
                    MODEL_PREVIEWS),
            v -> new ModelInvocation(
                    header(v),
                    v.find(MODEL_SESSION),
                    v.find(MODEL_ID),
                    v.find(MODEL_CLASS),
                    v.find(MODEL_PROMPT_TOKENS),
                    v.get(MODEL_INPUT),
                    v.find(MODEL_OUTPUT_TOKENS),
                    v.get(MODEL_OUTPUT),
                    v.find(MODEL_HASH),
                    v.get(MODEL_TOOLS),
                    v.get(MODEL_POLICIES),
                    v.find(MODEL_DESTINATION),
                    v.find(MODEL_STATUS),
                    v.list(MODEL_FINGERPRINTS),
                    v.find(MODEL_CLASSIFIER),
                    v.find(MODEL_PROMPT_COUNTED),
                    v.find(MODEL_OUTPUT_COUNTED),
                    v.list(MODEL_PREVIEWS)));

    // data_access

    private static final Field<DataAccess, String> DATA_URI = always(
            "resource_uri",
            TEXT,
            DataAccess::resourceUri,
            "What was read or written: `file:///etc/hosts`, `https://crm.internal/customers`, …");
    private static final Field<DataAccess, String> DATA_MODE =
            always("access_mode", WireType.oneOf(DataAccess.ACCESS_MODES), DataAccess::accessMode, "How it was used.");
    private static final Field<DataAccess, Long> DATA_ROWS =
            nullable("row_count", COUNT, DataAccess::rowCount, "Rows really read or written.");
    private static final Field<DataAccess, Long> DATA_BYTES = nullable(
            "byte_count",
            COUNT,
            DataAccess::byteCount,
            "Bytes really read or written, as counted in the kernel or from the protocol.");
    private static final Field<DataAccess, List<String>> DATA_TAGS = always(
            "sensitivity_tags_resolved",
            TEXT.set(),
            DataAccess::sensitivityTagsResolved,
            "What the resource and its content were found to be; sorted.");
    static final Shape<DataAccess> DATA_ACCESS = event(
            EventType.DATA_ACCESS,
            List.of(DATA_URI, DATA_MODE, DATA_ROWS, DATA_BYTES, DATA_TAGS),
            v -> new DataAccess(
                    header(v),
                    v.get(DATA_URI),
                    v.get(DATA_MODE),
                    v.find(DATA_ROWS),
                    v.find(DATA_BYTES),
                    v.get(DATA_TAGS)));

    // policy_decision

    private static final Field<PolicyDecision, String> POLICY_ID =
            always("policy_id", TEXT, PolicyDecision::policyId, "The policy: `NAMESPACE/NAME`.");
    private static final Field<PolicyDecision, Decision> POLICY_DECIDED = always(
            "decision", WireType.choice(Decision.values(), Decision::wire), PolicyDecision::decision, "What it said.");
    private static final Field<PolicyDecision, UUID> POLICY_EVENT = always(
            "evaluated_event_id", EVENT_ID, PolicyDecision::evaluatedEventId, "The event that it decided about.");
    private static final Field<PolicyDecision, String> POLICY_RULE =
            nullable("rule_fired", TEXT, PolicyDecision::ruleFired, "The rule that decided.");
    private static final Field<PolicyDecision, Enforcement> POLICY_ENFORCEMENT = always(
            "enforcement",
            WireType.choice(Enforcement.values(), Enforcement::wire),
            PolicyDecision::enforcement,
            "What became of the enforcement that it asked for.");
    private static final Field<PolicyDecision, String> POLICY_DIGEST = always(
            "policy_digest",
            LABELLED_HASH,
            PolicyDecision::policyDigest,
            "`sha256:hex` of the configuration that the sensor held.");
    private static final Field<PolicyDecision, String> POLICY_MESSAGE =
            extension("message", TEXT, PolicyDecision::message, "What the rule says to people.");
    private static final Field<PolicyDecision, String> POLICY_SEVERITY =
            extension("severity", TEXT, PolicyDecision::severity, "How bad the rule says it is.");
    private static final Field<PolicyDecision, String> POLICY_ACTION = extension(
            "enforcement_action",
            WireType.oneOf(PolicyDecision.ENFORCEMENT_ACTIONS),
            PolicyDecision::enforcementAction,
            "With `enforced` and `failed`: what it asked for.");
    private static final Field<PolicyDecision, String> POLICY_ERROR =
            extension("enforcement_error", TEXT, PolicyDecision::enforcementError, "With `failed`: why.");
    static final Shape<PolicyDecision> POLICY_DECISION = event(
            EventType.POLICY_DECISION,
            List.of(
                    POLICY_ID,
                    POLICY_DECIDED,
                    POLICY_EVENT,
                    POLICY_RULE,
                    POLICY_ENFORCEMENT,
                    POLICY_DIGEST,
                    POLICY_MESSAGE,
                    POLICY_SEVERITY,
                    POLICY_ACTION,
                    POLICY_ERROR),
            v -> new PolicyDecision(
                    header(v),
                    v.get(POLICY_ID),
                    v.get(POLICY_DECIDED),
                    v.get(POLICY_EVENT),
                    v.find(POLICY_RULE),
                    v.get(POLICY_ENFORCEMENT),
                    v.get(POLICY_DIGEST),
                    v.find(POLICY_MESSAGE),
                    v.find(POLICY_SEVERITY),
                    v.find(POLICY_ACTION),
                    v.find(POLICY_ERROR)));

    // identity_assertion

    private static final Field<IdentityAssertion, String> IDENTITY_ACCOUNT = nullable(
            "service_account",
            TEXT,
            IdentityAssertion::serviceAccount,
            "The Kubernetes service account: `NAMESPACE/NAME`.");
    private static final Field<IdentityAssertion, String> IDENTITY_FEDERATED = nullable(
            "federated_identity",
            TEXT,
            IdentityAssertion::federatedIdentity,
            "Issuer and subject of the token, or a keyed hash of an opaque one.");
    private static final Field<IdentityAssertion, List<String>> IDENTITY_ASSERTED = nullable(
            "asserted_scope",
            TEXT.set(),
            IdentityAssertion::assertedScope,
            "What the workload asked to be allowed; sorted.");
    private static final Field<IdentityAssertion, List<String>> IDENTITY_GRANTED =
            nullable("granted_scope", TEXT.set(), IdentityAssertion::grantedScope, "What it was allowed; sorted.");
    private static final Field<IdentityAssertion, String> IDENTITY_REQUEST = extension(
            "request",
            TEXT,
            IdentityAssertion::request,
            "What the workload was asked for over HTTP, by whom this is about: `METHOD URL`, masked. Left out: it is about the workload itself.");
    private static final Field<IdentityAssertion, String> IDENTITY_CLIENT = extension(
            "client_address",
            TEXT,
            IdentityAssertion::clientAddress,
            "With `request`: the address that it came from, if that was seen.");
    static final Shape<IdentityAssertion> IDENTITY_ASSERTION = event(
            EventType.IDENTITY_ASSERTION,
            List.of(
                    IDENTITY_ACCOUNT,
                    IDENTITY_FEDERATED,
                    IDENTITY_ASSERTED,
                    IDENTITY_GRANTED,
                    IDENTITY_REQUEST,
                    IDENTITY_CLIENT),
            v -> new IdentityAssertion(
                    header(v),
                    v.find(IDENTITY_ACCOUNT),
                    v.find(IDENTITY_FEDERATED),
                    v.find(IDENTITY_ASSERTED),
                    v.find(IDENTITY_GRANTED),
                    v.find(IDENTITY_REQUEST),
                    v.find(IDENTITY_CLIENT)));

    // error

    private static final Field<ErrorEvent, String> ERROR_CLASS = always(
            "error_class",
            TEXT,
            ErrorEvent::errorClass,
            "Dotted, from the general to the special. `sensor.gap.*`: the sensor did not see something.");
    private static final Field<ErrorEvent, UUID> ERROR_ORIGIN =
            nullable("originating_event_id", EVENT_ID, ErrorEvent::originatingEventId, "The event that failed.");
    private static final Field<ErrorEvent, String> ERROR_RECOVERY =
            nullable("recovery_action", TEXT, ErrorEvent::recoveryAction, "What was done about it.");
    private static final Field<ErrorEvent, Gap> ERROR_GAP =
            extension("gap", WireType.object(GAP), ErrorEvent::gap, "With `sensor.gap.*`: what was not seen.");
    static final Shape<ErrorEvent> ERROR = event(
            EventType.ERROR,
            List.of(ERROR_CLASS, ERROR_ORIGIN, ERROR_RECOVERY, ERROR_GAP),
            v -> new ErrorEvent(
                    header(v), v.get(ERROR_CLASS), v.find(ERROR_ORIGIN), v.find(ERROR_RECOVERY), v.find(ERROR_GAP)));

    private FieldCatalog() {}

    static Shape<? extends Event> of(EventType type) {
        return switch (type) {
            case TOOL_INVOCATION -> TOOL_INVOCATION;
            case MODEL_INVOCATION -> MODEL_INVOCATION;
            case DATA_ACCESS -> DATA_ACCESS;
            case POLICY_DECISION -> POLICY_DECISION;
            case IDENTITY_ASSERTION -> IDENTITY_ASSERTION;
            case ERROR -> ERROR;
        };
    }

    private static <E extends Event> Shape<E> event(
            EventType type, List<Field<E, ?>> fields, Shape.Constructor<E> constructor) {
        final Field<Event, EventType> eventType = always(
                EVENT_TYPE, WireType.choice(List.of(type), EventType::wire), Event::type, "The type of the event.");
        final Stream<Field<? super E, ?>> header = Stream.of(
                eventType,
                EVENT,
                TRACE,
                TS,
                WORKLOAD,
                TRIGGER,
                SENSOR,
                VERSION,
                COMPLETENESS,
                MISSING_BYTES,
                EVIDENCE,
                UNKNOWN);
        return new Shape<>(
                type.wire(),
                Stream.concat(header, fields.stream()).toList(),
                constructor,
                event -> event.header().extensions());
    }

    private static Header header(Shape.Values v) {
        return new Header(
                v.get(EVENT),
                v.get(TRACE),
                v.get(TS),
                v.get(WORKLOAD),
                v.find(TRIGGER),
                v.get(SENSOR),
                v.get(VERSION),
                new Completeness(v.get(COMPLETENESS), v.find(MISSING_BYTES)),
                v.get(EVIDENCE),
                v.get(UNKNOWN),
                v.extensions());
    }
}
