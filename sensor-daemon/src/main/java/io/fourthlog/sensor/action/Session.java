package io.fourthlog.sensor.action;

import io.fourthlog.redaction.KnownText;
import io.fourthlog.sensor.protocol.MentionedFiles;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run of an agent, a root process of a container and what it started: remembers what a later action can follow from.
 * It holds ids and hashes, never content; its memory is bounded, and forgets the oldest first.
 *
 * <pre>
 * served request ► prompt ► model_invocation ► requested tool ► tool_invocation ► data_access
 *                               ▲                                    │
 *                               └───────── result, by call id ───────┘
 * </pre>
 */
public final class Session {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int COMPARED = 32; // calls under way at once
    private static final int REMEMBERED = 1024; // requested tools, calls, questions, answers and credentials each
    private static final int LEFT = 256; // ids and hashes when all processes have ended, for what is still on its way
    private static final int MOST_SERVED = 256; // requests under way
    private static final int MOST_ANSWERED =
            64; // of which what they say is looked for in prompts, as queues put off the work
    private static final Cause SEVERAL = Cause.begin("several"); // of which each is kept by its trace as well

    /** A tool that a model asked for and that nobody was seen to run yet. */
    private record Requested(
            String name, @Nullable String callId, @Nullable String argumentsHash, Cause model) {}

    /**
     * A tool invocation's place in the graph.
     *
     * @param callId the model's id of the call that it answers, {@code null} if that is not known
     */
    public record Matched(Cause cause, @Nullable String callId) {}

    /**
     * An answer that the endpoint keeps.
     *
     * @param model that was asked for it
     * @param pending whether it was not told yet, or not whole
     */
    public record Kept(Cause model, boolean pending) {}

    private final String id;
    private final SessionMemory memory;
    private final String ownTrace = newTraceId();
    private final ArrayDeque<Requested> requested = new ArrayDeque<>();
    private final ArrayDeque<Requested> ranEarly = new ArrayDeque<>(); // of answers that are not over
    private final Map<String, Cause> askedByCallId = bounded();
    private final Map<String, Cause> ranByCallId = bounded();
    private final Map<String, Cause> answersByHash = bounded();
    private final Map<String, Cause> askedByOpening = bounded(); // by the first question's hash
    private final Map<String, Kept> kept = bounded(); // by the endpoint's id
    private final ServedTexts servedByText = new ServedTexts();
    private final List<ServedRequest> served = new ArrayList<>(); // that are not answered yet
    private final List<ServedRequest> sockets =
            new ArrayList<>(); // requests that became one, with the texts of the last message
    private final List<ServedRequest> answered = new ArrayList<>(); // the last ones that said something
    private boolean asked; // by somebody for something that it did
    private final List<InFlight> inFlight = new ArrayList<>();
    private final LinkedHashSet<String> credentials = new LinkedHashSet<>();
    private final LinkedHashSet<String> clients = new LinkedHashSet<>();
    private @Nullable Cause last;
    private @Nullable Cause lastModel;
    private int agents; // that are known

    Session(final UUID id, final SessionMemory memory) {
        this.id = id.toString();
        this.memory = memory;
    }

    /** A process belongs to it. */
    void joined() {
        if (agents++ == 0) {
            memory.began(this);
        }
    }

    /** One of its processes is known no more. */
    void left() {
        if (--agents == 0) {
            memory.ended(this);
            while (remembered() > LEFT) {
                forgetHalf();
            }
        }
    }

    /** Ids and hashes that it holds. */
    int remembered() {
        return requested.size()
                + ranEarly.size()
                + askedByCallId.size()
                + ranByCallId.size()
                + answersByHash.size()
                + askedByOpening.size()
                + kept.size()
                + servedByText.size()
                + remembered(served)
                + remembered(sockets)
                + remembered(answered)
                + credentials.size()
                + clients.size();
    }

    private static int remembered(final List<ServedRequest> requests) {
        return requests.stream().mapToInt(Session::remembered).sum();
    }

    private static int remembered(final ServedRequest request) {
        return request.texts().size() + request.size();
    }

    /** Forgets the older half of all that it holds; how much that was. */
    int forgetHalf() {
        final int before = remembered();
        forgetHalf(requested);
        forgetHalf(ranEarly);
        forgetHalf(askedByCallId.keySet());
        forgetHalf(ranByCallId.keySet());
        forgetHalf(answersByHash.keySet());
        forgetHalf(askedByOpening.keySet());
        forgetHalf(kept.keySet());
        servedByText.forgetHalf();
        forgetHalf(served);
        forgetHalf(sockets);
        forgetHalf(answered);
        forgetHalf(credentials);
        forgetHalf(clients);
        return before - remembered();
    }

