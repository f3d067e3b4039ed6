package io.fourthlog.actionlog.event;

/**
 * Turns events into their canonical bytes (RFC 8785 JSON), which are what a log hashes and signs, and back.
 *
 * <p>An event has exactly one canonical encoding, and {@code decode(encode(event))} equals the event. Decoding takes
 * members in any order and with any white space, so that a person can write an event; whoever needs to know that bytes
 * are canonical encodes them again and compares.
 */
public final class EventCodec {

    private static final int KEPT_BYTES = 256 * 1024; // a larger buffer is not kept for the next event

    private static final ThreadLocal<CanonicalBuffer> BUFFERS = ThreadLocal.withInitial(CanonicalBuffer::new);

    private EventCodec() {}

    /** The canonical bytes of an event. */
    public static byte[] encode(Event event) {
        final CanonicalBuffer buffer = BUFFERS.get();
        buffer.clear();
        encode(event, buffer);
        if (buffer.array().length > KEPT_BYTES) {
            BUFFERS.remove();
        }
        return buffer.toByteArray();
    }

    /** Appends the canonical bytes of an event to a buffer, which the caller keeps and clears. */
    static void encode(Event event, CanonicalBuffer out) {
        switch (event) {
            case ToolInvocation e -> FieldCatalog.TOOL_INVOCATION.write(e, out);
            case ModelInvocation e -> FieldCatalog.MODEL_INVOCATION.write(e, out);
            case DataAccess e -> FieldCatalog.DATA_ACCESS.write(e, out);
            case PolicyDecision e -> FieldCatalog.POLICY_DECISION.write(e, out);
            case IdentityAssertion e -> FieldCatalog.IDENTITY_ASSERTION.write(e, out);
            case ErrorEvent e -> FieldCatalog.ERROR.write(e, out);
        }
    }

    /**
     * Reads an event.
     *
     * @throws EventFormatException when it is not JSON, lacks a field, has one twice, or has a value that the field must
     *     not have; it names the field and the byte
     */
    public static Event decode(byte[] json) throws EventFormatException {
        final EventType type = typeOf(json);
        try (EventParser in = new EventParser(json)) {
            final Event event = FieldCatalog.of(type).read(in);
            in.end();
            return event;
        }
    }

    /** The type decides how the other members are read, and in canonical order it is not the first. */
    private static EventType typeOf(byte[] json) throws EventFormatException {
        try (EventParser in = new EventParser(json)) {
            final long start = in.startObject();
            for (String name = in.nextName(); name != null; name = in.nextName()) {
                if (name.equals(FieldCatalog.EVENT_TYPE)) {
                    return FieldCatalog.TYPES.reader().read(in);
                }
                in.skip();
                in.leave();
            }
            throw in.failure(FieldCatalog.EVENT_TYPE, start, "is missing");
        }
    }
}
