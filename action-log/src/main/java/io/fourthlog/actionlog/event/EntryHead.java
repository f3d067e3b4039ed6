package io.fourthlog.actionlog.event;

import java.time.Instant;

/** What anybody can tell of an entry that is an event, whether it is sealed or not. */
public record EntryHead(EventType type, Instant ts) {

    /**
     * Reads an entry of a log.
     *
     * @throws EventFormatException when it is no event
     */
    public static EntryHead of(byte[] entry) throws EventFormatException {
        if (SealedEvent.looksSealed(entry)) {
            final SealedEvent sealed = SealedEvent.parse(entry);
            return new EntryHead(sealed.type(), sealed.ts());
        }
        final Event event = EventCodec.decode(entry);
        return new EntryHead(event.type(), event.header().ts());
    }
}