    private static void forgetHalf(final List<ServedRequest> requests) {
        for (int half = (requests.size() + 1) / 2; half > 0; half--) {
            requests.removeFirst().texts().clear();
        }
    }

    private static void forgetHalf(final Collection<?> oldestFirst) {
        final Iterator<?> oldest = oldestFirst.iterator();
        for (int half = (oldestFirst.size() + 1) / 2; half > 0; half--) {
            oldest.next();
            oldest.remove();
        }
    }

    private <V> void remember(final Map<String, V> in, final String key, final V value) {
        final int before = in.size();
        in.remove(key); // it is the newest now
        in.put(key, value);
        memory.changed(this, in.size() - before);
    }

    /** Remembers an action by what a prompt may name or quote, which can be the same in conversations that have nothing else in common. */
    private void tie(final Map<String, Cause> to, final String key, final Cause cause) {
        final Cause other = to.get(key);
        if (other == null || other.traceId().equals(cause.traceId())) {
            remember(to, key, cause);
            return;
        }
        if (!other.equals(SEVERAL)) {
            remember(to, ofTrace(key, other.traceId()), other);
        }
        remember(to, ofTrace(key, cause.traceId()), cause);
        remember(to, key, SEVERAL);
    }

    private static String ofTrace(final String key, final String trace) {
        return key + " " + trace;
    }

    /** The newest action of that key; if several traces have one, that of {@code trace}, and none if that is not known. */
    private static @Nullable Cause tied(
            final Map<String, Cause> to, final @Nullable String key, final @Nullable String trace) {
        if (key == null) {
            return null;
        }
        final Cause cause = to.get(key);
        if (!SEVERAL.equals(cause)) {
            return cause;
        }
        return trace == null ? null : to.get(ofTrace(key, trace));
    }

    /** The wire value of {@code agent_session_id}. */
    public String id() {
        return id;
    }

    /** A new W3C trace id. */
    public static String newTraceId() {
        final byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        bytes[0] |= 1; // all zero is not a trace id
        return HexFormat.of().formatHex(bytes);
    }

    /** What an action of {@code agent} follows from that nothing but its time and process tie to another. */
    public Cause ambient(final Agent agent) {
        final Cause serving = cause(serving(agent));
        if (serving != null) {
            return serving;
        }
        final ServedRequest request = nearest(agent, served);
        if (lastModel != null
                && !requested.isEmpty()
                && (request == null ? isLikely(lastModel) : request.isOf(lastModel))) {
            return lastModel;
        }
        return request == null ? Cause.in(ownTrace) : follow(request, Cause.begin(newTraceId()));
    }

    /** Whether what is done now is done for this model rather than for another: of several that are asked at once, it alone waits for tools. */
    private boolean isLikely(final Cause model) {
        return served.size() < 2
                || requested.stream().allMatch(each -> each.model().traceId().equals(model.traceId()));
    }

    /** The same of what {@code agent} does with a resource of {@code type}, where {@code serving} may be what it does that for. */
    public Cause ofResource(final Agent agent, final List<InFlight> serving, final String type) {
        if (serving.size() == 1) {
            serving.getFirst().used(type);
        }
        final Cause cause = cause(serving);
        return cause != null ? cause : ambient(agent);
    }

    /**
     * The tool invocations under way that this process, or one that started it, serves, by the nearest of them. They are several if its
     * client calls in parallel.
     */
    public List<InFlight> serving(final Agent agent) {
        if (inFlight.isEmpty()) {
            return List.of();
        }
        final List<InFlight> nearest = new ArrayList<>(1);
        int least = Integer.MAX_VALUE;
        for (final InFlight call : inFlight) {
            final int distance = call.distance(agent);
            if (distance >= 0 && distance < least) {
                nearest.clear();
                least = distance;
            }
            if (distance >= 0 && distance == least) {
                nearest.add(call);
            }
        }
        return nearest;
    }

    /** Those of several invocations that name a file the best, all of them if none does, or if they are very many. */
    public List<InFlight> naming(final List<InFlight> serving, final String path) {
        if (serving.size() < 2 || serving.size() > COMPARED) {
            return serving;
        }
        final List<InFlight> best = new ArrayList<>();
        int most = MentionedFiles.NOT;
        for (final InFlight call : serving) {
            final int named = call.files().names(path);
            if (named > most) {
                best.clear();
                most = named;
            }
            if (named == most) {
                best.add(call);
            }
        }
        return best;
    }

