package io.fourthlog.sensor.database;

/** Whether the first bytes of a direction are those of a protocol. */
public enum Begins {
    NO,
    /** More bytes tell. */
    UNDECIDED,
    YES
}
