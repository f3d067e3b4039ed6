package io.fourthlog.redaction.detect;

import java.util.List;

/**
 * Finds one tag. Stateless and shared by threads. The {@link Scanner} calls {@link #verify} wherever one of the anchors is.
 */
public interface Detector {

    Documentation documentation();

    /** What every occurrence has, at a place from which {@link #verify} can find the rest. */
    List<Anchor> anchors();

    /**
     * Decides whether there is an occurrence around an anchor, looking at a bounded number of bytes before it, and after it at
     * no more than it will not have to look at again from the next anchor.
     *
     * @param text bytes, valid in {@code [from, to)}; as UTF-8, but any bytes may come
     * @param at index of the anchor
     * @return the {@link Span} of the occurrence, or {@link Span#NONE}
     */
    long verify(byte[] text, int from, int to, int at);
}
