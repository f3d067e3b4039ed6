package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import io.fourthlog.sensor.protocol.ModelAnswer.ToolCall;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts an answer together while its documents are read, a whole one or the events of a stream: texts and tool calls by the
 * place that the protocol gives them, each growing by what is added to it.
 */
final class AnswerBuilder implements AutoCloseable {
    private static final byte[] EMPTY_OBJECT = {'{', '}'};
    private static final int THINKING = -1; // place
    private static final int MAX_EARLIER = 256; // after which it is sure that an answer comes again

    /** One requested tool, its name and arguments growing with the stream. */
    private static final class Call {
        private final ContentBuffer arguments;
        private @Nullable String id;
        private @Nullable String name;
        private @Nullable PartialArguments values; // that the arguments are put together of
        private boolean told;

        private Call(final ContentBuffer arguments) {
            this.arguments = arguments;
        }

        private void close() {
            arguments.close();
            if (values != null) {
                values.close();
                values = null;
            }
        }
    }

    private final MemoryBudget budget;
    private final Limits limits;
    private final TreeMap<Integer, ContentBuffer> texts = new TreeMap<>();
    private @Nullable ContentBuffer lastText; // that was added to, at lastPlace
    private int lastPlace;
    private final TreeMap<Integer, Call> calls = new TreeMap<>();
    private final Map<Integer, Integer> moved = new HashMap<>(); // where the last of a place's tools is
    private int untold; // calls that have a name
    private final ContentBuffer thinking;
    private final ContentBuffer scratch;
    private final ContentBuffer delta;
    private @Nullable String modelId;
    private @Nullable String id;
    private @Nullable String error;
    private long promptTokens = -1;
    private long outputTokens = -1;
    private boolean readable = true;
    private boolean recognised;
    private boolean done;
    private boolean stopped;
    private boolean overflow;
    private boolean misplaced;
    private boolean pending;
    private boolean thinksAgain;
    private final Map<Integer, List<Integer>> earlier = new HashMap<>(); // lengths of what a text was before, by place
    private boolean adds; // a piece that does not begin with the text before it
    private boolean changed; // by the current document, other than by a piece
    private @Nullable ContentBuffer
            grown; // by a piece that the current document brought, when it had something already
    private boolean hasRead; // any string of the current document
    private @Nullable ContentBuffer read; // what the current document's last string is in, and where that stands in it
    private int readStart;
    private int readEnd;

    AnswerBuilder(final MemoryBudget budget, final Limits limits) {
        this.budget = budget;
        this.limits = limits;
        thinking = new ContentBuffer(budget, limits.bodyBytes());
        scratch = new ContentBuffer(budget, limits.bodyBytes());
        delta = new ContentBuffer(budget, limits.bodyBytes());
    }

    /** What follows is of the next document. */
    void begin() {
        changed = false;
        hasRead = false;
        grown = null;
        read = null;
    }

    /**
     * The text that all that the current document did was to add a string to, which stands as it was read at {@link #readStart()};
     * {@code null} if it did more. The same again with another string would do just that, since there was something in the text already.
     */
    @Nullable
    ContentBuffer grown() {
        return changed ? null : grown;
    }

    int readStart() {
        return readStart;
    }

    int readEnd() {
        return readEnd;
    }

    /** Adds to a text that grew by a document before. */
    void grow(final ContentBuffer text, final byte[] bytes, final int from, final int length) {
        overflow |= !text.append(bytes, from, length);
    }

    private void grows(final ContentBuffer text) {
        changed |= grown != null || text.length() == 0;
        grown = text;
    }

    /** Another string could have been empty, and then have been passed over. */
    private void reads(final JsonCursor json, final ContentBuffer into) {
        if (json.isString()) {
            changed |= hasRead;
            hasRead = true;
            read = into;
            readStart = json.start();
            readEnd = json.end();
        }
    }

    /** The first name that the answer gives is kept. */
    void model(final @Nullable String id) {
        changed |= modelId == null;
        modelId = modelId == null ? id : modelId;
    }

    /** The same of the current value, which is not looked at when there is one: each event of a stream repeats it. */
    void model(final JsonCursor json) {
        changed |= modelId == null;
        modelId = modelId == null ? json.name() : modelId;
    }

