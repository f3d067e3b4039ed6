package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.EventType;
import org.jspecify.annotations.Nullable;

/** What the workload of the event at hand did in a window of time: this one, or the one before it. */
@SuppressWarnings("EnumOrdinal") // arrays by enum, in this process only
public final class Window {

    private final Behaviour behaviour;
    private final Span span;
    private final boolean earlier;

    Window(Behaviour behaviour, Span span, boolean earlier) {
        this.behaviour = behaviour;
        this.span = span;
        this.earlier = earlier;
    }

    /** The window of the same length that ends where this one begins; of that one, itself. */
    public Window before() {
        return behaviour.window(span, true);
    }

    /** All events: exact. */
    public long events() {
        return activity(-1);
    }

    /** The events of a type: exact. */
    public long events(EventType type) {
        return activity(type.ordinal());
    }

    /** Events a minute: exact. */
    public double rate(@Nullable EventType type) {
        return (type == null ? events() : events(type)) / span.minutes();
    }

    /** Bytes read and written: exact. */
    public long bytes() {
        final Activity activity = behaviour.activity();
        return activity == null ? 0 : activity.bytes(span, behaviour.nowMicros(), earlier);
    }

    /** Events with this name: never too low, and too high by the error of {@link SlidingSums}. */
    public long events(Kind kind, String name) {
        return behaviour.sum(span, kind, name, false, earlier);
    }

    /** Bytes of the events with this name: with the same error. */
    public long bytes(Kind kind, String name) {
        return behaviour.sum(span, kind, name, true, earlier);
    }

    /** Different names: with the error of {@link Distinct}. */
    public long distinct(Kind kind) {
        final Activity activity = behaviour.activity();
        if (activity == null) {
            return 0;
        }
        final long length = span.bucketMicros() * span.buckets();
        final long end = behaviour.nowMicros() - (earlier ? length : 0);
        return activity.distinct(kind, end - length, end);
    }

    private long activity(int type) {
        final Activity activity = behaviour.activity();
        return activity == null ? 0 : activity.events(span, type, behaviour.nowMicros(), earlier);
    }
}
