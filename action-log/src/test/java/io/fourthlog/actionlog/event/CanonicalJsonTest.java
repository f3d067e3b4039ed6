package io.fourthlog.actionlog.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.erdtman.jcs.NumberToJSON;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the general form against the examples of RFC 8785. */
class CanonicalJsonTest {

    @Test
    void theExampleOfSection322IsWrittenAsInSection323() {
        assertThat(JsonFragment.of("""
                                {
                                  "numbers": [333333333.33333329, 1E30, 4.50,
                                              2e-3, 0.000000000000000000000000001],
                                  "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
                                  "literals": [null, true, false]
                                }""").json())
                .isEqualTo("{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
                        + "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    }

    @Test
    void namesAreSortedByUtf16CodeUnitsAsInSection323() {
        assertThat(JsonFragment.of("""
                                {"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh",
                                 "1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control",
                                 "\\u00f6":"Latin Small Letter O With Diaeresis"}""").json())
                .isEqualTo("{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
                        + "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
                        + "\"\ud83d\ude00\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "0000000000000000, 0",
        "8000000000000000, 0",
        "0000000000000001, 5e-324",
        "8000000000000001, -5e-324",
        "7fefffffffffffff, 1.7976931348623157e+308",
        "ffefffffffffffff, -1.7976931348623157e+308",
        "4340000000000000, 9007199254740992",
        "c340000000000000, -9007199254740992",
        "4430000000000000, 295147905179352830000",
        "44b52d02c7e14af5, 9.999999999999997e+22",
        "44b52d02c7e14af6, 1e+23",
        "44b52d02c7e14af7, 1.0000000000000001e+23",
        "444b1ae4d6e2ef4e, 999999999999999700000",
        "444b1ae4d6e2ef4f, 999999999999999900000",
        "444b1ae4d6e2ef50, 1e+21",
        "3eb0c6f7a0b5ed8c, 9.999999999999997e-7",
        "3eb0c6f7a0b5ed8d, 0.000001",
        "41b3de4355555553, 333333333.3333332",
        "41b3de4355555554, 333333333.33333325",
        "41b3de4355555555, 333333333.3333333",
        "41b3de4355555556, 333333333.3333334",
        "41b3de4355555557, 333333333.33333343",
        "becbf647612f3696, -0.0000033333333333333333",
        "43143ff3c1cb0959, 1424953923781206.2"
    })
    void theNumbersOfAppendixBAreWrittenAsThere(String bits, String json) {
        assertThat(CanonicalJson.number(Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16))))
                .isEqualTo(json);
    }

    /** The reference implementation writes subnormal numbers wrongly: 1e-320 as 0.000…1e-178. */
    @Property(tries = 20_000)
    void anyNormalNumberIsWrittenAsByTheReferenceImplementation(@ForAll long bits) throws IOException {
        final double value = Double.longBitsToDouble(bits);
        if (Double.isFinite(value) && Math.abs(value) >= Double.MIN_NORMAL) {
            assertThat(CanonicalJson.number(value)).isEqualTo(NumberToJSON.serializeNumber(value));
        }
    }

    @Property(tries = 20_000)
    void anyNumberIsReadAsWhatItWas(@ForAll long bits) {
        final double value = Double.longBitsToDouble(bits);
        if (Double.isFinite(value) && value != 0) {
            assertThat(Double.parseDouble(CanonicalJson.number(value))).isEqualTo(value);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\":1,\"a\":2}",
                "\"\\ud800\"",
                "{\"\\udc00\":1}",
                "1e999",
                "NaN",
                "01",
                "1 2",
                "// comment\n1",
                "'a'",
                "\"\u0001\""
            })
    void whatIsNotOneJsonValueIsRefused(String text) {
        assertThatThrownBy(() -> JsonFragment.of(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsNestedTooDeepIsRefused() {
        final int deep = CanonicalJson.MAX_DEPTH;

        assertThat(JsonFragment.of("[".repeat(deep) + "]".repeat(deep)).json()).hasSize(2 * deep);
        assertThatThrownBy(() -> JsonFragment.of("[".repeat(deep + 1) + "]".repeat(deep + 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFragmentThatIsNotCanonicalIsRefused() {
        assertThatThrownBy(() -> new JsonFragment("{\"b\":1, \"a\":2}")).hasMessageContaining("{\"a\":2,\"b\":1}");
    }
}
