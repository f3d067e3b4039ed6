package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Agents;
import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import io.fourthlog.sensor.kernel.KernelProcess;
import io.fourthlog.sensor.pipeline.Destinations.Asked;
import java.time.Clock;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationsTest {
    private final Agent agent = Objects.requireNonNull(
            new Agents(_ -> Scene.WORKLOAD, Clock.systemUTC()).of(new KernelProcess().set(1, 0, 1, Scene.CGROUP, 1)));

    @ParameterizedTest
    @CsvSource({
        "api.openai.com, api.openai.com, 443, true",
        "models.support.svc:8443, models.support.svc, 8443, false",
        "models:8443, models, 8443, false",
        "10.0.0.1:80, 10.0.0.1, 80, false",
        "100.64.1.1, 100.64.1.1, 443, false",
        "8.8.8.8, 8.8.8.8, 443, true",
        "[::1]:8443, ::1, 8443, false",
        "[fd00::1], fd00::1, 443, false",
        "[2001:4860:4860::8888]:443, 2001:4860:4860::8888, 443, true",
    })
    void aHostSaysWhereItGoes(final String host, final String name, final int port, final boolean external) {
        assertThat(Destinations.likely(agent, new Asked(host, 443, false)))
                .isEqualTo(new Destination(name, port, null, external));
    }

    @Test
    void theAddressIsTheLastOneThatTheProcessConnectedToOnThatPort() {
        agent.connected("10.0.0.1", 443);
        agent.connected("93.184.216.34", 443);
        agent.connected("10.0.0.3", 8443);
        assertThat(Destinations.likely(agent, new Asked("inside.local", 443, false)))
                .isEqualTo(new Destination("inside.local", 443, "93.184.216.34", true));
    }

    /** @param within whether through a proxy */
    @ParameterizedTest
    @CsvSource({
        "api.openai.com, 192.0.2.1, 443, false, api.openai.com, 443, 192.0.2.1, true",
        "api.openai.com, 10.0.0.1, 8443, false, api.openai.com, 8443, 10.0.0.1, false", // whatever it names
        "models:8443, 10.0.0.1, 3128, true, models, 8443, , false",
        "api.openai.com, 10.0.0.1, 443, true, api.openai.com, 443, , true",
        ", 192.0.2.1, 443, false, 192.0.2.1, 443, 192.0.2.1, true",
        "a:0, 192.0.2.1, 443, false, 192.0.2.1, 443, 192.0.2.1, true",
    })
    void itIsWhereItsConnectionLeads(
            final String host,
            final String address,
            final int port,
            final boolean within,
            final String name,
            final int toPort,
            final String toAddress,
            final boolean external) {
        assertThat(Destinations.of(new Peer(address, port, within, true), new Asked(host, 443, false)))
                .isEqualTo(new Destination(name, toPort, toAddress, external));
    }

    @Test
    void aHostThatAProxyIsAskedForIsNotAtTheProxysAddress() {
        final Peer peer = new Peer("10.0.0.1", 80, false, true);
        assertThat(Destinations.of(peer, new Asked("example.com", 80, true)))
                .isEqualTo(new Destination("example.com", 80, null, true));
        assertThat(Destinations.of(peer, new Asked("models.internal", 80, true)))
                .isEqualTo(new Destination("models.internal", 80, null, false));
        assertThat(Destinations.of(new Peer("192.0.2.1", 80, false, true), new Asked("models.internal", 80, true)))
                .isEqualTo(new Destination("models.internal", 80, null, true)); // whatever becomes of it there
        assertThat(Destinations.of(peer, new Asked(null, 80, true))).isNull();
    }

    @Test
    void aProgramOfThisMachineIsAtNoAddress() {
        assertThat(Destinations.local(new Asked("docker", 80, false)))
                .isEqualTo(new Destination("docker", 80, null, false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a:0", "a:99999", "a:x", ":80", "[]"})
    void aHostThatIsNoneIsNotGuessed(final String host) {
        assertThat(Destinations.likely(agent, new Asked(host, 443, false))).isNull();
    }
}
