package io.fourthlog.redaction.detect;

import java.util.List;

/** Finds one tag. Stateless and shared by threads. A {@link Sweep} calls {@link #verify} wherever one of the anchors is. */
public interface Detector {

    Documentation documentation();

    /** What every occurrence has, at a place from which {@link #verify} can find the rest. */
    List<Anchor> anchors();

    /**
     * Decides whether there is an occurrence around an anchor. It is shown {@link Sweep#BEHIND} bytes before the anchor and {@link
     * Sweep#AHEAD} bytes from it on, or what there is, and decides by them alone, so that it does not matter in which pieces a text
     * comes; an occurrence that is longer is cut at the end of what was shown.
     *
     * @param text bytes, valid in {@code [from, to)}; as UTF-8 without escapes, but any bytes may come
     * @param at index of the anchor
     * @return the {@link Span} of the occurrence, or {@link Span#NONE}
     */
    long verify(byte[] text, int from, int to, int at);
}
