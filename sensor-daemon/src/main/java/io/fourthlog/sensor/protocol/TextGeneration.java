package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;

/**
 * A text that a model goes on with, as two servers have it besides OpenAI's APIs: Hugging Face's Text Generation Inference
 * ({@code /generate}, {@code /generate_stream}: its OpenAPI document), and llama.cpp ({@code /completion}: tools/server/README.md).
 */
final class TextGeneration implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of("inputs", "prompt");
    private static final JsonNames ANSWER = JsonNames.of(
            "generated_text",
            "token",
            "details",
            "content",
            "model",
            "tokens_evaluated",
            "tokens_predicted",
            "stop",
            "error");
    private static final int GENERATED_TEXT = 0;
    private static final int TOKEN = 1;
    private static final int DETAILS = 2;
    private static final int CONTENT = 3;
    private static final int MODEL = 4;
    private static final int TOKENS_EVALUATED = 5;
    private static final int TOKENS_PREDICTED = 6;
    private static final int STOP = 7;
    private static final JsonNames TEXT = JsonNames.of("text");
    private static final JsonNames COUNTS = JsonNames.of("generated_tokens", "input_length");
    private static final int GENERATED_TOKENS = 0;

    private final int question;

    private TextGeneration(final int question) {
        this.question = question;
    }

    static TextGeneration ofInference() {
        return new TextGeneration(0);
    }

    static TextGeneration ofLlamaCpp() {
        return new TextGeneration(1);
    }

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            if (name == question && json.isString()) {
                prompt.recognise();
                prompt.text(json);
                prompt.messageIfAny(Role.USER);
            }
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case GENERATED_TEXT -> {
                    if (json.isString()) { // at the end of a stream, all of it once more
                        answer.recognise();
                        answer.textAgain(0);
                        answer.text(0, json);
                        answer.end();
                    }
                }
                case TOKEN -> {
                    final int token = json.enter();
                    while (json.member(token, TEXT) != JsonCursor.END) {
                        answer.recognise();
                        answer.text(0, json);
                    }
                }
                case DETAILS -> details(json, answer);
                case CONTENT -> {
                    if (json.isString()) {
                        answer.recognise();
                        answer.text(0, json);
                    }
                }
                case MODEL -> answer.model(json);
                case TOKENS_EVALUATED -> answer.promptTokens(json.count());
                case TOKENS_PREDICTED -> answer.outputTokens(json.count());
                case STOP -> {
                    if (json.isTrue()) {
                        answer.end();
                    }
                }
                default -> Errors.read(json, answer);
            }
        }
    }

    private static void details(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, COUNTS); name != JsonCursor.END; name = json.member(depth, COUNTS)) {
            if (name == GENERATED_TOKENS) {
                answer.outputTokens(json.count());
            } else {
                answer.promptTokens(json.count());
            }
        }
    }
}
