package io.fourthlog.actionlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventCodecTest {

    static final String EVENT = """
            {"access_mode":"read","byte_count":42,"completeness":"complete",\
            "event_id":"01976c1e-8a5b-7c3d-9e4f-0123456789ab","event_type":"data_access","evidence":"observed",\
            "resource_uri":"file:///etc/hosts","row_count":null,"schema_version":1,"sensitivity_tags_resolved":["a","b"],\
            "sensor_id":"c.ns.node","trace_id":"0af7651916cd43dd8448eb211c80319c","triggering_event_id":null,\
            "ts":"2026-01-31T23:59:59.000001Z","unknown":{"row_count":"a file has none","triggering_event_id":"root of the trace"},\
            "workload_id":"k8s://c/ns/Deployment/agent/pod/box"}""";

    @Property
    @Domain(Events.class)
    void theBytesAreThoseOfAGeneralCanonicalizer(@ForAll Event event) throws IOException {
        final byte[] bytes = EventCodec.encode(event);

        assertThat(new String(bytes, UTF_8))
                .isEqualTo(new JsonCanonicalizer(new String(bytes, UTF_8)).getEncodedString());
    }

    @Property
    @Domain(Events.class)
    void whatIsDecodedIsWhatWasEncoded(@ForAll Event event) throws EventFormatException {
        final byte[] bytes = EventCodec.encode(event);

        assertThat(EventCodec.decode(bytes)).isEqualTo(event);
        assertThat(EventCodec.encode(EventCodec.decode(bytes))).isEqualTo(bytes);
    }

    @Property
    @Domain(Events.class)
    @Domain(DomainContext.Global.class)
    void alteredBytesAreAnotherEventOrNoneOrSpeltOtherwise(@ForAll Event event, @ForAll Random random) {
        final byte[] bytes = EventCodec.encode(event);
        final byte[] altered = bytes.clone();
        altered[random.nextInt(altered.length)] ^= (byte) (1 << random.nextInt(8));
        try {
            final Event decoded = EventCodec.decode(altered);
            if (decoded.equals(
                    event)) { // 1E-7 for 1e-7: the same event, and never the canonical bytes that a leaf is made of
                assertThat(EventCodec.encode(decoded)).isNotEqualTo(altered);
            }
        } catch (EventFormatException e) {
            assertThat(e.offset()).isBetween(0L, (long) altered.length);
        }
    }

    @Property
    @Domain(Events.class)
    @Domain(DomainContext.Global.class)
    void aCutEventIsRefused(@ForAll Event event, @ForAll Random random) {
        final byte[] bytes = EventCodec.encode(event);
        final byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length));

        assertThat(catchThrowableOfType(EventFormatException.class, () -> EventCodec.decode(cut)))
                .isNotNull();
    }

    @Test
    void anEventLooksLikeThis() throws EventFormatException {
        assertThat(new String(EventCodec.encode(decode(EVENT)), UTF_8)).isEqualTo(EVENT);
    }

    @Test
    void aPersonMayOrderAndIndentAsTheyLike() throws EventFormatException {
        final String last = "\"access_mode\":\"read\",";
        final String written =
                EVENT.replace(last, "").replaceFirst("\\{", "{ \n ").replaceFirst("}$", ", " + last.replace(",", "}"));

        assertThat(decode(written)).isEqualTo(decode(EVENT));
    }

    @Test
    void aFieldOfANewerVersionSurvivesARoundTrip() throws EventFormatException {
        final String newer = EVENT.replace("\"schema_version\":1", "\"schema_version\":2")
                .replace("\"evidence\":", "\"event_weight\":{\"kg\":1.5},\"evidence\":")
                .replace("\"unknown\":{", "\"tz\":null,\"unknown\":{")
                .replace("root of the trace\"", "root of the trace\",\"tz\":\"not asked\"");

        assertThat(new String(EventCodec.encode(decode(newer)), UTF_8)).isEqualTo(newer);
        assertThat(decode(newer).header().extensions())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("event_weight", JsonFragment.of("{\"kg\":1.5}"), "tz", JsonFragment.of("null")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"byte_count\":42 | \"byte_count\":42,\"byte_count\":42 | byte_count | stands twice",
                "\"byte_count\":42 | \"byte_count\":42,\"new\":1,\"new\":1 | new | stands twice",
                "\"byte_count\":42, | ~~ | byte_count | is missing",
                "\"byte_count\":42 | \"byte_count\":\"42\" | byte_count | should be an integer",
                "\"byte_count\":42 | \"byte_count\":4.2 | byte_count | should be an integer",
                "\"byte_count\":42 | \"byte_count\":-1 | byte_count | should be between 0 and 9007199254740991",
                "\"byte_count\":42 | \"byte_count\":9007199254740992 | byte_count | should be between",
                "\"byte_count\":42 | \"byte_count\":99999999999999999999 | byte_count | not JSON",
                "\"byte_count\":42 | \"byte_count\":null | byte_count | unknown does not say why",
                "\"row_count\":null | \"row_count\":1 | row_count | listed in unknown",
                "\"triggering_event_id\":\"root | \"tool_name\":\"root | triggering_event_id | must be either known",
                "\"row_count\":\"a file | \"nothing\":\"x\",\"row_count\":\"a file | unknown | does not have as null",
                "\"a\",\"b\" | \"a\",3 | sensitivity_tags_resolved | should be a string",
                "\"a\",\"b\" | \"a\",\"\" | sensitivity_tags_resolved | is empty",
                "\"event_type\":\"data_access\", | ~~ | event_type | is missing",
                "\"data_access\" | \"data_excess\" | event_type | should be one of",
                "\"access_mode\":\"read\" | \"access_mode\":\"peek\" | access_mode | should be one of",
                "-7c3d- | -4c3d- | event_id | is not a UUIDv7",
                "01976c1e | 01976C1E | event_id | lower case",
                "0af7651916cd43dd8448eb211c80319c | 00000000000000000000000000000000 | trace_id | not all zero",
                "59.000001Z | 59Z | ts | microseconds",
                "59.000001Z | 59.000001+00:00 | ts | should be a time",
                "k8s://c | http://c | workload_id | starts neither",
                "\"schema_version\":1 | \"schema_version\":0 | schema_version | between 1",
                "file:///etc/hosts | \\ud800 | resource_uri | surrogate",
                "pod/box\"} | pod/box\"}} | ~~ | not JSON",
                "pod/box\"} | pod/box\"}1 | ~~ | follows the event"
            })
    void aBadFieldIsNamedWithItsPlace(String good, String bad, String field, String reason) {
        assertThat(EVENT).contains(good);
        final String event = EVENT.replace(good, bad);

        final EventFormatException failure = catchThrowableOfType(EventFormatException.class, () -> decode(event));

        assertThat(failure).isNotNull().hasMessageContaining(reason);
        assertThat(failure.field()).isEqualTo(field);
        assertThat(failure.offset()).isBetween(0L, (long) event.length());
    }

    @Test
    void theOffsetIsThatOfTheValue() {
        final String event = EVENT.replace("\"byte_count\":42", "\"byte_count\":true");
        final EventFormatException failure = catchThrowableOfType(EventFormatException.class, () -> decode(event));

        assertThat(failure.offset()).isEqualTo(event.indexOf("true"));
    }

    @Test
    void whatIsNotAnEventAtAllIsRefused() {
        for (final String json :
                new String[] {"", " ", "null", "[]", "{}", "\"event\"", "{\"event_type\":", "\u0000", "[".repeat(9_999)
                }) {
            assertThat(catchThrowableOfType(EventFormatException.class, () -> decode(json)))
                    .as(json)
                    .isNotNull();
        }
    }

    private static Event decode(String json) throws EventFormatException {
        return EventCodec.decode(json.getBytes(UTF_8));
    }
}