    /** A process is asked for something. */
    public void served(final ServedRequest request) {
        if (served.size() == MOST_SERVED) {
            servedEnded(served.getFirst());
        }
        add(served, request);
    }

    private void add(final List<ServedRequest> to, final ServedRequest request) {
        to.add(request);
        memory.changed(this, remembered(request));
    }

    private boolean remove(final List<ServedRequest> from, final ServedRequest request) {
        final boolean removed = from.remove(request);
        if (removed) {
            memory.changed(this, -remembered(request));
        }
        return removed;
    }

    private void forget(final List<ServedRequest> in, final ServedRequest request) {
        if (remove(in, request)) {
            request.texts().clear();
        }
    }

    /** A request, or a message of its WebSocket, holds this text. */
    public void served(final ServedRequest request, final KnownText text) {
        memory.changed(this, servedByText.put(text.hash(), request));
        if ((served.contains(request) || sockets.contains(request)) && request.says(text)) {
            memory.changed(this, 1);
        }
    }

    /** It is answered, or nobody waits for that: of what follows, only what has its text follows from it. */
    public void servedEnded(final ServedRequest request) {
        if ((remove(served, request) || remove(sockets, request))
                && !request.texts().isEmpty()) {
            if (answered.size() == MOST_ANSWERED) {
                forget(answered, answered.getFirst());
            }
            add(answered, request);
        }
    }

    /** Its connection is a WebSocket from now on. */
    public void servesSocket(final ServedRequest request) {
        remove(served, request);
        if (sockets.size() == MOST_SERVED) {
            servedEnded(sockets.getFirst());
        }
        add(sockets, request);
    }

    /** A message comes on its WebSocket: what the one before said is no part of that. */
    public void speaks(final ServedRequest request) {
        if (sockets.contains(request)) {
            memory.changed(this, -request.texts().size());
            request.texts().clear();
        }
    }

    /**
     * The request that holds what the user says in a prompt: that is a text of it; or, of those under way and of what was said last on
     * WebSockets, else of those that were answered last, a text of it is in that and none of another. {@code null} if it is none, or
     * cannot be told: then each that it could be is recorded.
     *
     * @param said keyed hashes of what the user says after the last answer
     * @param within finds the texts that are in what the user says
     */
    public @Nullable ServedRequest asking(
            final Agent agent, final List<String> said, final Function<Collection<KnownText>, Set<KnownText>> within) {
        if (served.isEmpty() && sockets.isEmpty() && answered.isEmpty() && servedByText.size() == 0) {
            return null; // most agents serve nobody
        }
        List<ServedRequest> several = List.of();
        for (final String text : said.reversed()) {
            final List<ServedRequest> underWay =
                    served.stream().filter(each -> each.holds(text)).toList();
            final List<ServedRequest> holding = underWay.isEmpty() ? servedByText.get(text) : underWay;
            final ServedRequest one = one(agent, holding);
            if (one != null) {
                memory.changed(this, servedByText.followed(text, one));
                return one;
            }
            several = holding.isEmpty() ? several : holding;
        }
        if (several.isEmpty() && !said.isEmpty()) {
            final List<ServedRequest> open = new ArrayList<>(served);
            open.addAll(sockets);
            several = within(open, within);
            several = several.isEmpty() ? within(answered, within) : several;
        }
        if (several.size() == 1) {
            return several.getFirst();
        }
        for (final ServedRequest each : several) {
            follow(each, Cause.begin(newTraceId())); // nobody hides behind another who asks the same
        }
        return null;
    }

    /** The requests of which a text that no other holds is in a prompt; if none is, of which any text is. */
    private static List<ServedRequest> within(
            final List<ServedRequest> open, final Function<Collection<KnownText>, Set<KnownText>> within) {
        final Map<KnownText, Long> known = open.stream()
                .flatMap(each -> each.texts().stream())
                .collect(Collectors.groupingBy(text -> text, Collectors.counting()));
        final Set<KnownText> found = within.apply(known.keySet());
        final List<ServedRequest> alone = open.stream()
                .filter(each -> each.texts().stream()
                        .anyMatch(text -> found.contains(text) && known.getOrDefault(text, 0L) == 1))
                .toList();
        return alone.isEmpty()
                ? open.stream()
                        .filter(each -> each.texts().stream().anyMatch(found::contains))
                        .toList()
                : alone;
    }

    /** The one of several requests with the same text from which it follows. */
    private static @Nullable ServedRequest one(final Agent agent, final List<ServedRequest> holding) {
        if (holding.isEmpty()) {
            return null;
        }
        final ServedRequest last = holding.getLast();
        return holding.stream().allMatch(last::isOfAskerOf) ? last : nearest(agent, holding);
    }