    /** The endpoint keeps the answer under this id. */
    void id(final @Nullable String kept) {
        changed |= !Objects.equals(id, kept);
        id = kept;
    }

    @Nullable
    String id() {
        return id;
    }

    /** Whether the model has yet to answer, as the endpoint said last. */
    void pending(final boolean later) {
        changed |= pending != later;
        pending = later;
    }

    /** The answer is of an API that is not read: its text is not known. */
    void unreadable() {
        changed |= readable;
        readable = false;
    }

    /** Something had the shape of an answer. */
    void recognise() {
        changed |= !recognised;
        recognised = true;
    }

    boolean recognised() {
        return recognised;
    }

    /** Nothing that belongs to the answer follows. */
    void end() {
        changed = true;
        done = true;
    }

    boolean isDone() {
        return done;
    }

    /** The model said why it stopped; of the answer's only text, or it does not count. */
    void stopped() {
        changed = true;
        stopped = texts.size() <= 1;
    }

    /** Whether a client may well let go of the answer: what can follow is a count, or framing. */
    boolean isStopped() {
        return stopped;
    }

    /** A place stood behind the content that it is for, so that the content is in the wrong one. */
    void misplaced() {
        changed = true;
        misplaced = true;
    }

    boolean isMisplaced() {
        return misplaced;
    }

    boolean overflow() {
        return overflow;
    }

    /** What the endpoint counted so far; -1 leaves what was known. */
    void promptTokens(final long count) {
        changed |= count >= 0 && count != promptTokens;
        promptTokens = count >= 0 ? count : promptTokens;
    }

    /** What somebody else than the model's own server counted. */
    void promptTokensIfUnknown(final long count) {
        changed |= promptTokens < 0;
        promptTokens = promptTokens < 0 ? count : promptTokens;
    }

    boolean hasThinking() {
        return thinking.length() > 0;
    }

    void outputTokens(final long count) {
        changed |= count >= 0 && count != outputTokens;
        outputTokens = count >= 0 ? count : outputTokens;
    }

    /** The endpoint reports a failure, by its name if it has one. */
    void error(final @Nullable String name) {
        changed = true;
        recognised = true;
        if (error == null || error.equals("unnamed")) {
            error = name == null ? "unnamed" : name;
        }
    }

    /** An empty buffer for a text of which it is not known yet what it is. */
    ContentBuffer scratch() {
        read = null;
        scratch.clear();
        return scratch;
    }

    /** Reads the current value, a string, into the scratch buffer. */
    ContentBuffer read(final JsonCursor json) {
        overflow |= !json.text(scratch());
        reads(json, scratch);
        return scratch;
    }

    /** Reads the current value, a string, into a buffer of its own, for what is added once its event's type is known. */
    ContentBuffer delta(final JsonCursor json) {
        delta.clear();
        overflow |= !json.text(delta);
        reads(json, delta);
        return delta;
    }

    /** Adds to the text at this place what the scratch buffer holds. */
    void text(final int place, final ContentBuffer from) {
        if (from.length() > 0) {
            append(textAt(place), from);
        }
    }

    /** Adds the current value, if it is a string, to the text at this place. */
    void text(final int place, final JsonCursor json) {
        if (json.isString()) {
            append(textAt(place), json);
        }
    }

    /** Forgets the text at this place: all of it comes again. */
    void textAgain(final int place) {
        changed = true;
        final ContentBuffer text = texts.get(place);
        if (text != null) {
            text.clear();
        }
    }

    /** Whether the current value, a string, has the text at this place in front. */
    boolean goesOn(final int place, final JsonCursor json) {
        final ContentBuffer text = texts.get(place);
        return text == null || goesOn(text, json);
    }

    /** The same of what the model thinks. */
    boolean thinkingGoesOn(final JsonCursor json) {
        return goesOn(thinking, json);
    }

    private boolean goesOn(final ContentBuffer text, final JsonCursor json) {
        final ContentBuffer said = scratch();
        overflow |= !json.text(said);
        final boolean goesOn = said.length() >= text.length()
                && Arrays.equals(text.array(), 0, text.length(), said.array(), 0, text.length());
        adds |= !goesOn && said.length() > 0;
        return goesOn;
    }

