package io.fourthlog.sensor.protocol;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Hosts that serve models and hardly anything else, so that what is posted there is a question to one. */
final class ModelHosts {
    private static final Set<String> EXACT = Set.of(
            "api.openai.com",
            "api.anthropic.com",
            "generativelanguage.googleapis.com",
            "aiplatform.googleapis.com",
            "api.mistral.ai",
            "codestral.mistral.ai",
            "api.deepseek.com",
            "api.cohere.com",
            "api.cohere.ai",
            "openrouter.ai",
            "api.groq.com",
            "api.together.xyz",
            "api.together.ai",
            "api.fireworks.ai",
            "api.perplexity.ai",
            "api.x.ai",
            "api.cerebras.ai",
            "api.sambanova.ai",
            "api.ai21.com",
            "api.voyageai.com",
            "api.jina.ai",
            "api.moonshot.ai",
            "api.moonshot.cn",
            "api.minimax.io",
            "api.z.ai",
            "open.bigmodel.cn",
            "dashscope.aliyuncs.com",
            "dashscope-intl.aliyuncs.com",
            "integrate.api.nvidia.com",
            "ai-gateway.vercel.sh",
            "gateway.ai.cloudflare.com",
            "api.replicate.com",
            "api.writer.com",
            "ark.cn-beijing.volces.com",
            "models.github.ai",
            "models.inference.ai.azure.com");

    private static final String[] SUFFIXES = {
        "-aiplatform.googleapis.com",
        ".openai.azure.com",
        ".services.ai.azure.com",
        ".models.ai.azure.com",
        ".ml.cloud.ibm.com"
    };

    /** Of hosts of Amazon's: models, agents with one, and whatever somebody deployed, whose paths have no version. */
    private static final String[] AMAZONS = {
        "bedrock-runtime", "bedrock-agent-runtime", "bedrock-agentcore", "runtime.sagemaker"
    };

    private static final String HUGGING_FACE = "router.huggingface.co"; // the first part of a path is a provider

    private ModelHosts() {}

    /** Whether {@code host}, lower case and perhaps with a port, is one of them. */
    static boolean contains(final @Nullable String host) {
        if (host == null) {
            return false;
        }
        final String name = withoutPort(host);
        if (EXACT.contains(name)) {
            return true;
        }
        for (final String suffix : SUFFIXES) {
            if (name.endsWith(suffix)) {
                return true;
            }
        }
        return hasNoVersions(host);
    }

    /** Whether it is one of those whose paths have no version. */
    static boolean hasNoVersions(final @Nullable String host) {
        if (host == null) {
            return false;
        }
        final String name = withoutPort(host);
        for (final String prefix : AMAZONS) {
            if (name.startsWith(prefix) && name.endsWith(".amazonaws.com")) {
                return true;
            }
        }
        return name.equals(HUGGING_FACE)
                || (name.startsWith("inference.generativeai.") && name.endsWith(".oraclecloud.com"));
    }

    private static String withoutPort(final String host) {
        final int colon = host.indexOf(':');
        return colon < 0 ? host : host.substring(0, colon);
    }
}
