package io.fourthlog.redaction;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PathTagsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/etc/secrets/db-password",
                "/etc/secrets",
                "file:///etc/secrets/",
                "/etc/shadow",
                "/var/run/secrets/kubernetes.io/serviceaccount/token",
                "/home/jane/.ssh/id_ed25519",
                "~/.aws/credentials",
                "C:\\Users\\jane\\.ssh\\id_rsa",
                ".env",
                "app/.env.production",
                "/proc/1/environ",
                "tls/server.key",
                "deploy.PEM"
            })
    void aPlaceOfCredentialsIsSensitive(String name) {
        assertThat(PathTags.of(name)).containsExactly(PathTags.FILESYSTEM_SENSITIVE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/latest/meta-data/",
                "http://metadata.google.internal/computeMetadata/v1/",
                "10.0.0.1",
                "192.168.1.10:5432",
                "172.16.0.1",
                "172.31.255.255",
                "100.100.100.200",
                "localhost:8080",
                "https://user:pw@db.prod.svc.cluster.local:5432/",
                "http://redis:6379",
                "http://[::1]:80/",
                "fd00:ec2::254",
                "::ffff:127.0.0.1"
            })
    void anAddressInsideIsInternal(String name) {
        assertThat(PathTags.of(name)).containsExactly(PathTags.NETWORK_INTERNAL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/etc/secretsauce",
                "/etc/passwd",
                "/etc/ssl/certs/ca-certificates.crt",
                "/usr/lib/python3/site-packages/certifi/cacert.pem",
                "/app/.env.example",
                "/app/keyboard.key.txt",
                "src/secretary/notes.md",
                "https://api.openai.com/v1/chat",
                "https://example.com/10.0.0.1",
                "8.8.8.8",
                "172.32.0.1",
                "1.2.3",
                "999.168.1.1",
                "2001:db8::1",
                "example.com:443"
            })
    void anythingElseIsNeither(String name) {
        assertThat(PathTags.of(name)).isEmpty();
    }
}
