package io.fourthlog.minilm;

import io.fourthlog.redaction.PromptEmbedder;
import java.io.IOException;

/** Opens the model; the engine finds it by name when a profile asks for it. */
public final class MiniLm implements PromptEmbedder.Provider {

    @Override
    public String name() {
        return "minilm";
    }

    @Override
    public PromptEmbedder open() throws IOException {
        return MiniLmEmbedder.open();
    }
}
