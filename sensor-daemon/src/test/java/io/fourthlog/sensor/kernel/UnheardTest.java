package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.kernel.EarlyProcesses.Probed;
import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnheardTest {
    private static final int TGID = 7;
    private static final int PROXY = 8;

    private final Unheard unheard = new Unheard();

    private static KernelProcess at(final long ktimeNs) {
        return new KernelProcess().set(TGID, 1, 1, 1, ktimeNs);
    }

    private static KernelProcess proxy(final long ktimeNs) {
        return new KernelProcess().set(PROXY, 1, 2, 1, ktimeNs);
    }

    /** Through the socket that has this number. */
    private void encrypted(final long ktimeNs) {
        unheard.encrypted(at(ktimeNs), ktimeNs);
    }

    /** @param probed when the files that the process uses were, none: before it began */
    private void spoke(final long ktimeNs, final Probed... probed) {
        unheard.spoke(at(ktimeNs), List.of(probed));
    }

    @Test
    void aConnectionThatIsSeenAndHeardIsNotTold() {
        encrypted(10);
        spoke(11);
        spoke(20); // through memory, and then through the socket
        encrypted(21);
        assertThat(unheard.all()).isEmpty();
    }

    @Test
    void whatAProxySendsOnIsNotToldIfItsSpeakerSpokeBeforeOrAfter() {
        spoke(5);
        encrypted(10);
        unheard.sentOn(proxy(11), 10);
        unheard.sentOn(proxy(12), 20);
        spoke(19);
        encrypted(20);
        assertThat(unheard.all()).isEmpty();
    }

    @Test
    void whatIsSentOnOfOneThatOnlyLentItsGreetingIsToldOnce() {
        unheard.sentOn(proxy(11), 10);
        assertThat(unheard.all()).extracting(Subject::tgid).containsExactly(PROXY);
        assertThat(unheard.all()).isEmpty();
    }

    @Test
    void aConnectionThatIsNotHeardIsToldOnceWithItsTime() {
        encrypted(10);
        spoke(11);
        encrypted(20);
        encrypted(30);
        assertThat(unheard.all()).containsExactly(new Subject(TGID, 1, 1, 1, 20));
        assertThat(unheard.all()).isEmpty();
    }

    @Test
    void aConnectionThatIsHeardFromTheProbesOnWasNotBefore() {
        encrypted(10);
        spoke(40, new Probed(20, 30));
        assertThat(unheard.all()).extracting(Subject::ktimeNs).containsExactly(10L);
    }

    @Test
    void theSameHoldsWhileItIsNotKnownThatTheProbesAreThere() {
        encrypted(10);
        spoke(40, new Probed(20, Long.MAX_VALUE));
        spoke(50, new Probed(20, Long.MAX_VALUE)); // another, of which nothing is missing
        encrypted(51);
        assertThat(unheard.all()).extracting(Subject::ktimeNs).containsExactly(10L);
    }

    @Test
    void theSameHoldsThoughAnotherFileWasProbedLater() {
        encrypted(10);
        spoke(40, new Probed(20, 30), new Probed(50, 60));
        assertThat(unheard.all()).extracting(Subject::ktimeNs).containsExactly(10L);
    }

    @Test
    void aConnectionBetweenTheProbesOfTwoFilesIsHeard() {
        encrypted(40);
        spoke(41, new Probed(20, 30), new Probed(50, 60));
        assertThat(unheard.all()).isEmpty();
    }

    @Test
    void theSameHoldsWhileTheProbesAreBeingPut() {
        encrypted(10);
        spoke(25, new Probed(20, Long.MAX_VALUE));
        assertThat(unheard.all()).hasSize(1);
    }

    @Test
    void probesThatCameBetweenDoNotMatterToConnectionsThatBeginLater() {
        encrypted(10);
        spoke(11);
        encrypted(40);
        spoke(41, new Probed(20, 30));
        spoke(50, new Probed(20, 30));
        encrypted(51);
        assertThat(unheard.all()).isEmpty();
    }

    @Test
    void probesOfAnotherLibraryThatCameSinceDoNotMatterToWhatWasHeard() {
        encrypted(10);
        spoke(11, new Probed(20, 30)); // it is read when these are there
        assertThat(unheard.all()).isEmpty();
    }

    @Test
    void whatWasNotHeardOfAProcessIsToldWhenItHasEnded() {
        encrypted(10);
        unheard.exited(at(20));
        assertThat(unheard.all()).hasSize(1);
    }

    @Test
    void whatWasHeardOfAProcessIsForgottenWhenItHasEnded() {
        spoke(10);
        unheard.exited(at(20));
        encrypted(30);
        assertThat(unheard.all()).hasSize(1);
    }
}