    private Cause follow(final ServedRequest request, final Cause before) {
        asked = true;
        return request.cause(before);
    }

    /** The one of several requests that this process, or the nearest that started it, serves; {@code null} if it is none, or several. */
    private static @Nullable ServedRequest nearest(final Agent agent, final List<ServedRequest> requests) {
        ServedRequest nearest = null;
        int least = Integer.MAX_VALUE;
        for (final ServedRequest request : requests) {
            final int distance = request.distance(agent);
            if (distance >= 0 && distance <= least) {
                nearest = distance < least ? request : null;
                least = distance;
            }
        }
        return nearest;
    }

    /** What follows from one of these follows from: from that one, or, as nobody can tell which of several it is, from what they all do. */
    private @Nullable Cause cause(final List<InFlight> serving) {
        if (serving.isEmpty()) {
            return null;
        }
        final InFlight first = serving.getFirst();
        if (serving.size() == 1) {
            return first.cause();
        }
        final boolean together = serving.stream().allMatch(each -> each.asked().equals(first.asked()));
        return together ? first.asked() : Cause.in(ownTrace);
    }

    /**
     * What a prompt follows from: the tool whose result it carries, else the answer that it names or quotes, else the tool that its
     * process serves, else the request that it serves, else, if it goes on with a conversation and nobody was seen to ask the session for
     * anything, the last action of that. What is the same in several conversations counts only if the last answer or the first question
     * tells which of them this one is. A request that holds what the user says comes between the two when it is first followed.
     *
     * @param asking as {@link #asking} answers
     * @param callIds the calls whose results stand after the last answer, in order
     * @param previous the endpoint's id of the answer that it goes on from, {@code null} if it names none
     * @param quoted keyed hash of the last answer in the prompt, {@code null} if there is none
     * @param opening keyed hash of the first question in the prompt, {@code null} if there is none
     * @param conversation whether the prompt holds an earlier answer at all
     */
    public Cause ofPrompt(
            final Agent agent,
            final @Nullable ServedRequest asking,
            final List<String> callIds,
            final @Nullable String previous,
            final @Nullable String quoted,
            final @Nullable String opening,
            final boolean conversation) {
        final Cause before = beforePrompt(callIds, previous, quoted, opening);
        final Cause serving = before == null ? cause(serving(agent)) : before;
        if (asking != null && !asking.isTold()) {
            return follow(asking, serving == null ? Cause.begin(newTraceId()) : serving);
        }
        if (serving != null) {
            return serving;
        }
        final ServedRequest request = asking == null ? nearest(agent, served) : asking;
        if (request != null) {
            return follow(request, Cause.begin(newTraceId()));
        }
        return conversation && last != null && !asked && served.size() < 2 ? last : Cause.begin(newTraceId());
    }

    /** What a prompt's own content ties it to, {@code null} if nothing. */
    private @Nullable Cause beforePrompt(
            final List<String> callIds,
            final @Nullable String previous,
            final @Nullable String quoted,
            final @Nullable String opening) {
        final Cause question = tied(askedByOpening, opening, null);
        final String trace = question == null ? null : question.traceId();
        final Cause answered = tied(answersByHash, quoted, trace);
        final String same = answered == null ? trace : answered.traceId();
        for (final String callId : callIds.reversed()) {
            final Cause ran = tied(ranByCallId, callId, same);
            if (ran != null) {
                return ran;
            }
        }
        for (final String callId : callIds.reversed()) {
            final Cause asked = tied(askedByCallId, callId, same);
            if (asked != null) {
                return asked;
            }
        }
        final Kept named = previous == null ? null : kept.get(previous);
        if (named != null) {
            return named.model();
        }
        return answered;
    }

    /** What a tool call follows from: the model that asked for this tool with these arguments, else with this name. */
    public Matched ofToolCall(final Agent client, final String tool, final @Nullable String argumentsHash) {
        Requested byName = null;
        for (final Requested candidate : requested) {
            if (sameTool(candidate.name(), tool)) {
                if (argumentsHash != null && argumentsHash.equals(candidate.argumentsHash())) {
                    return take(candidate);
                }
                byName = byName == null ? candidate : byName;
            }
        }
        if (byName != null) {
            return take(byName);
        }
        final Cause serving = cause(serving(client));
        if (serving != null) {
            return new Matched(serving, null);
        }
        final ServedRequest request = nearest(client, served);
        if (request != null && (lastModel == null || !request.isOf(lastModel))) {
            return new Matched(follow(request, Cause.begin(newTraceId())), null);
        }
        final boolean likely = request != null || served.size() < 2;
        return new Matched(lastModel != null && likely ? lastModel : Cause.begin(newTraceId()), null);
    }

