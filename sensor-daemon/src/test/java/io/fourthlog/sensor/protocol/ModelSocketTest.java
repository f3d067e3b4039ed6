package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.streams.GapCause;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelSocketTest {
    private static final String CREATE = "{\"type\":\"response.create\"}";

    private static Watched connected() {
        return connected("/v1/realtime?model=rt");
    }

    private static Watched connected(final String target) {
        return new Watched()
                .sent("GET " + target + " HTTP/1.1\r\nHost: m\r\nUpgrade: websocket\r\n\r\n")
                .received("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
    }

    private static void says(final Watched watched, final boolean sent, final String json) {
        watched.pass(WebSocketConnectionTest.text(sent, 0x81, json));
    }

    @Test
    void questionsOfOneSocketAreAnsweredInTurn() {
        final Watched watched = connected("/v1/responses");
        for (final String text : new String[] {"one", "two"}) {
            says(
                    watched,
                    true,
                    "{\"type\":\"response.create\",\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"" + text
                            + "?\"}]}");
            says(watched, false, "{\"type\":\"response.created\",\"response\":{\"model\":\"m-1\",\"output\":[]}}");
            says(
                    watched,
                    false,
                    "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"" + text + "\"}");
            says(
                    watched,
                    false,
                    "{\"type\":\"response.completed\",\"response\":{\"output\":[],\"usage\":{\"input_tokens\":3,"
                            + "\"output_tokens\":1}}}");
        }
        assertThat(watched.prompts).containsExactly("m|USER one?", "m|USER two?");
        assertThat(watched.answers).containsExactly("0 m-1 one|3/1|null", "0 m-1 two|3/1|null");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    private static String done(final String text) {
        return "{\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"message\",\"content\":["
                + "{\"type\":\"output_text\",\"text\":\"" + text + "\"}]}]}}";
    }

    private static String inStream(final String id, final String message) {
        return message.replaceFirst("\\{", "{\"stream_id\":\"" + id + "\",");
    }

    private static String create(final String text) {
        return "{\"type\":\"response.create\",\"model\":\"m\",\"input\":\"" + text + "\"}";
    }

    private static String delta(final String text) {
        return "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"" + text + "\"}";
    }

    @Test
    void questionsOfSeveralStreamsAreToldApart() {
        final Watched watched = connected("/v1/responses");
        says(watched, true, inStream("a", create("a?")));
        says(watched, true, inStream("b", create("b?")));
        says(watched, true, create("c?"));
        says(watched, false, inStream("b", delta("to ")));
        says(watched, false, inStream("a", delta("to a")));
        says(watched, false, delta("to c"));
        says(watched, false, inStream("b", delta("b")));
        for (final String id : new String[] {"b", "a"}) {
            says(watched, false, inStream(id, "{\"type\":\"response.completed\",\"response\":{\"output\":[]}}"));
        }
        says(watched, false, "{\"type\":\"response.completed\",\"response\":{\"output\":[]}}");
        says(watched, true, inStream("a", create("and?")));
        assertThat(watched.pairs).containsExactly("m|USER b? > to b", "m|USER a? > to a", "m|USER c? > to c");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().cutAnswers).containsExactly("0 null |-1/-1|null");
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void anAnswerThatDoesNotSayOfWhichStreamItIsIsAGap() {
        final Watched watched = connected("/v1/responses");
        says(watched, true, inStream("a", create("a?")));
        says(watched, true, inStream("b", create("b?")));
        says(watched, false, done("to one"));
        says(watched, false, done("to the other"));
        assertThat(watched.cutAnswers).containsExactly("0 null to one|-1/-1|null", "0 null to the other|-1/-1|null");
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void veryManyStreamsAreBounded() {
        final Watched watched = connected("/v1/responses");
        for (int i = 0; i < 100; i++) {
            says(watched, true, inStream("s" + i, create("?")));
        }
        assertThat(watched.prompts).hasSize(64);
        assertThat(watched.gaps).hasSize(36).containsOnly(GapCause.SHED);
        assertThat(watched.close().cutAnswers).hasSize(64);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void theAnswerThatComesMayBeThatOfTheQuestionBefore() {
        final Watched watched = connected("/v1/responses");
        for (final String lane : new String[] {"a", "b"}) {
            says(watched, true, "{\"type\":\"response.create\",\"model\":\"m\",\"input\":\"" + lane + "?\"}");
        }
        says(watched, false, done("to a"));
        says(watched, false, done("to b"));
        assertThat(watched.prompts).containsExactly("m|USER a?", "m|USER b?");
        assertThat(watched.cutAnswers).containsExactly("0 null |-1/-1|null", "0 null to a|-1/-1|null");
        assertThat(watched.pairs).containsExactly(" > to b");
        assertThat(watched.close().budget.used()).isZero();
    }

    /** OpenAI's "response.steer". */
    @Test
    void whatIsSaidWhileTheModelAnswersIsAskedWhenItsNextAnswerBegins() {
        final Watched watched = connected("/v1/responses");
        final String created = "{\"type\":\"response.created\",\"response\":{\"model\":\"m-1\",\"output\":[]}}";
        final String steer = "{\"type\":\"response.steer\",\"previous_response_id\":\"resp_1\",\"input\":\"no, two\"}";
        says(watched, true, "{\"type\":\"response.create\",\"model\":\"m\",\"input\":\"one?\"}");
        says(watched, false, created);
        says(watched, true, steer);
        says(watched, false, "{\"type\":\"response.steer.accepted\",\"steer\":{\"id\":\"s\"}}");
        says(watched, false, done("one").replace("completed", "incomplete"));
        says(watched, false, created);
        says(watched, true, steer);
        says(
                watched,
                false,
                "{\"type\":\"response.steer.failed\",\"steer\":{\"input\":\"no, two\"},\"error\":{\"code\":\"c\"}}");
        says(watched, false, done("two"));
        says(watched, true, "{\"type\":\"response.create\",\"model\":\"m\",\"input\":\"three?\"}");
        says(watched, false, done("three"));
        assertThat(watched.pairs)
                .containsExactly("m|USER one? > one", "null|USER no, two > two", "m|USER three? > three");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aNameThatIsThereTwiceIsAGapOfTheQuestion() {
        final Watched watched = connected("/v1/responses");
        says(watched, true, "{\"type\":\"response.create\",\"model\":\"m\",\"input\":\"a\",\"Input\":\"b\"}");
        says(watched, false, done("one"));
        says(watched, true, "{\"type\":\"response.create\",\"model\":\"m\",\"input\":\"c\"}");
        says(watched, false, done("two"));
        assertThat(watched.cutAnswers).containsExactly("0 null one|-1/-1|null");
        assertThat(watched.pairs).containsExactly("m|USER c > two");
        assertThat(watched.gaps).containsExactly(GapCause.JSON);
    }

    @Test
    void aRealtimeConversationIsCollectedFromItsItems() {
        final Watched watched = connected();
        says(watched, true, "{\"type\":\"session.update\",\"session\":{\"model\":\"rt\"}}");
        says(
                watched,
                true,
                "{\"type\":\"conversation.item.create\",\"item\":{\"type\":\"message\",\"role\":\"user\",\"content\":"
                        + "[{\"type\":\"input_audio\",\"transcript\":\"spoken\"}]}}");
        says(watched, true, "{\"type\":\"response.create\"}");
        says(
                watched,
                false,
                "{\"type\":\"response.done\",\"response\":{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"audio\","
                        + "\"transcript\":\"heard\"}]},{\"type\":\"function_call\",\"name\":\"f\",\"call_id\":\"c\","
                        + "\"arguments\":\"{}\"}]}}");
        assertThat(watched.prompts).containsExactly("rt|USER spoken");
        assertThat(watched.answers).containsExactly("0 null heard|f@c|-1/-1|null");
    }

    @Test
    void aStoredPromptOfASessionIsAskedWithItsVariables() {
        final Watched watched = connected();
        says(
                watched,
                true,
                "{\"type\":\"session.update\",\"session\":{\"model\":\"rt\",\"prompt\":{\"id\":\"pmpt_1\","
                        + "\"variables\":{\"who\":\"Ann\"}}}}");
        says(
                watched,
                true,
                "{\"type\":\"response.create\",\"response\":{\"prompt\":{\"id\":\"pmpt_2\","
                        + "\"variables\":{\"of\":{\"type\":\"input_text\",\"text\":\"Rome\"}}}}}");
        assertThat(watched.prompts).containsExactly("rt|USER Ann|USER Rome");
    }

    @Test
    void everyQuestionOfARealtimeSessionIsToItsModel() {
        final Watched watched = connected();
        says(
                watched,
                false,
                "{\"type\":\"session.created\",\"event_id\":\"e\",\"session\":{\"instructions\":\"theirs\",\"model\":\"rt\"}}");
        says(watched, true, "{\"type\":\"session.update\",\"session\":{\"instructions\":\"be brief\"}}");
        says(
                watched,
                false,
                "{\"type\":\"session.updated\",\"session\":{\"instructions\":\"be brief\",\"model\":\"rt\"}}");
        final String said = "{\"type\":\"response.done\",\"response\":{\"output\":[{\"type\":\"message\",\"content\":["
                + "{\"type\":\"output_text\",\"text\":\"yes\"}]}]}}";
        for (final String text : new String[] {"one", "two"}) {
            says(
                    watched,
                    true,
                    "{\"type\":\"conversation.item.create\",\"item\":{\"type\":\"message\",\"role\":\"user\",\"content\":"
                            + "[{\"type\":\"input_text\",\"text\":\"" + text + "\"}]}}");
            says(watched, true, "{\"type\":\"response.create\"}");
            says(watched, false, said);
        }
        says(watched, false, said); // to speech that ended, which nobody asks about
        assertThat(watched.prompts).containsExactly("rt|SYSTEM be brief|USER one", "rt|USER two");
        assertThat(watched.answers)
                .containsExactly("0 null yes|-1/-1|null", "0 null yes|-1/-1|null", "0 rt yes|-1/-1|null");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/realtime?model=gpt%2Drealtime, gpt-realtime",
        "/v1/realtime?x=1&model=m&deployment=d, m",
        "/openai/realtime?api-version=1&deployment=mine, mine",
        "/v1/realtime?models=m&model=&x, null",
        "/v1/realtime?model, null"
    })
    void whoAsksBeforeTheSessionIsToldAsksTheModelOfTheUrl(final String target, final String model) {
        final Watched watched = connected(target);
        asks(watched, "one?");
        assertThat(watched.prompts).containsExactly(model + "|USER one?");
    }

    @Test
    void aSocketThatClosesInTheMiddleOfAnAnswerIsCut() {
        final Watched watched = connected("/v1/responses");
        says(watched, true, "{\"type\":\"response.create\",\"model\":\"m\",\"input\":\"one?\"}");
        says(watched, false, "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"on\"}");
        watched.close();
        assertThat(watched.cutAnswers).containsExactly("0 null on|-1/-1|null");
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aClientThatGoesBeforeItIsLetInHasAskedNothing() {
        final Watched watched =
                new Watched().sent("GET /v1/realtime HTTP/1.1\r\nHost: m\r\nUpgrade: websocket\r\n\r\n");
        watched.close();
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }

    private static void asks(final Watched watched, final String text) {
        says(
                watched,
                true,
                "{\"type\":\"conversation.item.create\",\"item\":{\"type\":\"message\",\"role\":\"user\",\"content\":["
                        + "{\"type\":\"input_text\",\"text\":\"" + text + "\"}]}}");
        says(watched, true, CREATE);
    }

    private static void fails(final Watched watched, final String code) {
        says(
                watched,
                false,
                "{\"type\":\"error\",\"event_id\":\"e\",\"error\":{\"type\":\"invalid_request_error\",\"code\":\""
                        + code + "\",\"message\":\"m\",\"event_id\":null}}");
    }

    private static void done(final Watched watched, final String output, final String status) {
        says(
                watched,
                false,
                "{\"type\":\"response.done\",\"response\":{\"id\":\"resp_1\",\"output\":[" + output + "]," + status
                        + "}}");
    }

    private static void begins(final Watched watched) {
        says(watched, false, "{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"output\":[]}}");
        says(
                watched,
                false,
                "{\"type\":\"response.output_text.delta\",\"response_id\":\"resp_1\",\"output_index\":0,\"delta\":\"ye\"}");
    }

    @Test
    void anErrorOfARealtimeSessionLeavesTheAnswerThatComesAlone() {
        final Watched watched = connected();
        fails(watched, "input_audio_buffer_commit_empty"); // about nothing that is open
        asks(watched, "one?");
        fails(watched, "response_cancel_not_active"); // before the answer begins
        begins(watched);
        fails(watched, "response_cancel_not_active");
        done(
                watched,
                "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"yes\"}]}",
                "\"status\":\"completed\"");
        fails(watched, "response_cancel_not_active");
        assertThat(watched.close().answers).containsExactly("0 null yes|-1/-1|null");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aQuestionToWhichNothingElseIsAnsweredHasTheError() {
        final Watched watched = connected();
        asks(watched, "one?");
        fails(watched, "invalid_value");
        asks(watched, "two?");
        fails(watched, "invalid_value");
        assertThat(watched.close().pairs).containsExactly("rt|USER one? > ", "rt|USER two? > ");
        assertThat(watched.answers)
                .containsExactly("0 null |-1/-1|invalid_request_error", "0 null |-1/-1|invalid_request_error");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void anAnswerSaysThatItFailed() {
        final Watched watched = connected();
        asks(watched, "one?");
        begins(watched);
        done(
                watched,
                "",
                "\"status\":\"failed\",\"status_details\":{\"type\":\"failed\",\"error\":{\"type\":\"server_error\",\"code\":null}}");
        assertThat(watched.answers).containsExactly("0 null ye|-1/-1|server_error");
    }

    @Test
    void whatTheUserSaysIsNotWhatTheModelAnswers() {
        final Watched watched = connected();
        asks(watched, "one?");
        for (final String type : new String[] {"created", "added", "done"}) {
            says(
                    watched,
                    false,
                    "{\"type\":\"conversation.item." + type + "\",\"item\":{\"type\":\"message\",\"role\":\"user\","
                            + "\"content\":[{\"type\":\"input_text\",\"text\":\"one?\"}]}}");
        }
        done(
                watched,
                "",
                "\"status\":\"cancelled\",\"status_details\":{\"type\":\"cancelled\",\"reason\":\"turn_detected\"}");
        assertThat(watched.answers).containsExactly("0 null |-1/-1|null");
    }

    private static void hears(final Watched watched, final String text) {
        says(
                watched,
                false,
                "{\"type\":\"conversation.item.input_audio_transcription.completed\",\"item_id\":\"i\",\"transcript\":\""
                        + text + "\",\"usage\":{\"type\":\"duration\",\"seconds\":1}}");
    }

    /** It is transcribed beside the answer. */
    @Test
    void whatTheUserSaysAloudIsAskedWhetherOrNotTheClientAsks() {
        final String yes = "{\"type\":\"message\",\"content\":[{\"type\":\"output_audio\",\"transcript\":\"yes\"}]}";
        final Watched watched = connected();
        says(watched, true, "{\"type\":\"session.update\",\"session\":{\"model\":\"rt\"}}");
        hears(watched, "one?");
        begins(watched);
        done(watched, yes, "\"status\":\"completed\"");
        begins(watched);
        hears(watched, "two?");
        done(watched, yes, "\"status\":\"completed\"");
        says(watched, true, CREATE);
        begins(watched);
        hears(watched, "three?");
        done(watched, yes, "\"status\":\"completed\"");
        asks(watched, "four?");
        done(watched, yes, "\"status\":\"completed\"");
        assertThat(watched.pairs)
                .containsExactly(
                        "rt|USER one? > yes", "rt|USER two? > yes", "rt|USER three? > yes", "rt|USER four? > yes");
        assertThat(watched.close().gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void whatTheUserSaysAloudLastIsToldThoughNobodyAnswers() {
        final Watched watched = connected();
        asks(watched, "one?");
        done(watched, "", "\"status\":\"completed\"");
        hears(watched, "two?");
        watched.close();
        assertThat(watched.prompts).containsExactly("rt|USER one?", "rt|USER two?");
        assertThat(watched.cutAnswers).containsExactly("0 null |-1/-1|null");
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void anAnswerToSpeechThatIsCutIsTold() {
        final Watched watched = connected();
        begins(watched);
        asks(watched, "one?");
        begins(watched);
        watched.close();
        assertThat(watched.cutAnswers).containsExactly("0 rt ye|-1/-1|null", "0 null ye|-1/-1|null");
        assertThat(watched.prompts).containsExactly("rt|USER one?");
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED, GapCause.UNFINISHED);
        assertThat(watched.budget.used()).isZero();
    }
}
