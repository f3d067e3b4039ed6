package io.fourthlog.sensor.action;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.KnownText;
import io.fourthlog.sensor.kernel.KernelProcess;
import io.fourthlog.sensor.protocol.MentionedFiles;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Conversations of one process, which some endpoints give the same ids. */
final class SessionTest {
    private static final String CALL = "functions.search:0";

    private final Agent agent = requireNonNull(new Agents(
                    _ -> new Workload("k8s://c/n/Pod/p/p/main", "n", "p", "default", Map.of(), "/pod"),
                    Clock.systemUTC())
            .of(new KernelProcess().set(1, 0, 1, 5, 1)));
    private final Session session = agent.session();

    /** A question; answers what follows from it. */
    private Cause asked(final @Nullable String opening) {
        final Cause root = session.ofPrompt(agent, null, List.of(), null, null, opening, false);
        return asked(root, opening);
    }

    private Cause asked(final Cause cause, final @Nullable String opening) {
        final Cause model = cause.then(UUID.randomUUID());
        session.modelAsked(model, opening);
        return model;
    }

    private void answered(final Cause model, final @Nullable String text) {
        session.modelAnswered(model);
        if (text != null) {
            session.answered(text, model);
        }
        session.toolRequested("search", CALL, "arguments " + model.traceId(), model);
    }

    /** The tool that was asked for is run; answers what follows from it. */
    private Cause ran(final Cause model) {
        final Session.Matched match = session.ofToolCall(agent, "search", "arguments " + model.traceId());
        assertThat(match).isEqualTo(new Session.Matched(model, CALL));
        final Cause tool = match.cause().then(UUID.randomUUID());
        final InFlight call = new InFlight(agent, null, tool, match.cause(), MentionedFiles.NONE, CALL);
        session.toolStarted(call);
        session.toolEnded(call);
        return tool;
    }

    private Cause resulting(final @Nullable String quoted, final @Nullable String opening) {
        return session.ofPrompt(agent, null, List.of(CALL), null, quoted, opening, true);
    }

    @Test
    void aResultIsOfTheConversationWhoseAnswerThePromptQuotes() {
        final Cause a = asked(null);
        final Cause b = asked(null);
        answered(a, "I look for A.");
        answered(b, "I look for B.");
        final Cause ranB = ran(b);
        final Cause ranA = ran(a);
        assertThat(resulting("I look for B.", null)).isEqualTo(ranB);
        assertThat(resulting("I look for A.", null)).isEqualTo(ranA);
    }

    @Test
    void aResultIsOfTheConversationThatBeganWithTheSameQuestion() {
        final Cause a = asked("What is A?");
        final Cause b = asked("What is B?");
        answered(a, null);
        answered(b, null);
        final Cause ranB = ran(b);
        final Cause ranA = ran(a);
        assertThat(resulting(null, "What is B?")).isEqualTo(ranB);
        assertThat(resulting(null, "What is A?")).isEqualTo(ranA);
    }

    @Test
    void aToolThatNobodyWasSeenToRunIsOfItsConversation() {
        final Cause a = asked("What is A?");
        final Cause b = asked("What is B?");
        answered(b, null);
        answered(a, null);
        assertThat(resulting(null, "What is B?")).isEqualTo(b);
        assertThat(resulting(null, "What is A?")).isEqualTo(a);
    }

    @Test
    void anAnswerThatIsQuotedIsOfTheConversationThatBeganWithTheSameQuestion() {
        final Cause a = asked("What is A?");
        final Cause b = asked("What is B?");
        session.answered("Done.", b);
        session.answered("Done.", a);
        assertThat(session.ofPrompt(agent, null, List.of(), null, "Done.", "What is B?", true))
                .isEqualTo(b);
        assertThat(session.ofPrompt(agent, null, List.of(), null, "Done.", "What is A?", true))
                .isEqualTo(a);
    }

    @Test
    void whichOfSeveralConversationsAPromptGoesOnWithIsToldByTimeAtLast() {
        final Cause a = asked("Hi");
        answered(a, "Sure.");
        ran(a);
        final Cause b = asked("Hi");
        answered(b, "Sure.");
        final Cause ranB = ran(b);
        assertThat(resulting("Sure.", "Hi")).isEqualTo(ranB); // the last action
        final Cause c = asked("Else");
        assertThat(resulting("Sure.", "Hi")).isEqualTo(c);
        answered(a, "Sure.");
        final Cause again = ran(a);
        answered(c, "Sure.");
        assertThat(resulting("Sure.", "Else")).isEqualTo(c);
        assertThat(resulting("Sure.", "Hi")).isEqualTo(again);
    }

    @Test
    void aConversationThatSaysTheSameTwiceGoesOnFromTheSecondTime() {
        final Cause first = asked("What is A?");
        answered(first, "Sure.");
        final Cause ranFirst = ran(first);
        final Cause second = asked(resulting("Sure.", "What is A?"), "What is A?");
        assertThat(second.traceId()).isEqualTo(ranFirst.traceId());
        answered(second, "Sure.");
        final Cause ranSecond = ran(second);
        asked("What is B?");
        assertThat(resulting("Sure.", null)).isEqualTo(ranSecond);
        assertThat(session.ofPrompt(agent, null, List.of(), null, "Sure.", null, true))
                .isEqualTo(second);
    }

    /** A client can name many scopes, and a long path, in each of very many requests. */
    @Test
    void theRequestsThatItRemembersCountByWhatTheyTake() {
        final Hmac hmac = Hmac.of("k1", new byte[32]);
        for (int i = 0; i < 5000; i++) {
            final byte[] text = ("question " + i).getBytes(StandardCharsets.US_ASCII);
            final ServedRequest request = new ServedRequest(agent, null, null, 64 << 10, before -> before);
            session.served(request);
            session.served(request, KnownText.of(hmac, text, 0, text.length));
            session.servedEnded(request);
        }
        assertThat(session.remembered()).isBetween(10_000, 64 << 10);
    }
}
