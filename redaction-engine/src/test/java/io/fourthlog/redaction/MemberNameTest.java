package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MemberNameTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "path",
                "userId",
                "getURLForIDInDB",
                "_id",
                "max_depth",
                "x-trace-id",
                "Content-Type",
                "$ref",
                "$$hashKey",
                "@type",
                "@babel/core",
                "node_modules/@babel/core",
                "#text",
                "dc:title",
                "gen_ai.usage.input_tokens",
                "app.kubernetes.io/name",
                "application/ld+json",
                "application/vnd.openxmlformats-officedocument",
                "https://schema.org/name",
                "filter[name]",
                "/users/{id}",
                "@app/*",
                "src/main/App.java",
                "base64Sha256",
                "sha256_base64_x509",
                "ed25519",
                "x509CertificateSha256",
                "v1beta1",
                "oauth2Token",
                "ISO14443",
                "x86_64",
                "1.2.3"
            })
    void whatSchemasNameIsAnIdentifier(String name) {
        assertThat(isIdentifier(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Patient said she feels suicidal",
                "password kT9x!vQ2mz",
                "患者说她想自杀",
                "größe",
                "line\nbreak",
                "quo\"te",
                "user@host",
                "Pa$$w0rd",
                "kT9xvQ2mz",
                "db/k7Qp2vL9xx",
                "S3cur3Pa55",
                "JBSWY3DPEHPK3PXP",
                "xKqPzRtYwLmNbVcX",
                "550e8400-e29b-41d4-a716-446655440000",
                "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "da39a3ee",
                "account_4711088",
                "MRN-123456",
                "2024-01-31",
                "415-555-2671"
            })
    void whatIsDataOrSaysSomethingIsNone(String name) {
        assertThat(isIdentifier(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 65})
    void aNameOfMoreThan64BytesIsNone(int length) {
        assertThat(isIdentifier("x".repeat(length))).isEqualTo(length == 64);
    }

    private static boolean isIdentifier(String name) {
        byte[] text = (":" + name + ":").getBytes(UTF_8);
        return MemberName.isIdentifier(text, 1, text.length - 1);
    }
}
