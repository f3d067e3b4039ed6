package io.fourthlog.actionlog.event;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Provide;
import net.jqwik.api.domains.DomainContextBase;
import org.jspecify.annotations.Nullable;

/** Generates events of all types: hostile texts, every field now known and now not, extensions now and then. */
final class Events extends DomainContextBase {

    private static final String[] TEXTS = {
        "plain",
        "\u0000\u0001\u001f",
        "\b\t\n\f\r\"\\/",
        "\u007f\u0080ö€\u2028\u2029\ufeff\uffff",
        "\ud83d\ude02",
        "k8s://c/ns/Deployment/x/pod/box",
        "<script>&'",
        "x".repeat(5_000)
    };

    @Provide
    Arbitrary<Event> events() {
        return Arbitraries.randomValue(Events::event);
    }

    static Event event(Random random) {
        return switch (pick(random, EventType.values())) {
            case TOOL_INVOCATION -> toolInvocation(random);
            case MODEL_INVOCATION -> modelInvocation(random);
            case DATA_ACCESS -> {
                final Fields fields = new Fields(random);
                final Long rows = fields.count("row_count");
                final Long bytes = fields.count("byte_count");
                yield new DataAccess(
                        fields.header(),
                        text(random),
                        pick(random, "read", "write", "read_write"),
                        rows,
                        bytes,
                        texts(random));
            }
            case POLICY_DECISION -> {
                final Fields fields = new Fields(random);
                final String rule = fields.text("rule_fired");
                yield new PolicyDecision(
                        fields.header(),
                        text(random),
                        pick(random, Decision.values()),
                        uuid(random),
                        rule,
                        pick(random, Enforcement.values()),
                        "sha256:" + hex(random, 32),
                        maybe(random, text(random)),
                        maybe(random, text(random)),
                        maybe(random, pick(random, PolicyDecision.ENFORCEMENT_ACTIONS.toArray(String[]::new))),
                        maybe(random, text(random)));
            }
            case IDENTITY_ASSERTION -> {
                final Fields fields = new Fields(random);
                final String account = fields.text("service_account");
                final String federated = fields.text("federated_identity");
                final List<String> asserted = fields.value("asserted_scope", texts(random));
                final List<String> granted = fields.value("granted_scope", texts(random));
                yield new IdentityAssertion(
                        fields.header(),
                        account,
                        federated,
                        asserted,
                        granted,
                        maybe(random, text(random)),
                        maybe(random, text(random)));
            }
            case ERROR -> {
                final Fields fields = new Fields(random);
                final UUID origin = fields.value("originating_event_id", uuid(random));
                final String recovery = fields.text("recovery_action");
                final Instant from = time(random);
                final Gap gap = new Gap(
                        from,
                        from.plusNanos(random.nextInt(1_000_000_000)),
                        maybe(random, count(random)),
                        maybe(random, count(random)));
                yield new ErrorEvent(fields.header(), text(random), origin, recovery, maybe(random, gap));
            }
        };
    }

    private static ToolInvocation toolInvocation(Random random) {
        final Fields fields = new Fields(random);
        final ToolInvocation.Builder builder = ToolInvocation.builder(fields.header(), text(random))
                .agentSessionId(fields.text("agent_session_id"))
                .toolVersion(fields.text("tool_version"))
                .paramSchema(fields.value("param_schema", shape(random)))
                .paramSensitivity(texts(random))
                .targetResourceType(fields.text("target_resource_type"))
                .returnStatus(fields.value("return_status", pick(random, "ok", "error", "none")))
                .returnSize(fields.count("return_size"))
                .returnHash(fields.value("return_hash", contentHash(random)))
                .durationMs(fields.count("duration_ms"))
                .callId(maybe(random, text(random)))
                .paramHash(maybe(random, "key-1:" + hex(random, 32)))
                .destination(maybe(random, text(random)))
                .fingerprints(fingerprints(random));
        fields.reasons.forEach(builder::unknown);
        return builder.build();
    }

