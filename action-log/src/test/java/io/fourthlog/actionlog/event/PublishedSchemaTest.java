package io.fourthlog.actionlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Holds {@code docs/events.md} and {@code docs/schema/event.schema.json} against the catalog that the codec goes by. Run
 * with {@code -Dgolden=write} to write them anew after a change.
 */
class PublishedSchemaTest {

    private static final Path DOCS = Path.of("..", "docs");
    private static final JsonSchema SCHEMA =
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(EventDocs.schema());

    @Test
    void thePublishedSchemaIsThatOfTheCatalog() throws IOException {
        assertGolden(DOCS.resolve("schema/event.schema.json"), EventDocs.schema());
    }

    @Test
    void thePublishedTablesAreThoseOfTheCatalog() throws IOException {
        assertGolden(DOCS.resolve("events.md"), EventDocs.markdown());
    }

    @Property(tries = 300)
    @Domain(Events.class)
    void everyEventIsValidUnderThePublishedSchema(@ForAll Event event) {
        assertThat(SCHEMA.validate(new String(EventCodec.encode(event), UTF_8), InputFormat.JSON))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"byte_count\":42, | ~~",
                "\"byte_count\":42 | \"byte_count\":-1",
                "\"byte_count\":42 | \"byte_count\":null",
                "\"row_count\":null | \"row_count\":1",
                "\"access_mode\":\"read\" | \"access_mode\":\"peek\"",
                "\"data_access\" | \"data_excess\"",
                "\"data_access\" | \"error\"",
                "0af7651916cd43dd8448eb211c80319c | 00000000000000000000000000000000",
                "59.000001Z | 59Z"
            })
    void theSchemaRefusesWhatTheCodecRefuses(String good, String bad) {
        assertThat(SCHEMA.validate(EventCodecTest.EVENT, InputFormat.JSON)).isEmpty();
        assertThat(EventCodecTest.EVENT).contains(good);
        assertThat(SCHEMA.validate(EventCodecTest.EVENT.replace(good, bad), InputFormat.JSON))
                .isNotEmpty();
    }

    private static void assertGolden(Path file, String content) throws IOException {
        if ("write".equals(System.getProperty("golden"))) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
        }
        assertThat(file)
                .as("run with -Dgolden=write after a change of the catalog")
                .hasContent(content);
    }
}
