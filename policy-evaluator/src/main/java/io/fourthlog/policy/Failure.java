package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Event;

/**
 * Why an expression has no value. Failures are values that compiled code hands on, made once where they can be: an unknown
 * field is nothing out of the ordinary, and an exception would cost more than the rest of the rule.
 */
sealed interface Failure {

    /** For people, about this event. */
    String message(Event event);

    /** A field whose value the sensor could not learn, or that is not there. */
    record Unknown(String field) implements Failure {
        @Override
        public String message(Event event) {
            return field + " is unknown: " + event.header().unknown().getOrDefault(field, "not set");
        }
    }

    /** Tags that say of some content that it was not looked through. */
    record Unread(String tag) implements Failure {
        @Override
        public String message(Event event) {
            return "not all was looked through: " + tag;
        }
    }

    /** An operation that has no result. */
    record Fault(String text) implements Failure {
        @Override
        public String message(Event event) {
            return text;
        }
    }

    /** Too many steps, too much text, or too much time. */
    record OverBudget(String text) implements Failure {
        @Override
        public String message(Event event) {
            return text;
        }
    }

    /** The failure of a variable that the expression reads. */
    record OfVariable(String name, Failure failure) implements Failure {
        @Override
        public String message(Event event) {
            return "variables." + name + ": " + failure.message(event);
        }
    }

    /** Whether it took too much time, here or in a variable. */
    default boolean isOverTime() {
        return equals(Frame.TIME)
                || (this instanceof OfVariable variable && variable.failure().isOverTime());
    }

    /** Whether it costs too much, here or in a variable. */
    default boolean isOverBudget() {
        return switch (this) {
            case OverBudget over -> true;
            case OfVariable variable -> variable.failure().isOverBudget();
            case Unknown unknown -> false;
            case Unread unread -> false;
            case Fault fault -> false;
        };
    }
}
