package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;

/**
 * An API of a known model host that nothing here reads: which model it names, and all its texts as they stand, so that what
 * is sensitive in them is seen. What the answer is cannot be told from what it says about it, so none of it is its text.
 */
final class UnknownApi implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of("model", "modelId", "model_id");

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        prompt.recognise();
        final int depth = json.enter();
        while (json.member(depth, REQUEST) != JsonCursor.END) {
            prompt.model(json.name());
        }
        json.again();
        prompt.json(json);
        prompt.message(Role.USER, null);
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        answer.unreadable();
        final int depth = json.enter();
        while (json.member(depth, REQUEST) != JsonCursor.END) {
            answer.model(json);
        }
    }
}
