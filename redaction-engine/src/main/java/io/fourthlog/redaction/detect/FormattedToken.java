package io.fourthlog.redaction.detect;

import java.util.List;

/** A secret of a family that {@code secrets.rules} describes: its format alone says what it is. */
final class FormattedToken implements Detector {

    private final Documentation documentation;
    private final TokenFormat format;
    private final List<Anchor> anchors;

    FormattedToken(Documentation documentation, TokenFormat format) {
        this.documentation = documentation;
        this.format = format;
        this.anchors = List.copyOf(format.anchors());
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
        int start = format.start(at);
        int end = format.match(text, from, to, start);
        return end < 0 ? Span.NONE : Span.of(start, end);
    }
}
