package io.fourthlog.trail.export;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the fields of events are called in OpenTelemetry: the names of its semantic conventions, those for generative AI and
 * MCP among them (open-telemetry/semantic-conventions-genai, registry of attributes, 2026), where one means the same; else
 * {@code fourthlog.} and the field's name.
 */
final class OtelNames {

    /** Before the name of a field that has none in the conventions. */
    static final String OWN = "fourthlog.";

    /** Fields that are called by a name of the conventions, by type and by their path in the event; published in docs/otel.md. */
    static final Map<EventType, Map<String, String>> FIELDS = Map.of(
            EventType.MODEL_INVOCATION,
            Map.of(
                    "agent_session_id", "gen_ai.conversation.id",
                    "model_id", "gen_ai.response.model",
                    "prompt_token_count", "gen_ai.usage.input_tokens",
                    "output_token_count", "gen_ai.usage.output_tokens",
                    "destination.host", "server.address",
                    "destination.port", "server.port",
                    "destination.address", "network.peer.address",
                    "http_status", "http.response.status_code"),
            EventType.TOOL_INVOCATION,
            Map.of(
                    "agent_session_id", "gen_ai.conversation.id",
                    "tool_name", "gen_ai.tool.name",
                    "call_id", "gen_ai.tool.call.id"),
            EventType.IDENTITY_ASSERTION,
            Map.of("client_address", "client.address"),
            EventType.ERROR,
            Map.of("error_class", "error.type"));

    /** Ends of host names, and whose API answers there. */
    private static final Map<String, String> PROVIDERS = Map.ofEntries(
            Map.entry("api.anthropic.com", "anthropic"),
            Map.entry("api.openai.com", "openai"),
            Map.entry(".openai.azure.com", "azure.ai.openai"),
            Map.entry(".services.ai.azure.com", "azure.ai.inference"),
            Map.entry("generativelanguage.googleapis.com", "gcp.gemini"),
            Map.entry("aiplatform.googleapis.com", "gcp.vertex_ai"),
            Map.entry("api.cohere.com", "cohere"),
            Map.entry("api.deepseek.com", "deepseek"),
            Map.entry("api.groq.com", "groq"),
            Map.entry("api.mistral.ai", "mistral_ai"),
            Map.entry("api.moonshot.ai", "moonshot_ai"),
            Map.entry("api.perplexity.ai", "perplexity"),
            Map.entry("api.x.ai", "x_ai"));

    private static final String BEDROCK = "bedrock-runtime";
    private static final String PROMPT = "prompts/get:";
    private static final String ELICITATION = "elicitation/create";

    private OtelNames() {}

    /** What an attribute is called. */
    static String attribute(EventType type, String path) {
        return FIELDS.getOrDefault(type, Map.of()).getOrDefault(path, OWN + path);
    }

    /** The name of the conventions' event, or one of our own. */
    static String eventName(EventType type) {
        return type == EventType.MODEL_INVOCATION ? "gen_ai.client.inference.operation.details" : OWN + type.wire();
    }

    /** Attributes that no field has but that follow from some; in their order. */
    static Map<String, String> derived(Event event) {
        final Map<String, String> derived = new LinkedHashMap<>();
        switch (event) {
            case ModelInvocation model -> {
                if (generated(model)) {
                    derived.put("gen_ai.operation.name", "chat");
                }
                Optional.ofNullable(model.destination())
                        .flatMap(destination -> provider(destination.host()))
                        .ifPresent(provider -> derived.put("gen_ai.provider.name", provider));
            }
            case ToolInvocation tool -> tool(tool, derived);
            case DataAccess access -> data(access.resourceUri(), derived);
            default -> {} // of the others, every field is named by itself
        }
        return derived;
    }

    private static String host(String authority) {
        return authority.replaceFirst(":\\d+$", "");
    }

    private static void data(String uri, Map<String, String> derived) {
        final int colon = uri.indexOf("://");
        final String scheme = colon < 0 ? "" : uri.substring(0, colon);
        final String behind = colon < 0 ? "" : uri.substring(colon + 3);
        switch (scheme) {
            case "file" -> derived.put("file.path", behind);
            case "http", "https" -> derived.put("url.full", uri);
            case "tcp", "udp" -> {
                derived.put("server.address", host(behind));
                derived.put("network.transport", scheme);
            }
            case "icmp", "sctp", "ip" -> derived.put("server.address", host(behind));
            case "postgres", "mysql", "redis", "mongodb" -> {
                derived.put("db.system.name", scheme.equals("postgres") ? "postgresql" : scheme);
                final String[] parts = behind.split("/", 3); // server, database, table
                if (parts.length > 1 && !parts[1].isEmpty()) {
                    derived.put("db.namespace", parts[1]);
                }
                if (parts.length > 2) {
                    derived.put("db.collection.name", parts[2]);
                }
            }
            default -> {
                derived.put("mcp.method.name", "resources/read");
                derived.put("mcp.resource.uri", uri);
            }
        }
    }

    /** Whether the model wrote something: else it may have been asked for an embedding or a ranking. */
    private static boolean generated(ModelInvocation model) {
        return !model.toolsRequested().isEmpty()
                || model.outputHash() != null
                || model.fingerprints().stream().map(PartFingerprint::part).anyMatch(part -> part.startsWith("output"));
    }

    private static void tool(ToolInvocation tool, Map<String, String> derived) {
        final String destination = String.valueOf(tool.destination());
        if (destination.startsWith("a2a:")) {
            derived.put("gen_ai.operation.name", "invoke_agent");
        } else if (tool.toolName().startsWith(PROMPT)) {
            derived.put("mcp.method.name", "prompts/get");
            derived.put("gen_ai.prompt.name", tool.toolName().substring(PROMPT.length()));
        } else if (tool.toolName().equals(ELICITATION)) {
            derived.put("mcp.method.name", ELICITATION);
        } else {
            derived.put("gen_ai.operation.name", "execute_tool");
            if (destination.startsWith("mcp+")) {
                derived.put("mcp.method.name", "tools/call");
            }
        }
    }

    private static Optional<String> provider(String host) {
        final String name = host.toLowerCase(Locale.ROOT);
        if (name.startsWith(BEDROCK) && name.endsWith(".amazonaws.com")) {
            return Optional.of("aws.bedrock");
        }
        return PROVIDERS.entrySet().stream()
                .filter(each -> name.endsWith(each.getKey()))
                .map(Map.Entry::getValue)
                .findFirst();
    }
}
