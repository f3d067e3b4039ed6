package io.fourthlog.sensor.kernel;

/**
 * What went through the ring since the kernel side was opened.
 *
 * @param records read from the ring
 * @param lostRecords that found the ring full
 * @param lostBytes payload of the lost records
 * @param ringBytes size of the ring that is written now
 * @param attachedFiles TLS libraries and executables that carry probes now
 * @param javaAgents JVMs that have the agent for JSSE
 */
public record KernelCounters(
        long records, long lostRecords, long lostBytes, int ringBytes, int attachedFiles, int javaAgents) {}
