package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import org.jspecify.annotations.Nullable;

/**
 * Amazon Bedrock InvokeModel (Bedrock Runtime API reference), whose bodies are in the format of the model's maker: messages as
 * Anthropic, Amazon (Nova) or OpenAI write them, or one text and a completion (Titan, Llama, Mistral, DeepSeek, Cohere's Command), or as
 * Cohere's Command R has it. Cohere's embeddings and reranking are read as elsewhere.
 */
final class BedrockInvoke implements Dialect {
    private static final JsonNames REQUEST =
            JsonNames.of("anthropic_version", "messages", "prompt", "inputText", "message", "texts", "query");
    private static final int REQUEST_ANTHROPIC_VERSION = 0;
    private static final int REQUEST_MESSAGES = 1;
    private static final int REQUEST_PROMPT = 2;
    private static final int REQUEST_INPUT_TEXT = 3;
    private static final int REQUEST_MESSAGE = 4;
    private static final int REQUEST_TEXTS = 5;
    private static final JsonNames MESSAGE = JsonNames.of("content");
    private static final JsonNames PART = JsonNames.of("type");
    private static final JsonNames ANSWER = JsonNames.of(
            "results",
            "outputText",
            "generation",
            "outputs",
            "text",
            "completion",
            "inputTextTokenCount",
            "prompt_token_count",
            "totalOutputTextTokenCount",
            "generation_token_count",
            "tokenCount",
            "amazon-bedrock-invocationMetrics",
            "generations",
            "choices");
    private static final int ANSWER_RESULTS = 0;
    private static final int ANSWER_OUTPUT_TEXT = 1;
    private static final int ANSWER_GENERATION = 2;
    private static final int ANSWER_OUTPUTS = 3;
    private static final int ANSWER_TEXT = 4;
    private static final int ANSWER_COMPLETION = 5;
    private static final int ANSWER_INPUT_TEXT_TOKEN_COUNT = 6;
    private static final int ANSWER_PROMPT_TOKEN_COUNT = 7;
    private static final int ANSWER_AMAZON_BEDROCK_INVOCATION_METRICS = 11;
    private static final int ANSWER_GENERATIONS = 12;
    private static final int ANSWER_CHOICES = 13;
    private static final JsonNames METRICS = JsonNames.of("inputTokenCount", "outputTokenCount");
    private static final int METRICS_INPUT_TOKEN_COUNT = 0;

    private @Nullable Dialect format;

    /** Which format a body is in, by one look at its members. */
    private static @Nullable Dialect format(final JsonCursor json) {
        boolean messages = false;
        boolean anthropic = false;
        boolean blocks = false;
        boolean inputs = false;
        boolean command = false;
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            if (name == REQUEST_ANTHROPIC_VERSION) {
                anthropic = true;
            } else if (name == REQUEST_MESSAGES) {
                messages = json.isArray();
                blocks = hasBlocks(json);
            } else if (name == REQUEST_MESSAGE) {
                command = json.isString();
            } else {
                inputs |= name >= REQUEST_TEXTS;
            }
        }
        if (anthropic) {
            return new AnthropicMessages();
        }
        if (!messages) {
            return command ? new CohereCommand() : inputs ? new Inputs() : null;
        }
        return blocks ? new BedrockConverse() : new OpenAiChat();
    }

    /** Whether the messages are of blocks, as Amazon writes them; parts, as OpenAI has them, say their type. */
    private static boolean hasBlocks(final JsonCursor json) {
        boolean blocks = false;
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            final int message = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            while (json.member(message, MESSAGE) != JsonCursor.END) {
                blocks |= json.isArray();
                final int content = json.isArray() ? json.enter() : JsonCursor.NOTHING;
                while (json.element(content)) {
                    final int part = json.isObject() ? json.enter() : JsonCursor.NOTHING;
                    if (json.member(part, PART) != JsonCursor.END) {
                        return false;
                    }
                }
            }
        }
        return blocks;
    }

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        format = format(json);
        json.again();
        if (format != null) {
            format.request(json, prompt);
            return;
        }
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            if ((name == REQUEST_PROMPT || name == REQUEST_INPUT_TEXT) && json.isString()) {
                prompt.recognise();
                prompt.text(json);
                prompt.message(Role.USER, null);
            }
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        if (format != null) {
            format.answer(json, answer);
            json.again();
            metrics(json, answer);
        } else {
            completion(json, answer);
        }
    }

    private static void completion(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_RESULTS, ANSWER_OUTPUTS, ANSWER_GENERATIONS -> {
                    final int results = json.isArray() ? json.enter() : JsonCursor.NOTHING;
                    while (json.element(results)) {
                        completion(json, answer);
                    }
                }
                case ANSWER_OUTPUT_TEXT, ANSWER_GENERATION, ANSWER_TEXT, ANSWER_COMPLETION -> {
                    answer.recognise();
                    answer.text(0, json);
                }
                case ANSWER_INPUT_TEXT_TOKEN_COUNT, ANSWER_PROMPT_TOKEN_COUNT -> answer.promptTokens(json.count());
                case ANSWER_AMAZON_BEDROCK_INVOCATION_METRICS -> counted(json, answer);
                case ANSWER_CHOICES -> OpenAiChat.choices(json, answer);
                default -> answer.outputTokens(json.count());
            }
        }
    }

    private static void metrics(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            if (name == ANSWER_AMAZON_BEDROCK_INVOCATION_METRICS) {
                counted(json, answer);
            }
        }
    }

    /** What the last event of a stream has beside its own. */
    private static void counted(final JsonCursor json, final AnswerBuilder answer) {
        answer.end();
        final int depth = json.enter();
        for (int name = json.member(depth, METRICS); name != JsonCursor.END; name = json.member(depth, METRICS)) {
            if (name == METRICS_INPUT_TOKEN_COUNT) {
                answer.promptTokensIfUnknown(json.count());
            } else {
                answer.outputTokens(json.count());
            }
        }
    }
}
