package io.fourthlog.sensor.database;

/**
 * Whether the answers of a Redis server are taken for those to certain commands. They say nothing of what they answer, so after a loss
 * they are not, until PONG comes when nothing was asked after a PING, or some requests in a row were answered before the next was
 * sent, by a client that never did otherwise while that could be seen.
 */
final class RedisPairing {
    private static final int ROUND_TRIPS =
            16; // of a client that never asked before it was answered, after which that is its way
    private static final int ALTERNATIONS = 4; // after which its answers are paired again

    private boolean unpaired;
    private boolean overlaps; // the client asks before it is answered
    private int roundTrips;
    private int alternations;
    private int asked; // commands since the last answer, while it is unpaired
    private int answers; // complete, while it is unpaired; -1 if some may be missing
    private boolean pinged; // by the last command, while it is unpaired

    /** @param unpaired whether the beginning of the connection was not seen */
    RedisPairing(final boolean unpaired) {
        this.unpaired = unpaired;
    }

    boolean isUnpaired() {
        return unpaired;
    }

    /** The client sends something. */
    void sent(final boolean beforeItIsAnswered) {
        if (!unpaired) {
            overlaps |= beforeItIsAnswered;
            roundTrips += Math.min(1, Integer.MAX_VALUE - roundTrips);
        }
    }

    /** A command is complete. */
    void asked(final boolean isPing) {
        asked++;
        pinged = unpaired && isPing;
    }

    /** Whether PONG shows that all is answered. */
    boolean isPinged() {
        return pinged;
    }

    /** An answer is complete that was taken for none to a certain command. */
    void answered() {
        answers += answers < 0 ? 0 : 1;
    }

    /**
     * A request follows an answer.
     *
     * @param whole whether neither is in the midst of something
     * @param plain whether the client's commands are answered one by one
     * @return whether answers are taken for those to commands from now on
     */
    boolean alternates(final boolean whole, final boolean plain) {
        final boolean all = whole && answers == asked;
        if (!all && answers >= 0) {
            overlaps = true;
        }
        alternations = all && plain && !overlaps && asked > 0 ? alternations + 1 : 0;
        asked = 0;
        answers = 0;
        return alternations >= ALTERNATIONS && roundTrips >= ROUND_TRIPS;
    }

    void pair() {
        unpaired = false;
        alternations = 0;
        pinged = false;
        answers = 0;
    }

    /** Something was not seen. */
    void lose() {
        unpaired = true;
        alternations = 0;
        pinged = false;
        asked = 0;
        answers = -1;
    }
}
