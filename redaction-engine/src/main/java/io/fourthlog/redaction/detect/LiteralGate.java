package io.fourthlog.redaction.detect;

import java.util.List;

/**
 * Notices a literal that every match of a user's pattern has, so that the pattern runs only on texts that have it. Without a literal it
 * notices nothing, and only keeps the pattern's place among the detectors.
 */
public final class LiteralGate implements Detector {

    private final Documentation documentation;
    private final List<Anchor> anchors;
    private final int length;

    /**
     * A gate.
     *
     * @param literal at least four printable ASCII characters, or empty
     */
    public LiteralGate(String tag, String literal) {
        documentation = Documentation.of(tag).summary("The literal of a pattern");
        anchors = literal.isEmpty() ? List.of() : List.of(Anchor.literal(literal));
        length = literal.length();
    }

    @Override
    public Documentation documentation() {
        return documentation;
    }

    @Override
    public List<Anchor> anchors() {
        return anchors;
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        return Span.of(at, at + length);
    }
}
