package io.fourthlog.redaction.detect;

import java.util.List;

/** A secret of a family that {@code secrets.rules} describes: a value of some format that is assigned to a name of the family. */
final class AssignedToken implements Detector {

    private final Documentation documentation;
    private final TokenFormat format;
    private final List<Anchor> anchors;

    AssignedToken(Documentation documentation, List<String> words, TokenFormat format) {
        this.documentation = documentation;
        this.format = format;
        this.anchors = words.stream().map(Anchor::keyword).toList();
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
        int value = Assignment.value(text, from, to, at);
        int end = value < 0 ? -1 : format.match(text, from, to, value);
        return end < 0 ? Span.NONE : Span.of(value, end);
    }
}
