package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.HMAC;
import static io.fourthlog.redaction.Keys.plaintext;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TextShapeTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "hello there | text/plain",
                "`a,b,c\n1,2,3\n4,5,6` | text/csv",
                "<!DOCTYPE html><html></html> | text/html",
                "<?xml version='1.0'?><a/> | text/xml",
                "%PDF-1.7 | application/pdf",
                "`\u0089PNG` | image/png",
                "`\u0000\u0001\u0002abc` | application/octet-stream",
                "`` | application/x-empty"
            })
    void theFirstBytesShowTheMediaType(String text, String mediaType) {
        byte[] bytes = text.getBytes(ISO_8859_1);

        assertThat(TextShape.mediaType(bytes, bytes.length)).isEqualTo(mediaType);
    }

    @Test
    void whatIsNoJsonHasItsLengthAndLinesInBuckets() {
        assertThat(shape("one\ntwo\n"))
                .isEqualTo("{\"length\":\"1-9\",\"lines\":\"1-9\",\"media_type\":\"text/plain\"}");
        assertThat(shape("{\"a\": not json")).contains("\"media_type\":\"text/plain\"");
        assertThat(shape(" [1, 2]"))
                .isEqualTo("{\"items\":{\"type\":\"number\"},\"length\":\"1-9\",\"type\":\"array\"}");
    }

    @Test
    void aPreviewHasPlaceholdersForWhatWasFound() {
        try (Plaintext text = plaintext("é jane@example.com and 4111111111111111.")) {
            assertThat(RedactionEngine.create(Profile.builtin(), HMAC).masked(text))
                    .isEqualTo("é [PII:email] and [PCI:pan].");
        }
    }

    @Test
    void aPreviewHidesAPrivateKeyToItsEnd() {
        String key = "-----BEGIN RSA PRIVATE" + " KEY-----\n"
                + "MIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buRz/j0mZ\n".repeat(40) + "-----END RSA PRIVATE" + " KEY-----";
        try (Plaintext text = plaintext("before\n" + key + "\nafter")) {
            assertThat(RedactionEngine.create(Profile.builtin(), HMAC).masked(text))
                    .isEqualTo("before\n[secret:private-key]\nafter");
        }
    }

    private static String shape(String text) {
        try (Plaintext plaintext = plaintext(text)) {
            return RedactionEngine.create(Profile.builtin(), HMAC).shape(plaintext);
        }
    }
}
