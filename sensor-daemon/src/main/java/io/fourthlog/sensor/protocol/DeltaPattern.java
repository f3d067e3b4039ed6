package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Knows the documents of a stream that are like one before, which is nearly all of an answer: the same bytes but for the piece of text
 * that they add, and for strings and numbers that no decoder asks for, such as a sequence number or padding. Their pieces are added
 * without reading them as JSON.
 *
 * <p>What is like it is valid, too, and says the same: of two strings one stands for the other where both are ASCII without escapes, and of
 * two numbers where both are digits. All else is compared, and what differs in it is read.
 */
final class DeltaPattern implements AutoCloseable {
    private static final int LARGEST = 2048; // bytes; pieces are a few tokens

    private final ContentBuffer document;
    private final int[] starts = new int[JsonCursor.UNREAD + 1]; // of what may differ, in order
    private final int[] ends = new int[JsonCursor.UNREAD + 1];
    private int number; // of those
    private int piece; // which of them is added
    private @Nullable ContentBuffer text; // that it is added to; null while no pattern is known

    DeltaPattern(final MemoryBudget budget) {
        document = new ContentBuffer(budget, LARGEST);
    }

    /** Adds the piece of a document that is like the pattern; {@code false} if it is not. */
    boolean add(final byte[] bytes, final int from, final int length, final AnswerBuilder answer) {
        final ContentBuffer grows = text;
        if (grows == null) {
            return false;
        }
        final byte[] pattern = document.array();
        final int limit = from + length;
        int at = from;
        int known = 0;
        int pieceStart = 0;
        int pieceEnd = 0;
        for (int i = 0; i < number; i++) {
            final int same = starts[i] - known;
            if (same > limit - at || !Arrays.equals(pattern, known, starts[i], bytes, at, at + same)) {
                return false;
            }
            final int start = at + same;
            at = pattern[starts[i] - 1] == '"'
                    ? JsonReader.endOfPlain(bytes, start, limit)
                    : endOfNumber(bytes, start, limit);
            if (at < 0) {
                return false;
            }
            if (i == piece) {
                pieceStart = start;
                pieceEnd = at;
            }
            known = ends[i];
        }
        if (!Arrays.equals(pattern, known, document.length(), bytes, at, limit)) {
            return false;
        }
        answer.grow(grows, bytes, pieceStart, pieceEnd - pieceStart);
        return true;
    }

    /** The end of a number of digits; -1 if there is none that JSON allows. */
    private static int endOfNumber(final byte[] bytes, final int start, final int limit) {
        int at = start;
        while (at < limit && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        return at == start || (at - start > 1 && bytes[start] == '0') ? -1 : at;
    }

    /** Takes a document that was read, and was valid, as the pattern; none if it did anything that the next would not do as well. */
    void learn(
            final byte[] bytes, final int from, final int length, final JsonCursor json, final AnswerBuilder answer) {
        forget();
        final ContentBuffer grown = answer.grown();
        if (grown == null || json.unread() > JsonCursor.UNREAD || !document.append(bytes, from, length)) {
            return;
        }
        number = 0;
        piece = -1;
        for (int i = 0; i < json.unread(); i++) {
            if (piece < 0 && json.unreadStart(i) > answer.readStart()) {
                piece = number;
                differs(answer.readStart() - from, answer.readEnd() - from);
            }
            differs(json.unreadStart(i) - from, json.unreadEnd(i) - from);
        }
        if (piece < 0) {
            piece = number;
            differs(answer.readStart() - from, answer.readEnd() - from);
        }
        text = grown;
    }

    private void differs(final int start, final int end) {
        starts[number] = start;
        ends[number++] = end;
    }

    void forget() {
        text = null;
        document.clear();
    }

    @Override
    public void close() {
        text = null;
        document.close();
    }
}
