package io.fourthlog.trail.timestamp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fourthlog.actionlog.log.InclusionProof;
import io.fourthlog.actionlog.log.MerkleTree;
import io.fourthlog.trail.Tsa;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is believed of a token, and what is not. */
final class TokenTest {

    private static final byte[] DATA = "fourthlog-timestamp/1\n".getBytes(UTF_8);
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private static final Duration DAY = Duration.ofDays(1);

    @Test
    void aTokenSaysWhenSomethingExistedAndWhoSaysSo() throws Exception {
        try (Tsa tsa = new Tsa()) {
            final byte[] token = tsa.stamp(DATA, now);
            assertThat(Token.verify(token, DATA, List.of(tsa.root())))
                    .isEqualTo(new Token.Stated(now, "CN=Example Timestamps", true));
            assertThat(Token.verify(token, DATA, List.of()).trusted()).isFalse();
        }
    }

    @Test
    void aTokenOverSomethingElseIsRefused() throws Exception {
        try (Tsa tsa = new Tsa()) {
            final byte[] token = tsa.stamp(DATA, now);
            assertThatThrownBy(() -> Token.verify(token, "other".getBytes(UTF_8), List.of(tsa.root())))
                    .isInstanceOf(TokenException.class)
                    .hasMessageContaining("imprint");
        }
    }

    @Test
    void anAuthorityThatNobodyTrustedVouchesForIsRefused() throws Exception {
        try (Tsa tsa = new Tsa();
                Tsa other = new Tsa()) {
            final byte[] token = tsa.stamp(DATA, now);
            assertThatThrownBy(() -> Token.verify(token, DATA, List.of(other.root())))
                    .isInstanceOf(TokenException.class)
                    .hasMessageContaining("not certified by a trusted authority");
            assertThat(Token.verify(token, DATA, List.of(other.root(), tsa.root()))
                            .trusted())
                    .isTrue();
        }
    }

    @Test
    void certificatesCountAsOfTheTimeThatTheTokenStates() throws Exception {
        try (Tsa ended = new Tsa(now.minus(DAY.multipliedBy(9)), now.minus(DAY), now.minus(DAY))) {
            assertThat(Token.verify(ended.stamp(DATA, now.minus(DAY.multipliedBy(2))), DATA, List.of(ended.root()))
                            .trusted())
                    .isTrue();
            final byte[] late = ended.stamp(DATA, now);
            assertThatThrownBy(() -> Token.verify(late, DATA, List.of(ended.root())))
                    .isInstanceOf(TokenException.class);
        }
        try (Tsa rootEnded = new Tsa(now.minus(DAY.multipliedBy(9)), now.plus(DAY), now.minus(DAY))) {
            final byte[] late = rootEnded.stamp(DATA, now);
            assertThatThrownBy(() -> Token.verify(late, DATA, List.of(rootEnded.root())))
                    .isInstanceOf(TokenException.class)
                    .hasMessageContaining("not certified by a trusted authority");
        }
    }

    @Test
    void aFlippedBitIsFoundOrChangesNothingThatTheTokenSays() throws Exception {
        try (Tsa tsa = new Tsa()) {
            final byte[] good = tsa.stamp(DATA, now);
            final Token.Stated stated = Token.verify(good, DATA, List.of(tsa.root()));
            final Random random = new Random(3161);
            int refused = 0;
            for (int i = 0; i < 2_000; i++) {
                final byte[] changed = good.clone();
                changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
                try {
                    assertThat(Token.verify(changed, DATA, List.of(tsa.root()))).isEqualTo(stated);
                } catch (TokenException e) {
                    refused++;
                }
            }
            assertThat(refused).isGreaterThan(1_500);
        }
    }

    @Test
    void nonsenseIsRefusedAndNeverThrowsAnythingElse() throws Exception {
        final Random random = new Random(3161);
        try (Tsa tsa = new Tsa()) {
            final byte[] good = tsa.stamp(DATA, now);
            for (int i = 0; i < 500; i++) {
                final byte[] cut = Arrays.copyOf(good, random.nextInt(good.length));
                assertThatThrownBy(() -> Token.verify(cut, DATA, List.of())).isInstanceOf(TokenException.class);
                final byte[] noise = new byte[random.nextInt(300)];
                random.nextBytes(noise);
                assertThatThrownBy(() -> Token.verify(noise, DATA, List.of())).isInstanceOf(TokenException.class);
            }
            assertThatThrownBy(() -> Token.verify(tsa.root().getEncoded(), DATA, List.of()))
                    .isInstanceOf(TokenException.class);
            assertThatThrownBy(() -> Token.verify(new byte[Token.MAX_LENGTH + 1], DATA, List.of()))
                    .isInstanceOf(TokenException.class);
        }
    }

    @Test
    void everyCheckpointLeadsToTheStatementThatIsStamped() throws Exception {
        for (int logs = 1; logs <= 17; logs++) {
            final List<String> checkpoints = IntStream.range(0, logs)
                    .mapToObj(log ->
                            "log" + log + "\n1\n" + MerkleTree.emptyRoot().base64() + "\n")
                    .toList();
            final Timestamp timestamp = new Timestamp(Timestamp.statement(checkpoints), checkpoints, "");
            for (int i = 0; i < logs; i++) {
                assertThat(new InclusionProof(i, logs, timestamp.path(i))
                                .verify(
                                        MerkleTree.leafHash(checkpoints.get(i).getBytes(UTF_8)),
                                        Timestamp.checkpoint(timestamp.statement())
                                                .rootHash()))
                        .isTrue();
            }
            assertThat(Timestamp.parse(timestamp.bytes())).isEqualTo(timestamp);
        }
    }

    @Test
    void aFileWhoseStatementIsNotOfItsCheckpointsIsNone() {
        for (final String json : List.of(
                "",
                "null",
                "[]",
                "{}",
                "{\"statement\":\"fourthlog-timestamp/1\\n0\\nAA==\\n\",\"checkpoints\":[],\"token\":\"\"}",
                "[".repeat(5_000))) {
            assertThatThrownBy(() -> Timestamp.parse(json.getBytes(UTF_8)))
                    .as(json.substring(0, Math.min(20, json.length())))
                    .isInstanceOf(TokenException.class);
        }
    }
}
