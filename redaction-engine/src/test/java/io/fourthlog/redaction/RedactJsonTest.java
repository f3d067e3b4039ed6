package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.HMAC;
import static io.fourthlog.redaction.Keys.redactJson;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.redaction.ProfileSource.KeyNames;
import io.fourthlog.redaction.json.RandomJson;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RedactJsonTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {}                       | {"properties":{},"type":"object"}
                    []                       | {"length":"0","type":"array"}
                    ""                       | {"length":"0","type":"string"}
                    -1.5e3                   | {"type":"number"}
                    false                    | {"type":"boolean"}
                    null                     | {"type":"null"}
                    "hello"                  | {"length":"1-9","type":"string"}
                    "水水水水"                | {"length":"10-99","type":"string"}
                    {"b":1,"a":{"c":true}}   | {"properties":{"a":{"properties":{"c":{"type":"boolean"}},"type":"object"},"b":{"type":"number"}},"type":"object"}
                    ["a",1,"a longer text"]  | {"items":{"length":"10-99","type":["number","string"]},"length":"1-9","type":"array"}
                    [{"a":1},{"b":2}]        | {"items":{"properties":{"a":{"type":"number"},"b":{"type":"number"}},"type":"object"},"length":"1-9","type":"array"}
                    {"path":"/etc/secrets/db"} | {"properties":{"path":{"length":"10-99","sensitivity":["filesystem-sensitive"],"type":"string"}},"type":"object"}
                    {"\\u0061.b":1}          | {"properties":{"a.b":{"type":"number"}},"type":"object"}
                    """)
    void aValueBecomesItsShape(String json, String shape) {
        assertThat(redactJson(json).shape()).isEqualTo(shape);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"to":"jane\\u0040example.com"}            | PII:email
                    {"note":"j\\u0061ne@example.com"}          | PII:email
                    {"pan":4111111111111111}                   | PCI:pan
                    {"ssn":"219456789"}                        | PII:us-ssn
                    {"people":[{"ssn":219456789}]}             | PII:us-ssn
                    {"jane@example.com":{"age":3}}             | PII:email
                    {"command":"cat ~/.ssh/id_rsa"}            | filesystem-sensitive
                    {"baseUrl":"http://169.254.169.254/latest"} | PII:ip network-internal
                    {"host":"10.1.2.3:8080"}                   | PII:ip network-internal
                    {"a":[[[[[[[[[[[["jane@example.com"]]]]]]]]]]]]} | PII:email
                    {"a":"jane@example.com","a":"x"}           | PII:email
                    {"a":{"b":["card 4111111111111111"]},"a":1,"a":2} | PCI:pan
                    """)
    void tagsAreFoundInUnescapedNamesAndValues(String json, String tags) {
        assertThat(String.join(" ", redactJson(json).sensitivity())).isEqualTo(tags);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\":\"DB_PASSWORD\",\"value\":\"kT9x!vQ2mz\"}",
                "{\"env\":[{\"name\":\"REGION\",\"value\":\"eu-central-1\"},{\"name\":\"DB_PASSWORD\",\"value\":\"kT9x!vQ2mz\"}]}",
                "{\"Key\":\"password\",\"Value\":\"kT9x!vQ2mz\"}",
                "{\"password\":{\"value\":\"kT9x!vQ2mz\"}}",
                "{\"password\":[{\"value\":\"kT9x!vQ2mz\"}]}",
                "{\"args\":[\"--user\",\"root\",\"--password\",\"kT9x!vQ2mz\"]}"
            })
    void aValueIsToldByItsNameAsItIsInText(String json) {
        assertThat(Keys.redact(json).sensitivity()).containsExactly("secret:assigned");
        assertThat(redactJson(json).sensitivity()).containsExactly("secret:assigned");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"value\":\"kT9x!vQ2mz\",\"name\":\"DB_PASSWORD\"}",
                "{\"key\":\"password\",\"value\":{\"stringValue\":\"kT9x!vQ2mz\"}}",
                "{\"id\":7,\"key\":\"main\",\"name\":\"password\",\"value\":\"kT9x!vQ2mz\"}",
                "{\"name\":\"password\",\"value\":\"kT9x!vQ2mz\",\"value\":\"x\"}"
            })
    void theOrderOfANameAndItsValueDoesNotMatter(String json) {
        assertThat(redactJson(json).sensitivity()).containsExactly("secret:assigned");
    }

    @Test
    void theLeafOfAPairHasItsTag() {
        assertThat(redactJson("{\"name\":\"ssn\",\"value\":219456789}").shape()).isEqualTo("""
                        {"properties":{"name":{"length":"1-9","type":"string"},\
                        "value":{"sensitivity":["PII:us-ssn"],"type":"number"}},"type":"object"}""");
    }

    @Test
    void ofALongNameOnlyTheEndIsLookedAtWithEachValue() {
        String name = "x".repeat(1 << 18) + " ssn";
        assertThat(redactJson("{\"" + name + "\":[" + "0,".repeat(100_000) + "219456789]}")
                        .sensitivity())
                .containsExactly("PII:us-ssn");
    }

    /** More values than are described: padding hides nothing. */
    @Test
    void whatIsTooMuchToBeDescribedIsLookedThroughAsText() {
        RedactedJson redacted = redactJson("[\"jane@example.com\"" + ",0".repeat(1_100_000) + "]");
        assertThat(redacted.shape()).isNull();
        assertThat(redacted.sensitivity()).containsExactly("PII:email", "unknown:over-budget");
        assertThat(redacted.problem()).isEqualTo("dropped: unknown:over-budget");
    }

    @Test
    void aNameThatCarriesATagItselfIsHashed() {
        String shape = redactJson("{\"jane@example.com\":1,\"" + "x".repeat(65) + "\":2,\"plain\":3}")
                .shape();

        assertThat(shape)
                .matches("\\{\"properties\":\\{(\"k1:[0-9a-f]{16}\":\\{\"type\":\"number\"},){2}"
                        + "\"plain\":\\{\"type\":\"number\"}},\"type\":\"object\"}");
    }

    @Test
    void aNameThatIsNoIdentifierIsHashed() {
        assertThat(redactJson("{\"Patient said she feels suicidal\":true,\"password kT9x!vQ2mz\":2}")
                        .shape())
                .matches("\\{\"properties\":\\{\"k1:[0-9a-f]{16}\":\\{\"type\":\"(boolean|number)\"},"
                        + "\"k1:[0-9a-f]{16}\":\\{\"type\":\"(boolean|number)\"}},\"type\":\"object\"}");
    }

    @Test
    void namesAreHashedWhenTheProfileSaysSo() {
        String shape = redactJson(profile(8, 128, KeyNames.HASH), "{\"plain\":{\"other\":1}}")
                .shape();

        assertThat(shape).doesNotContain("plain").doesNotContain("other").contains("\"k1:");
    }

    @Test
    void whatIsDeeperThanTheProfileDescribesIsTruncatedButLookedAt() {
        RedactedJson redacted =
                redactJson(profile(2, 128, KeyNames.KEEP), "{\"a\":{\"b\":{\"c\":\"jane@example.com\"}}}");

        assertThat(redacted.shape()).isEqualTo("""
                        {"properties":{"a":{"properties":{"b":{"properties":{},"truncated":true,"type":"object"}},\
                        "type":"object"}},"type":"object"}""");
        assertThat(redacted.sensitivity()).containsExactly("PII:email");
    }

    @Test
    void whatIsWiderThanTheProfileDescribesIsTruncatedButLookedAt() {
        RedactedJson redacted = redactJson(
                profile(8, 2, KeyNames.KEEP), "{\"d\":\"jane@example.com\",\"b\":1,\"a\":[{\"a1\":1},{\"a1\":2}]}");

        assertThat(redacted.shape()).isEqualTo("""
                        {"properties":{"a":{"items":{"properties":{"a1":{"type":"number"}},"type":"object"},\
                        "length":"1-9","type":"array"}},"truncated":true,"type":"object"}""");
        assertThat(redacted.sensitivity()).containsExactly("PII:email");
    }

    @Test
    void theHashIsOverTheCanonicalForm() {
        // RFC 8785, section 3.2.2, and its result in section 3.2.4
        String json = """
                {
                  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                  "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
                  "literals": [null, true, false]
                }""";
        String canonical = """
                {"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
                "string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}""";

        assertThat(redactJson(json).keyedHash()).isEqualTo(hash(canonical));
    }

    @Test
    void membersAreSortedByUtf16CodeUnits() {
        // RFC 8785, section 3.2.3
        String json = """
                {"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",\
                "\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}""";
        String canonical = """
                {"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis",\
                "€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}""";

        assertThat(redactJson(json).keyedHash()).isEqualTo(hash(canonical));
    }

    @Test
    void ofMembersWithTheSameNameTheLastCounts() {
        RedactedJson redacted = redactJson("{\"a\":\"jane@example.com\",\"b\":1,\"\\u0061\":2}");

        assertThat(redacted.keyedHash())
                .isEqualTo(redactJson("{\"a\":2,\"b\":1}").keyedHash());
        assertThat(redacted.shape()).isEqualTo(redactJson("{\"a\":2,\"b\":1}").shape());
    }

    @Property
    void orderAndWhiteSpaceChangeNothing(@ForAll long seed) {
        Random random = new Random(seed);
        StringBuilder plain = new StringBuilder();
        StringBuilder shuffled = new StringBuilder();
        List<Integer> order = new java.util.ArrayList<>(
                java.util.stream.IntStream.range(0, 6).boxed().toList());
        java.util.Collections.shuffle(order, random);
        for (int i = 0; i < 6; i++) {
            plain.append(i == 0 ? "" : ",").append(member(seed, i));
            shuffled.append(i == 0 ? "" : " ,\n").append(member(seed, order.get(i)));
        }
        RedactedJson one = redactJson("{" + plain + "}");
        RedactedJson other = redactJson("\t{ " + shuffled + "\n}");

        assertThat(other).isEqualTo(one);
        assertThat(one.problem()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"to\":\"jane@example.com\"", "{\"to\":\"jane@example.com\"]", "jane@example.com", ""})
    void whatIsNotJsonHasTagsButNoShape(String text) {
        RedactedJson redacted = redactJson(text);

        assertThat(redacted.shape()).isNull();
        assertThat(redacted.keyedHash()).isNull();
        assertThat(redacted.problem())
                .startsWith("not JSON: ")
                .contains(" at byte ")
                .doesNotContain("jane");
        assertThat(redacted.sensitivity().last()).startsWith("unknown:");
        assertThat(redacted.sensitivity().contains("PII:email")).isEqualTo(text.contains("@"));
    }

    @Test
    void nestingThatNoOneWritesIsRefused() {
        assertThat(redactJson("[".repeat(100_000)).sensitivity()).containsExactly("unknown:too-deep-json");
    }

    private static String member(long seed, int index) {
        return "\"m" + index + "\":" + RandomJson.document(seed * 31 + index);
    }

    private static Profile profile(int maxDepth, int maxFields, KeyNames names) {
        ProfileSource defaults = ProfileSource.defaults("test");
        return Keys.compiled(new ProfileSource(
                "test",
                defaults.enable(),
                List.of(),
                List.of(),
                List.of(),
                new ProfileSource.Shape(maxDepth, maxFields, names),
                true));
    }

    private static String hash(String canonical) {
        byte[] bytes = canonical.getBytes(UTF_8);
        return HMAC.keyedHash(bytes, 0, bytes.length);
    }
}
