package io.fourthlog.redaction.json;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EcmaNumbersTest {

    /** RFC 8785, appendix B, and forms that are not canonical. */
    @ParameterizedTest
    @CsvSource({
        "0.0, 0",
        "-0, 0",
        "-0.0e5, 0",
        "4.9E-324, 5e-324",
        "-4.9E-324, -5e-324",
        "1.7976931348623157E308, 1.7976931348623157e+308",
        "9007199254740992, 9007199254740992",
        "9007199254740993, 9007199254740992",
        "295147905179352830000, 295147905179352830000",
        "9.999999999999997e22, 9.999999999999997e+22",
        "1e23, 1e+23",
        "1.0000000000000001e23, 1.0000000000000001e+23",
        "999999999999999700000, 999999999999999700000",
        "1e21, 1e+21",
        "9.999999999999997e-7, 9.999999999999997e-7",
        "0.000001, 0.000001",
        "333333333.3333332, 333333333.3333332",
        "-0.0000033333333333333333, -0.0000033333333333333333",
        "1424953923781206.2, 1424953923781206.2",
        "1E2, 100",
        "2.50, 2.5",
        "1e400, 1e400"
    })
    void aLiteralIsWrittenAsEcmaScriptPrintsIt(String literal, String canonical) {
        assertThat(canonical(literal)).isEqualTo(canonical);
    }

    @Property(tries = 10_000)
    void everyDoubleReadsBackAndIsNeverLongerThanJavaPrintsIt(@ForAll long bits) {
        double value = Double.longBitsToDouble(bits);
        Assume.that(Double.isFinite(value));
        String canonical = canonical(Double.toString(value));

        assertThat(Double.parseDouble(canonical)).isEqualTo(value == 0 ? 0 : value);
        assertThat(digits(canonical).length())
                .isLessThanOrEqualTo(digits(Double.toString(value)).length());
        assertThat(canonical(canonical)).isEqualTo(canonical);
    }

    private static String digits(String number) {
        return number.replaceAll("[eE].*", "").replaceAll("[-.]", "").replaceAll("^0+|0+$", "");
    }

    private static String canonical(String literal) {
        byte[] source = literal.getBytes(US_ASCII);
        byte[] target = new byte[EcmaNumbers.MAX_LENGTH + source.length];
        int length = new EcmaNumbers().write(source, 0, source.length, target, 3);
        return new String(target, 3, length, US_ASCII);
    }
}
