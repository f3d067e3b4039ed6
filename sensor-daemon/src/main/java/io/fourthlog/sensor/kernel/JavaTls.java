package io.fourthlog.sensor.kernel;

/** What is done to see through JSSE, Java's own TLS, in the JVMs of a workload. */
public enum JavaTls {
    /** Nothing: what such a JVM sends over TLS is a gap. */
    OFF,
    /** An agent is believed that the workload's owner has put into it. */
    OPTION,
    /** The agent is loaded into JVMs that run; owners' are believed as well. */
    ATTACH
}
