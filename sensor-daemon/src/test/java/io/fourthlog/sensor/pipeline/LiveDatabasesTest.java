package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.IdentityAssertion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients of PostgreSQL and Redis, unchanged, and real servers: over TLS, TCP and a UNIX socket. */
class LiveDatabasesTest extends LiveAgents {
    private static final String[] WITH_PSYCOPG = {
        "/postgres/customers read 3 [PII:email]",
        "/postgres/customers write 1 [PII:email]",
        "/postgres/canary read null []",
        "/postgres/customers read 10 []",
        "/postgres/customers read 90 []",
        "/postgres/customers read 20 [PII:email]",
        "/postgres/customers write 5 [PII:email]",
        "/postgres/customers read 1 []",
        "/postgres/customers write 5 []"
    };

    private Path state = Path.of("");

    @BeforeEach
    void makeRoom() throws IOException {
        state = Files.createTempDirectory(folder, "server");
    }

    private static Path python() {
        return installed("databases").resolve("bin/python");
    }

    /** Starts a server, not seen by the sensor, and answers its port. */
    private int start(final Object... words) throws IOException {
        return run.serve(
                log(),
                Stream.concat(Stream.of(python(), SOURCES.resolve("databases/serve.py")), Stream.of(words))
                        .toArray());
    }

    private void ask(final String how, final String address) throws IOException {
        run.watchLoaded(command(python() + " databases/ask.py " + how + " '" + address + "'"));
    }

    /** What was accessed of a server. */
    private List<String> seen(final String server) {
        return run.scene.accesses().stream()
                .filter(access -> access.resourceUri().startsWith(server))
                .map(access -> access.resourceUri().substring(server.length()) + " " + access.accessMode() + " "
                        + access.rowCount() + " " + access.sensitivityTagsResolved())
                .toList();
    }

    private void onlyThisLoginAndError(final String login, final String error) {
        assertThat(run.scene.all(IdentityAssertion.class))
                .extracting(IdentityAssertion::federatedIdentity)
                .containsExactly(login);
        assertThat(run.scene.errors()).containsExactly(error);
        assertThat(run.scene.written()).doesNotContain("canary@").doesNotContain("canary1@");
    }

    @Test
    void psycopgOverTls() throws IOException {
        final int port = start("tls", start("postgres", state), folder);
        ask("psycopg", "host=127.0.0.1 port=" + port + " user=alice dbname=postgres sslmode=require");
        assertThat(seen("postgres://127.0.0.1:" + port)).containsExactly(WITH_PSYCOPG);
        onlyThisLoginAndError("postgres://alice@127.0.0.1:" + port, "data.postgres.42P01");
    }

    @Test
    void psycopgOnAUnixSocket() throws IOException {
        final int port = start("postgres", state);
        ask("psycopg", "host=" + state.resolve("postgres") + " port=" + port + " user=alice dbname=postgres");
        assertThat(seen("postgres://")).containsExactly(WITH_PSYCOPG);
        onlyThisLoginAndError("postgres://alice@", "data.postgres.42P01");
    }

    @Test
    void asyncpg() throws IOException {
        final int port = start("postgres", state);
        ask("asyncpg", "postgres://alice@127.0.0.1:" + port + "/postgres");
        assertThat(seen("postgres://127.0.0.1:" + port))
                .containsExactly(
                        "/postgres/customers read 7 [PII:email]",
                        "/postgres/customers write 1 [PII:email]",
                        "/postgres/customers write 1 [PII:email]",
                        "/postgres/customers write 1 [PII:email]",
                        "/postgres/customers read 60 []",
                        "/postgres/nowhere read null []");
        onlyThisLoginAndError("postgres://alice@127.0.0.1:" + port, "data.postgres.42P01");
    }

    @Test
    void redis() throws IOException {
        final int port = start("redis", state);
        ask("redis", "redis://:canary@127.0.0.1:" + port);
        assertThat(seen("redis://127.0.0.1:" + port))
                .containsExactly(
                        "/0 write 1 [PII:email]",
                        "/0 read 1 [PII:email]",
                        "/0 read 50 [PII:email]",
                        "/0 write null []");
        onlyThisLoginAndError("redis://default@127.0.0.1:" + port, "data.redis.WRONGTYPE");
    }
}
