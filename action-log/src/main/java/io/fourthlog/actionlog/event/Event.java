package io.fourthlog.actionlog.event;

/**
 * One thing that an agent did, or that policy or a sensor said about it: made by a sensor, written to its log as
 * canonical bytes by {@link EventCodec}, and read back by policies, the trail and the command.
 *
 * <p>Every event carries every field of its type. A value that the sensor could not learn is {@code null} here, and its
 * wire name is a key of {@link Header#unknown()} with the reason; the constructors refuse one without the other.
 * Extension fields are the exception: they are left out when there is nothing to say. The field names, their types and
 * which of the two they are stand in {@code docs/events.md}.
 */
public sealed interface Event
        permits ToolInvocation, ModelInvocation, DataAccess, PolicyDecision, IdentityAssertion, ErrorEvent {

    /** The fields that events of all types have. */
    Header header();

    /** The type, which decides what other fields there are. */
    EventType type();
}
