package io.fourthlog.api.config;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.api.AgentAuditPolicySpec.FailurePolicy;
import io.fourthlog.api.AgentAuditPolicySpec.JavaTls;
import io.fourthlog.api.AgentAuditPolicySpec.Rule;
import io.fourthlog.api.AgentAuditPolicySpec.RuleException;
import io.fourthlog.api.AgentAuditPolicySpec.ValidationAction;
import io.fourthlog.api.AgentAuditPolicySpec.Variable;
import io.fourthlog.api.Names;
import io.fourthlog.api.PodSelector;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.Required;
import io.fourthlog.api.RetentionTierSpec;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a set of sensors runs, those of one namespace or shared ones: compiled by the operator from accepted policies, kept in a
 * ConfigMap that its digest names, read by sensors, acknowledged by digest.
 *
 * <p>The canonical bytes are JSON with members sorted by name, no insignificant whitespace and no nulls; the digest is the SHA-256 of
 * them, so equal configs have equal digests whatever order the policies were found in. A member that came after the first format is only
 * written where it says something: sensors refuse what they do not know, and so one that is older than the operator runs every config
 * that asks for nothing new.
 *
 * @param apiVersion {@value #API_VERSION}
 * @param kind {@value #KIND}
 * @param cluster the cluster's name in every {@code workload_id}
 * @param namespace the audited namespace, or Fourthlog's own when the sensors are shared
 * @param policies accepted policies, sorted by id
 * @param redactionProfiles by name; what they extend is merged in, so {@code extends} is null
 * @param retentionTiers by name; frameworks' floors are merged in, so every type of event has its own period
 * @param collector where batches go
 * @param capture what is not recorded
 */
public record SensorConfig(
        String apiVersion,
        String kind,
        String cluster,
        String namespace,
        List<Policy> policies,
        Map<String, RedactionProfileSpec> redactionProfiles,
        Map<String, RetentionTierSpec> retentionTiers,
        Collector collector,
        Capture capture) {

    public static final String API_VERSION = Names.GROUP + "/" + Names.VERSION;
    public static final String KIND = "SensorConfig";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
            .build();

    public SensorConfig {
        Required.field("apiVersion", apiVersion);
        if (!apiVersion.equals(API_VERSION)) {
            throw new IllegalArgumentException("apiVersion is " + apiVersion + "; this sensor reads " + API_VERSION);
        }
        Required.field("kind", kind);
        if (!kind.equals(KIND)) {
            throw new IllegalArgumentException("kind is " + kind + ", not " + KIND);
        }
        Required.field("cluster", cluster);
        Required.field("namespace", namespace);
        Required.field("collector", collector);
        policies = Required.list(policies).stream()
                .map(policy -> policy.namespaces().isEmpty() ? policy.in(List.of(namespace)) : policy)
                .toList();
        redactionProfiles = Required.map(redactionProfiles);
        retentionTiers = Required.map(retentionTiers);
        capture = Required.orDefault(capture, Capture.EVERYTHING);
        for (Policy policy : policies) {
            if (!redactionProfiles.containsKey(policy.redaction())) {
                throw new IllegalArgumentException("policy " + policy.id() + " uses the redaction profile "
                        + policy.redaction() + ", which is not in redactionProfiles");
            }
            if (!retentionTiers.containsKey(policy.tier())) {
                throw new IllegalArgumentException("policy " + policy.id() + " uses the retention tier " + policy.tier()
                        + ", which is not in retentionTiers");
            }
        }
    }

    @JsonProperty("policies")
    List<Policy> written() {
        List<String> own = List.of(namespace);
        return policies.stream()
                .map(policy -> policy.namespaces().equals(own) ? policy.in(List.of()) : policy)
                .toList();
    }

    /** A config of this version. */
    public SensorConfig(
            String cluster,
            String namespace,
            List<Policy> policies,
            Map<String, RedactionProfileSpec> redactionProfiles,
            Map<String, RetentionTierSpec> retentionTiers,
            Collector collector,
            Capture capture) {
        this(API_VERSION, KIND, cluster, namespace, policies, redactionProfiles, retentionTiers, collector, capture);
    }

    /**
     * A policy of the namespace.
     *
     * @param id {@code NAMESPACE/NAME}
     * @param namespaces in which it applies, sorted; that of the config when left out
     * @param podSelector pods of these namespaces that it speaks of
     * @param validationActions whether a denial is enforced
     * @param failurePolicy what a rule that cannot be evaluated counts as
     * @param javaTls what is done to see through Java's own TLS
     * @param variables named expressions
     * @param rules rules
     * @param exceptions cases in which a fired rule does not count
     * @param redaction key in {@link SensorConfig#redactionProfiles()}
     * @param tier key in {@link SensorConfig#retentionTiers()}
     */
    public record Policy(
            String id,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> namespaces,
            PodSelector podSelector,
            List<ValidationAction> validationActions,
            FailurePolicy failurePolicy,
            JavaTls javaTls,
            List<Variable> variables,
            List<Rule> rules,
            List<RuleException> exceptions,
            String redaction,
            String tier) {
        public Policy {
            Required.field("id", id);
            Required.field("podSelector", podSelector);
            Required.field("validationActions", validationActions);
            Required.field("failurePolicy", failurePolicy);
            Required.field("redaction", redaction);
            Required.field("tier", tier);
            javaTls = Required.orDefault(javaTls, JavaTls.Off);
            namespaces = Required.list(namespaces);
            validationActions = List.copyOf(validationActions);
            variables = Required.list(variables);
            rules = Required.list(rules);
            exceptions = Required.list(exceptions);
        }

        @JsonProperty("javaTls")
        @Nullable
        JavaTls written() {
            return javaTls == JavaTls.Off ? null : javaTls;
        }

        /** The same in other namespaces. */
        public Policy in(List<String> others) {
            return new Policy(
                    id,
                    others,
                    podSelector,
                    validationActions,
                    failurePolicy,
                    javaTls,
                    variables,
                    rules,
                    exceptions,
                    redaction,
                    tier);
        }

        /** Whether it speaks of a pod of this namespace with these labels. */
        public boolean selects(String namespace, Map<String, String> labels) {
            return namespaces.contains(namespace) && podSelector.matches(labels);
        }
    }

    /**
     * The collector.
     *
     * @param url {@code https://HOST:PORT}
     */
    public record Collector(URI url) {
        public Collector {
            Required.field("url", url);
            if (!"https".equals(url.getScheme()) || url.getHost() == null) {
                throw new IllegalArgumentException("url is " + url + ", not https://HOST:PORT");
            }
        }
    }

    /** What is not recorded, to keep the noise of a runtime's own files out of the trail. */
    public record Capture(FileAccess dataAccess) {

        public static final Capture EVERYTHING = new Capture(new FileAccess(List.of()));

        public Capture {
            Required.field("dataAccess", dataAccess);
        }

        /**
         * Files whose access is not recorded.
         *
         * @param exclude globs of {@link java.nio.file.FileSystem#getPathMatcher} over absolute paths
         */
        public record FileAccess(List<String> exclude) {
            public FileAccess {
                exclude = Required.list(exclude);
            }
        }
    }

    /** What came of reading a document. */
    public sealed interface Parsed {

        /**
         * It is a config.
         *
         * @param config the config
         * @param digest of the bytes as they were read, which are the canonical ones of whoever wrote them
         */
        record Valid(SensorConfig config, String digest) implements Parsed {}

        /**
         * It is not.
         *
         * @param path of the member at fault, such as {@code policies[0].rules[1].when}; empty for the document itself
         * @param line 1-based; 0 when there is none
         * @param column 1-based; 0 when there is none
         * @param message what is wrong
         */
        record Invalid(String path, int line, int column, String message) implements Parsed {
            @Override
            public String toString() {
                return (path.isEmpty() ? "SensorConfig" : path) + ": " + message
                        + (line > 0 ? " (line " + line + ", column " + column + ")" : "");
            }
        }
    }

    /** Reads a document strictly: unknown and repeated members, wrong types and trailing text are refused. */
    public static Parsed parse(byte[] json) {
        try {
            SensorConfig config = JSON.readValue(json, SensorConfig.class);
            return config == null
                    ? new Parsed.Invalid("", 1, 1, "the document is null")
                    : new Parsed.Valid(config, digest(json));
        } catch (JsonProcessingException e) {
            return invalid(e);
        } catch (CharConversionException e) {
            return new Parsed.Invalid("", 1, 1, "the document is no text: " + e.getMessage());
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    /** The canonical bytes. */
    public byte[] canonicalJson() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
    }

    /** Every namespace in which a policy applies, sorted. */
    public SortedSet<String> auditedNamespaces() {
        return policies.stream()
                .flatMap(policy -> policy.namespaces().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What is done to see through Java's own TLS in a pod: the most that a policy asks for that speaks of it. */
    public JavaTls javaTls(String namespace, Map<String, String> labels) {
        return policies.stream()
                .filter(policy -> policy.selects(namespace, labels))
                .map(Policy::javaTls)
                .max(Comparator.naturalOrder())
                .orElse(JavaTls.Off);
    }

    /** The namespaces in which a policy has the events of each workload sealed with keys of their own, and whether one has a legal hold on them. */
    public SortedMap<String, Boolean> sealedNamespaces() {
        SortedMap<String, Boolean> sealed = new TreeMap<>();
        for (Policy policy : policies) {
            RetentionTierSpec tier = Objects.requireNonNull(retentionTiers.get(policy.tier()));
            if (tier.sealed()) {
                policy.namespaces().forEach(namespace -> sealed.merge(namespace, tier.held(), Boolean::logicalOr));
            }
        }
        return sealed;
    }

    /** The digest of the canonical bytes. */
    public String digest() {
        return digest(canonicalJson());
    }

    /** {@code sha256:} and the SHA-256 of some bytes in hexadecimal, such as the canonical ones of a document. */
    public static String digest(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return "sha256:" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    private static Parsed.Invalid invalid(JacksonException e) {
        String path = e instanceof JsonMappingException mapping
                ? mapping.getPath().stream()
                        .map(step ->
                                step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
                        .collect(Collectors.joining())
                : "";
        JsonLocation at = e.getLocation();
        Throwable cause = e.getCause();
        String message = e instanceof ValueInstantiationException && cause != null && cause.getMessage() != null
                ? cause.getMessage()
                : e.getOriginalMessage();
        return new Parsed.Invalid(
                path.startsWith(".") ? path.substring(1) : path,
                at == null ? 0 : Math.max(0, at.getLineNr()),
                at == null ? 0 : Math.max(0, at.getColumnNr()),
                message);
    }
}
