package io.fourthlog.sensor.streams;

/** Why a part of what an agent did is not in the record; each is an {@code error} event's class. */
public enum GapCause {
    /** Bytes of a stream were not captured. */
    STREAM("stream"),
    /** A process carries a TLS library that could not be hooked. */
    UNHOOKED("unhooked"),
    /** The kernel refused a probe. */
    ATTACH("attach"),
    /** A process connected before the probes were on its TLS library. */
    LATE("late"),
    /** A process works through io_uring, which makes no system calls to follow. */
    IO_URING("io_uring"),
    /** A process makes 32-bit system calls, which are not decoded. */
    COMPAT("compat"),
    /** A process uses a socket of an address family that is not followed. */
    SOCKET("socket"),
    /** A process exchanges bytes with others in a way that is not followed: their memory, message queues. */
    IPC("ipc"),
    /** What a process sent or received could not be read from its memory. */
    UNREADABLE("unreadable"),
    /** The kernel's ring buffer was full. */
    RING("ring"),
    /** A stream was given up because captured content may not take more memory. */
    SHED("shed"),
    /** A connection ended, or its process did, in the middle of a message. */
    UNFINISHED("unfinished"),
    /** The capture began, or began again, in the middle of a connection. */
    MIDDLE("middle"),
    /** A connection speaks no protocol that the sensor decodes. */
    PROTOCOL("protocol"),
    /** A connection became one of a protocol, or of an API over WebSocket, that the sensor does not decode. */
    UPGRADE("upgrade"),
    /** A WebSocket that breaks RFC 6455 or 7692. */
    WEBSOCKET("websocket"),
    /** HTTP that breaks RFC 9112. */
    HTTP("http"),
    /** A content coding that the sensor does not undo, or that could not be undone. */
    ENCODING("encoding"),
    /** A body or message is larger than the sensor keeps, compressed or not. */
    TOO_LARGE("too_large"),
    /** A message of a recognised API is not the JSON that it should be. */
    JSON("json"),
    /** A server-sent event stream with an event that is too large or no text. */
    SSE("sse"),
    /** A binary event stream whose checksums do not hold. */
    EVENT_STREAM("event_stream"),
    /** A process of a tracked cgroup could not be told to belong to any container. */
    WORKLOAD("workload"),
    /** The sensor failed on what it saw; it gave that connection or channel up. */
    INTERNAL("internal"),
    /** A file's closing record did not come. */
    FILE("file"),
    /** A message on an MCP channel is not JSON-RPC. */
    MCP("mcp"),
    /** What was learned about the workloads before this start could not be read. */
    BASELINES("baselines");

    private final String errorClass;

    GapCause(final String suffix) {
        errorClass = "sensor.gap." + suffix;
    }

    /** The wire value of {@code error_class}. */
    public String errorClass() {
        return errorClass;
    }
}