    /** As {@link #again}, as far as it is known: {@link #addUp} can undo it while each text begins with the one before. */
    void againPerhaps() {
        texts.forEach((place, text) -> remember(place, text));
        if (!thinksAgain) {
            remember(THINKING, thinking);
        }
        again();
    }

    private void remember(final int place, final ContentBuffer text) {
        final List<Integer> lengths = earlier.computeIfAbsent(place, _ -> new ArrayList<>());
        if (text.length() > 0 && lengths.size() < MAX_EARLIER) {
            lengths.add(text.length());
        }
    }

    /** It did not come again: each text is what it was before, and the one before that. What is empty now may be the end of either. */
    void addUp() {
        changed = true;
        for (final Map.Entry<Integer, List<Integer>> each : earlier.entrySet()) {
            final List<Integer> lengths = each.getValue();
            final ContentBuffer text = each.getKey() == THINKING ? thinking : texts.get(each.getKey());
            if (each.getKey() == THINKING && thinksAgain && !lengths.isEmpty()) {
                lengths.removeLast(); // the model has not thought since
            }
            if (lengths.isEmpty()) {
                continue;
            }
            misplaced |= !adds || text == null || lengths.size() == MAX_EARLIER;
            if (text == null) {
                continue;
            }
            final ContentBuffer last = scratch();
            overflow |= !last.append(text.array(), 0, text.length());
            text.clear();
            for (final int length : lengths) {
                overflow |= !text.append(last.array(), 0, Math.min(length, last.length()));
            }
            overflow |= !text.append(last.array(), 0, last.length());
        }
        thinksAgain = false;
        earlier.clear();
    }

    void thinking(final ContentBuffer from) {
        if (from.length() > 0) {
            append(thinking(), from);
        }
    }

    /** Adds the current value, if it is a string, to what the model thinks; whether that was anything. */
    boolean thinking(final JsonCursor json) {
        if (!json.isString()) {
            return false;
        }
        if (json.start() == json.end()) {
            changed = true;
            return false;
        }
        final int before = thinking().length();
        append(thinking, json);
        return thinking.length() > before;
    }

    private ContentBuffer thinking() {
        if (thinksAgain) {
            thinksAgain = false;
            thinking.clear();
        }
        return thinking;
    }

    /** Forgets texts and tools: the whole answer comes again. What the model thinks may be left out of it, and is kept until it is not. */
    void again() {
        changed = true;
        thinksAgain = true;
        forget();
    }

    private void append(final ContentBuffer to, final JsonCursor json) {
        if (json.isString()) {
            grows(to);
            reads(json, to);
            overflow |= !json.text(to);
        }
    }

    private void append(final ContentBuffer to, final ContentBuffer from) {
        grows(to);
        changed |= from != read;
        overflow |= !to.append(from.array(), 0, from.length());
    }

    private ContentBuffer textAt(final int place) {
        if (lastText != null && lastPlace == place) {
            return lastText;
        }
        if (texts.size() >= limits.parts() && !texts.containsKey(place)) {
            overflow = true;
            changed = true;
            return scratch();
        }
        final ContentBuffer text = texts.computeIfAbsent(place, _ -> new ContentBuffer(budget, limits.bodyBytes()));
        lastText = text;
        lastPlace = place;
        return text;
    }

    /** The number of tools so far: the place of the next one where the protocol does not number them. */
    int nextCall() {
        return calls.isEmpty() ? 0 : calls.lastKey() + 1;
    }

    private @Nullable Call call(final int place) {
        if (calls.size() >= limits.parts() && !calls.containsKey(place)) {
            overflow = true;
            return null;
        }
        return calls.computeIfAbsent(place, _ -> new Call(new ContentBuffer(budget, limits.bodyBytes())));
    }

    /** Where a tool is that is said to be at this place: behind all others if another one is there, since some servers number each one 0. */
    int callAt(final int place, final @Nullable String id, final @Nullable String name) {
        final int last = moved.getOrDefault(place, place);
        final Call there = calls.get(last);
        if (there == null || there.id == null || id == null || name == null || id.equals(there.id)) {
            return last;
        }
        final int next = nextCall();
        moved.put(place, next);
        return next;
    }

