package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MentionedFilesTest {
    private static MentionedFiles in(final String json) {
        final byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return MentionedFiles.in(bytes, 0, bytes.length);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "/data/a.csv true",
                "file:///data/a.csv true",
                "a.csv true",
                "./a.csv true",
                "data/a.csv true",
                "/data true",
                "/data/ true",
                "/ false",
                "b.csv false",
                "csv false",
                "/other/a.csv false",
                "/dat false",
            })
    void aWordNamesAFile(final String word, final boolean names) {
        assertThat(in("{\"path\":\"" + word + "\"}").names("/data/a.csv") > MentionedFiles.NOT)
                .isEqualTo(names);
    }

    @Test
    void theWholePathIsMoreThanItsEndAndThatMoreThanItsFolder() {
        assertThat(List.of(
                        in("{\"p\":\"/data\"}").names("/data/a.csv"),
                        in("[\"a.csv\"]").names("/data/a.csv"),
                        in("[\"cat /data/a.csv>x\"]").names("/data/a.csv")))
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void nothingOfItIsPrinted() {
        assertThat(in("[\"/data/a.csv\"]")).hasToString("MentionedFiles[1]");
    }

    @Test
    void muchOfItIsNotKept() {
        assertThat(in("[\"" + "x ".repeat(1000) + "a.csv\"]").names("/data/a.csv"))
                .isEqualTo(MentionedFiles.NOT);
    }
}