    private static ModelInvocation modelInvocation(Random random) {
        final Fields fields = new Fields(random);
        final List<RequestedTool> tools = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            tools.add(new RequestedTool(
                    text(random),
                    maybe(random, shape(random)),
                    maybe(random, text(random)),
                    maybe(random, "k:" + hex(random, 32))));
        }
        final ModelInvocation.Builder builder = ModelInvocation.builder(fields.header())
                .agentSessionId(fields.text("agent_session_id"))
                .modelId(fields.text("model_id"))
                .promptClass(fields.text("prompt_class"))
                .promptTokenCount(fields.count("prompt_token_count"))
                .inputSensitivity(texts(random))
                .outputTokenCount(fields.count("output_token_count"))
                .outputSensitivity(texts(random))
                .outputHash(fields.value("output_hash", contentHash(random)))
                .toolsRequested(tools)
                .policyInterventions(texts(random))
                .destination(maybe(
                        random,
                        new Destination(
                                text(random),
                                1 + random.nextInt(65_535),
                                maybe(random, text(random)),
                                random.nextBoolean())))
                .httpStatus(maybe(random, 100 + random.nextInt(900)))
                .fingerprints(fingerprints(random))
                .promptClassifier(maybe(random, text(random)))
                .promptTokenCountBy(maybe(random, pick(random, "tokenizer", "estimate")))
                .outputTokenCountBy(maybe(random, pick(random, "tokenizer", "estimate")))
                .previews(previews(random));
        fields.reasons.forEach(builder::unknown);
        return builder.build();
    }

    /** Decides which fields of an event are known, and gives reasons for those that are not. */
    private static final class Fields {

        private final Random random;
        private final SortedMap<String, String> reasons = new TreeMap<>();
        private final SortedMap<String, JsonFragment> extensions = new TreeMap<>();
        private final @Nullable UUID trigger;

        private Fields(Random random) {
            this.random = random;
            this.trigger = value("triggering_event_id", uuid(random));
            for (int i = random.nextInt(3); i > 0; i--) {
                final String name =
                        pick(random, "", "a_new_field", "zz", "event_typf", "\u00e9", "unknow", Events.text(random));
                if (!name.isEmpty() && random.nextBoolean()) {
                    extensions.put(name, JsonFragment.of("null"));
                    reasons.put(name, Events.text(random));
                } else {
                    extensions.put(name, pick(random, shape(random), JsonFragment.of("-1.5e-9")));
                    reasons.remove(name);
                }
            }
        }

        <V> @Nullable V value(String name, V value) {
            if (random.nextBoolean()) {
                return value;
            }
            reasons.put(name, Events.text(random));
            return null;
        }

        @Nullable
        String text(String name) {
            return value(name, Events.text(random));
        }

        @Nullable
        Long count(String name) {
            return value(name, Events.count(random));
        }

        Header header() {
            final boolean gap = random.nextBoolean();
            return new Header(
                    uuid(random),
                    hex(random, 15) + "01",
                    time(random),
                    pick(random, "k8s://", "proc://") + Events.text(random),
                    trigger,
                    Events.text(random),
                    1 + random.nextInt(9),
                    gap ? Completeness.gap(maybe(random, Events.count(random))) : Completeness.COMPLETE,
                    pick(random, Evidence.values()),
                    reasons,
                    extensions);
        }
    }

    private static List<PartPreview> previews(Random random) {
        final List<PartPreview> previews = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            final String text = maybe(random, text(random));
            previews.add(new PartPreview(text(random), text, text == null ? text(random) : null));
        }
        return previews;
    }

    private static List<PartFingerprint> fingerprints(Random random) {
        final List<PartFingerprint> parts = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            parts.add(new PartFingerprint(
                    text(random),
                    count(random),
                    maybe(random, hex(random, 32)),
                    maybe(random, hex(random, 32)),
                    maybe(random, "k:" + hex(random, 32)),
                    maybe(random, "AAECAwQFBgc")));
        }
        return parts;
    }

    private static JsonFragment shape(Random random) {
        return JsonFragment.of(
                "{\"type\":\"object\",\"properties\":{\"\u20ac\":{\"type\":\"string\",\"length\":\"10-99\"},\"n\":["
                        + Double.toString(random.nextInt()) + "," + random.nextGaussian() + ",0.1,true,null]}}");
    }

    private static String contentHash(Random random) {
        return random.nextBoolean() ? hex(random, 32) : "key-1:" + hex(random, 32);
    }

    private static List<String> texts(Random random) {
        final List<String> texts = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            texts.add(text(random));
        }
        return texts;
    }

    private static String text(Random random) {
        return pick(random, TEXTS) + (random.nextBoolean() ? random.nextInt(100) : "");
    }

    private static long count(Random random) {
        return pick(random, 0L, 1L, 9L, 10L, 4_294_967_296L, Rules.MAX_COUNT, (long) random.nextInt(Integer.MAX_VALUE));
    }

    private static Instant time(Random random) {
        return Instant.ofEpochSecond(random.nextLong(0, 253_402_300_799L), random.nextInt(1_000_000_000));
    }

    private static UUID uuid(Random random) {
        return new UUID((random.nextLong() & ~0xF000L) | 0x7000L, (random.nextLong() & ~(3L << 62)) | Long.MIN_VALUE);
    }

    private static String hex(Random random, int bytes) {
        final byte[] value = new byte[bytes];
        random.nextBytes(value);
        return HexFormat.of().formatHex(value);
    }

    @SafeVarargs
    private static <V> V pick(Random random, V... values) {
        return values[random.nextInt(values.length)];
    }

    private static <V> @Nullable V maybe(Random random, V value) {
        return random.nextBoolean() ? value : null;
    }
}
