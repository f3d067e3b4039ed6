package io.fourthlog.operator.auditednamespace;

import static io.fourthlog.operator.Protobuf.all;
import static io.fourthlog.operator.Protobuf.event;
import static io.fourthlog.operator.Protobuf.field;
import static io.fourthlog.operator.Protobuf.integer;
import static io.fourthlog.operator.Protobuf.object;
import static io.fourthlog.operator.Protobuf.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fourthlog.api.Names;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class WireLeaseTest {

    private static final String DIGEST = "sha256:abc";

    @Test
    void aLeaseIsReadWithWhatSensorsSay() throws IOException {
        WireLease read = read(lease("7", 1_700_000_000, DIGEST));
        assertThat(read.name()).isEqualTo("sensor-team-node");
        assertThat(read.version()).isEqualTo("7");
        assertThat(read.renewed()).isEqualTo(Instant.ofEpochSecond(1_700_000_000, 5));
        var lease = read.lease();
        assertThat(lease.getMetadata().getName()).isEqualTo("sensor-team-node");
        assertThat(lease.getMetadata().getNamespace()).isEqualTo("fourthlog-system");
        assertThat(lease.getMetadata().getUid()).isEqualTo("uid");
        assertThat(lease.getMetadata().getLabels()).isEqualTo(Map.of(Names.NAMESPACE_LABEL, "team"));
        assertThat(lease.getMetadata().getAnnotations()).isEqualTo(Map.of(Names.CONFIG_DIGEST_ANNOTATION, DIGEST));
        assertThat(lease.getSpec().getLeaseDurationSeconds()).isEqualTo(15);
    }

    @Test
    void aRenewalSaysTheSameAndEverythingElseDoesNot() throws IOException {
        WireLease before = read(lease("7", 1_700_000_000, DIGEST));
        assertThat(before.saysTheSameAs(read(lease("8", 1_700_000_005, DIGEST))))
                .isTrue();
        assertThat(before.saysTheSameAs(read(lease("8", 1_700_000_000, "sha256:abd"))))
                .isFalse();
    }

    @Test
    void aListIsReadWithItsVersion() throws IOException {
        WireLease.Listed listed = WireLease.readList(Envelope.open(
                object(field(1, text(2, "42")), field(2, lease("7", 1, DIGEST)), field(2, lease("9", 2, DIGEST)))));
        assertThat(listed.version()).isEqualTo("42");
        assertThat(listed.leases()).extracting(WireLease::version).containsExactly("7", "9");
    }

    @Test
    void anEventIsReadWithItsType() throws IOException {
        byte[] sent = event("DELETED", lease("7", 1, DIGEST));
        Envelope.Event read = Envelope.event(sent, 0, sent.length);
        assertThat(read.type()).isEqualTo("DELETED");
        assertThat(WireLease.read(read.object()).version()).isEqualTo("7");
    }

    @Test
    void aFailureIsReadWithItsReason() throws IOException {
        byte[] sent = event("ERROR", text(3, "too old resource version"));
        assertThat(Envelope.message(Envelope.event(sent, 0, sent.length).object()))
                .isEqualTo("too old resource version");
    }

    @Test
    void whatIsCutOffAnywhereIsRefusedAndReadsNothingBehindIt() throws IOException {
        byte[] sent = event("MODIFIED", lease("7", 1_700_000_000, DIGEST));
        byte[] behind = all(sent, sent);
        WireLease whole = WireLease.read(Envelope.event(sent, 0, sent.length).object());
        for (int length = 0; length < sent.length; length++) {
            int cut = length;
            try {
                WireLease part = WireLease.read(Envelope.event(behind, 0, cut).object());
                assertThat(part.saysTheSameAs(whole)).as("%d bytes", cut).isFalse();
            } catch (IOException refused) {
                assertThat(refused).hasMessageContaining("protobuf");
            }
        }
    }

    @Test
    void whatIsNoProtobufIsRefused() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Envelope.open("{\"kind\":\"Lease\"}".getBytes(UTF_8)));
        byte[] endless = new byte[16];
        Arrays.fill(endless, (byte) 0xff);
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> Envelope.event(endless, 0, endless.length));
        byte[] tooLong = {(2 << 3) | 2, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f};
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> Envelope.event(tooLong, 0, tooLong.length));
    }

    private static WireLease read(byte[] lease) throws IOException {
        return WireLease.read(new Fields(lease, 0, lease.length));
    }

    private static byte[] lease(String version, long renewed, String digest) {
        return all(
                field(
                        1,
                        text(1, "sensor-team-node"),
                        text(3, "fourthlog-system"),
                        text(5, "uid"),
                        text(6, version),
                        field(11, text(1, Names.NAMESPACE_LABEL), text(2, "team")),
                        field(12, text(1, Names.CONFIG_DIGEST_ANNOTATION), text(2, digest)),
                        field(17, text(1, "manager of " + version))),
                field(2, text(1, "pod"), integer(2, 15), field(4, integer(1, renewed), integer(2, 5))));
    }
}