    /** The model asks for a tool at this place; what is {@code null} leaves what was known. */
    void call(final int place, final @Nullable String id, final @Nullable String name) {
        changed = true;
        final Call call = id == null && name == null ? null : call(place);
        if (call != null) {
            call.id = id == null ? call.id : id;
            untold += call.name == null && name != null ? 1 : 0;
            call.name = name == null ? call.name : name;
        }
    }

    /** Takes a tool that the model asks for. */
    interface Called {
        void called(String name, @Nullable String id);
    }

    /** Tells once of each tool that has its name by now; its arguments may still grow. */
    void tell(final Called listener) {
        if (untold > 0) {
            untold = 0;
            for (final Call call : calls.values()) {
                if (call.name != null && !call.told) {
                    call.told = true;
                    listener.called(call.name, call.id);
                }
            }
        }
    }

    /** Adds the scratch buffer's content to the arguments of the tool at this place. */
    void arguments(final int place, final ContentBuffer from) {
        changed = true;
        final Call call = from.length() == 0 ? null : call(place);
        if (call != null) {
            append(call.arguments, from);
        }
    }

    /** The JSON of the current value is all arguments of the tool at this place; goes to its end. */
    void allArguments(final int place, final JsonCursor json) {
        final ContentBuffer whole = scratch();
        overflow |= !json.raw(whole);
        allArguments(place, whole);
    }

    /** The JSON of one of the arguments of the tool at this place, or of the next piece of a text, and the JSON path that it has. */
    void argument(final int place, final @Nullable String path, final ContentBuffer json) {
        changed = true;
        final Call call = calls.get(place);
        if (call == null) {
            misplaced = true;
            return;
        }
        if (call.values == null) {
            call.values = new PartialArguments(budget, limits);
        }
        misplaced |= !call.values.add(path, json);
    }

    /** All arguments of the tool at this place, instead of those that were known. */
    void allArguments(final int place, final ContentBuffer from) {
        changed = true;
        final Call call = calls.get(place);
        if (call != null) {
            call.close();
        }
        if (!Arrays.equals(from.array(), 0, from.length(), EMPTY_OBJECT, 0, EMPTY_OBJECT.length)) {
            arguments(place, from);
        }
    }

    /** The answer as far as it was added, with everything missing that {@code gap} says. */
    ModelAnswer seal(final int httpStatus, final @Nullable GapCause gap, final long missingBytes) {
        final List<ToolCall> requested = new ArrayList<>();
        for (final Map.Entry<Integer, Call> each : calls.entrySet()) {
            final Call call = each.getValue();
            if (call.name != null) {
                final Plaintext arguments = gap != null ? null : arguments(call);
                requested.add(new ToolCall(call.name, call.id, arguments));
            }
        }
        return new ModelAnswer(
                httpStatus,
                modelId,
                id,
                pending && gap == null,
                readable,
                text(),
                copy(thinking),
                requested,
                promptTokens,
                outputTokens,
                error,
                gap,
                missingBytes);
    }

    private @Nullable Plaintext arguments(final Call call) {
        if (call.values == null) {
            return copy(call.arguments);
        }
        try (ContentBuffer whole = new ContentBuffer(budget, limits.bodyBytes())) {
            return call.values.write(whole) ? copy(whole) : null;
        }
    }

    private static Plaintext copy(final ContentBuffer content) {
        return Plaintext.copyOf(content.array(), 0, content.length());
    }

    private Plaintext text() {
        if (texts.size() == 1) {
            return copy(texts.firstEntry().getValue());
        }
        try (ContentBuffer all = new ContentBuffer(budget, limits.bodyBytes())) {
            for (final ContentBuffer each : texts.values()) {
                append(all, each);
            }
            return copy(all);
        }
    }

    private void forget() {
        texts.values().forEach(ContentBuffer::close);
        texts.clear();
        lastText = null;
        calls.values().forEach(Call::close);
        calls.clear();
        moved.clear();
        untold = 0;
    }

    @Override
    public void close() {
        forget();
        thinking.close();
        scratch.close();
        delta.close();
    }
}
