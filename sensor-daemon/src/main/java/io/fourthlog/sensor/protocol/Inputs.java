package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;

/**
 * Embeddings and reranking, as OpenAI, Cohere, Voyage, Jina, Ollama, Gemini, DashScope and their like have them: texts go in, and what
 * comes out is numbers, so that the record has what was sent, to which model, and the tokens that were counted.
 */
final class Inputs implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of(
            "model", "input", "texts", "query", "documents", "prompt", "content", "requests", "inputs", "instances");
    private static final int MODEL = 0;
    private static final int MAX_NESTING = 6; // an array of requests of contents of parts of texts
    private static final JsonNames TEXTS =
            JsonNames.of("text", "content", "parts", "texts", "contents", "query", "documents");
    private static final JsonNames ANSWER = JsonNames.of(
            "model",
            "usage",
            "meta",
            "prompt_eval_count",
            "error",
            "data",
            "embeddings",
            "embedding",
            "results",
            "predictions",
            "output");
    private static final int ANSWER_MODEL = 0;
    private static final int ANSWER_USAGE = 1;
    private static final int ANSWER_META = 2;
    private static final int ANSWER_PROMPT_EVAL_COUNT = 3;
    private static final int ANSWER_ERROR = 4;
    private static final JsonNames USAGE =
            JsonNames.of("prompt_tokens", "input_tokens", "total_tokens", "billed_units", "tokens");
    private static final int TOTAL = 2;

    private static final String[] PATHS = {
        "/embeddings",
        "/embed",
        "/rerank",
        "/reranking",
        "/text-embedding",
        "/multimodal-embedding",
        "/text-rerank",
        ":embedcontent",
        ":batchembedcontents",
        ":predict"
    };

    static boolean matches(final HttpHead head) {
        for (final String path : PATHS) {
            if (head.pathEndsWith(path)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            if (name == MODEL) {
                prompt.model(json.name());
            } else {
                prompt.recognise();
                texts(json, prompt, MAX_NESTING);
                prompt.messageIfAny(Role.USER);
            }
        }
    }

    /** A text, or whatever holds texts: arrays, and objects in the members that APIs use for them. */
    private static void texts(final JsonCursor json, final PromptBuilder prompt, final int nesting) {
        prompt.text(json);
        if (nesting == 0) {
            return;
        }
        if (json.isArray()) {
            final int depth = json.enter();
            while (json.element(depth)) {
                texts(json, prompt, nesting - 1);
            }
        } else if (json.isObject()) {
            final int depth = json.enter();
            while (json.member(depth, TEXTS) != JsonCursor.END) {
                texts(json, prompt, nesting - 1);
            }
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_MODEL -> answer.model(json);
                case ANSWER_USAGE, ANSWER_META -> usage(json, answer);
                case ANSWER_PROMPT_EVAL_COUNT -> answer.promptTokens(json.count());
                case ANSWER_ERROR -> Errors.read(json, answer);
                default -> answer.recognise();
            }
        }
    }

    private static void usage(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, USAGE); name != JsonCursor.END; name = json.member(depth, USAGE)) {
            if (json.isObject()) {
                usage(json, answer);
            } else if (name == TOTAL) {
                answer.promptTokensIfUnknown(json.count()); // nothing else is counted here
            } else {
                answer.promptTokens(json.count());
            }
        }
    }
}