    private Matched take(final Requested match) {
        requested.remove(match);
        memory.changed(this, -1);
        if (match.argumentsHash() == null) {
            keep(ranEarly, match);
        }
        return new Matched(match.model(), match.callId());
    }

    /** Whether a server's tool is meant, which agents often prefix with the server's name: {@code mcp__files__read}. */
    private static boolean sameTool(final String asked, final String called) {
        if (!asked.endsWith(called)) {
            return false;
        }
        final int prefix = asked.length() - called.length();
        return prefix == 0 || "_-./:".indexOf(asked.charAt(prefix - 1)) >= 0;
    }

    /**
     * A model was asked. Tools that an earlier answer asked for and nobody ran since were run inside the agent.
     *
     * @param opening keyed hash of the first question in the prompt, {@code null} if there is none
     */
    public void modelAsked(final Cause model, final @Nullable String opening) {
        if (opening != null) {
            tie(askedByOpening, opening, model);
        }
        forgetRequested(each -> each.model().traceId().equals(model.traceId()));
        last = model;
        lastModel = model;
    }

    /** A model asks for a tool, with arguments that are not known yet, in an answer that goes on. */
    public void toolAnnounced(final String name, final @Nullable String callId, final Cause model) {
        await(new Requested(name, callId, null, model));
    }

    /** A model's answer is over: {@link #toolRequested} tells again what it asked for, with all that is known. */
    public void modelAnswered(final Cause model) {
        forgetRequested(each -> each.model().equals(model));
    }

    private void forgetRequested(final Predicate<Requested> which) {
        final int before = requested.size();
        requested.removeIf(which);
        memory.changed(this, requested.size() - before);
    }

    /** A model asked for a tool. */
    public void toolRequested(
            final String name, final @Nullable String callId, final @Nullable String argumentsHash, final Cause model) {
        if (ranEarly.remove(new Requested(name, callId, null, model))) {
            memory.changed(this, -1);
        } else {
            await(new Requested(name, callId, argumentsHash, model));
        }
    }

    private void await(final Requested tool) {
        keep(requested, tool);
        if (tool.callId() != null) {
            tie(askedByCallId, tool.callId(), tool.model());
        }
        lastModel = tool.model();
    }

    private void keep(final ArrayDeque<Requested> all, final Requested each) {
        if (all.size() == REMEMBERED) {
            all.removeFirst();
            memory.changed(this, -1);
        }
        all.addLast(each);
        memory.changed(this, 1);
    }

    /** A model's answer, by the keyed hash of its text, so that a prompt which quotes it is known to follow. */
    public void answered(final String hash, final Cause model) {
        tie(answersByHash, hash, model);
    }

    /** The endpoint keeps an answer under this id. */
    public void keeps(final String answerId, final Cause model, final boolean pending) {
        remember(kept, answerId, new Kept(model, pending));
    }

    /** What is known of an answer that the endpoint keeps, {@code null} if nothing is. */
    public @Nullable Kept kept(final String answerId) {
        return kept.get(answerId);
    }

    /** A tool invocation begins. */
    public void toolStarted(final InFlight call) {
        if (inFlight.size() == REMEMBERED) {
            inFlight.removeFirst();
        }
        inFlight.add(call);
        if (call.callId() != null) {
            tie(ranByCallId, call.callId(), call.cause());
        }
        last = call.cause();
    }

    /** A tool invocation is over. */
    public void toolEnded(final InFlight call) {
        inFlight.remove(call);
        last = call.cause();
    }

    /** Whether this credential is new in the session, or was not among its last ones; each is asserted once. */
    public boolean firstUse(final String credential) {
        return isNew(credentials, credential);
    }

    /** The same of an address from which something is asked: whoever invents a new credential for each request is not new. */
    public boolean firstRequest(final String address) {
        return isNew(clients, address);
    }

    private boolean isNew(final SequencedSet<String> known, final String each) {
        if (!known.add(each)) {
            return false;
        }
        if (known.size() > REMEMBERED) {
            known.removeFirst(); // nobody hides one behind many
        } else {
            memory.changed(this, 1);
        }
        return true;
    }

    private static <V> Map<String, V> bounded() {
        return new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(final Map.Entry<String, V> eldest) {
                return size() > REMEMBERED;
            }
        };
    }
}
