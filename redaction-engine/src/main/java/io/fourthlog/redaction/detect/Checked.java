package io.fourthlog.redaction.detect;

import java.util.List;

/** A value that is recognised by its own form, at a run of digits in it, or behind a word that says what it is. */
final class Checked implements Detector {

    private final Documentation documentation;
    private final Value value;
    private final List<Anchor> anchors;
    private final Labelled labelled;

    Checked(Documentation documentation, Value value, List<Anchor> anchors) {
        this.documentation = documentation;
        this.value = value;
        this.anchors = anchors;
        this.labelled = new Labelled(documentation, value);
    }

    /** The same, with texts in which it finds something. */
    Checked finds(String... texts) {
        return new Checked(documentation.finds(texts), value, anchors);
    }

    /** The same, with texts in which it finds nothing. */
    Checked passes(String... texts) {
        return new Checked(documentation.passes(texts), value, anchors);
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
        if (!Bytes.is(text[at], Bytes.DIGIT)) {
            return labelled.verify(text, from, to, at);
        }
        int end = value.end(text, from, to, at);
        if (end < 0) {
            return Span.NONE;
        }
        int start = at;
        while (start > from && at - start < 8 && Bytes.is(text[start - 1], Bytes.ALNUM)) {
            start--;
        }
        return Span.of(start, end);
    }
}
