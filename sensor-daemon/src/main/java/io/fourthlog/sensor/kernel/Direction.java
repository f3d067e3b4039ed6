package io.fourthlog.sensor.kernel;

/** Which way bytes went, seen from the process that was watched. */
public enum Direction {
    SENT,
    RECEIVED
}
