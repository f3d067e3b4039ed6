package io.fourthlog.actionlog.log;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What is left of days that expired: which leaves they had, the root that their last key signed over them before it was destroyed,
 * and by which rule they went.
 *
 * @param first index of the first leaf that is gone
 * @param day how the key of the last of these days handed over, without the key's own signature where a witness has cosigned it: the
 *     tree of all leaves before that, and when the witness saw it
 * @param why by which rule
 */
public record Tombstone(long first, Checkpoint day, Why why) {

    /**
     * By which rule days expired.
     *
     * @param retentionClass name of the class, as the log's name has it; {@link #SHIPPED} for what a sensor has handed over
     * @param keptDays for how many days the rule asks
     * @param decidedBy the tier and the clause that asked for that, or who decided
     * @param from time of the oldest event that is gone
     * @param until time of the youngest
     * @param expired when they went
     */
    public record Why(
            String retentionClass, int keptDays, String decidedBy, Instant from, Instant until, Instant expired) {

        public Why {
            from = from.truncatedTo(ChronoUnit.SECONDS);
            until = until.truncatedTo(ChronoUnit.SECONDS);
            expired = expired.truncatedTo(ChronoUnit.SECONDS);
        }

        /** The same, of events from an earlier time on. */
        Why since(Instant earlier) {
            return new Why(retentionClass, keptDays, decidedBy, earlier, until, expired);
        }
    }

    /** The class of what is gone from a node because the collector has it. */
    public static final String SHIPPED = "shipped";

    /** How many leaves there are before the first that is not gone. */
    public long end() {
        return day.size();
    }

    /** How many leaves it speaks of. */
    public long count() {
        return end() - first;
    }

    /** In one line for people. */
    public String describe() {
        return count() + " leaves of " + day(why.from()) + ".." + day(why.until())
                + (why.retentionClass().equals(SHIPPED)
                        ? " are with the collector (" + why.decidedBy() + ")"
                        : " expired under " + why.retentionClass() + " (" + why.decidedBy() + ")")
                + ", since " + why.expired();
    }

    private static String day(Instant time) {
        return time.toString().substring(0, 10);
    }

    void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeNumberField("first", first);
        json.writeStringField("day", day.note().toString());
        json.writeStringField("class", why.retentionClass());
        json.writeNumberField("kept_days", why.keptDays());
        json.writeStringField("decided_by", why.decidedBy());
        json.writeStringField("from", why.from().toString());
        json.writeStringField("until", why.until().toString());
        json.writeStringField("expired", why.expired().toString());
        json.writeEndObject();
    }

    /** Reads one whose first brace has been read. */
    static Tombstone read(JsonParser json) throws IOException {
        try {
            final long first = number(json, "first");
            final Checkpoint day = Checkpoint.parse(Note.parse(text(json, "day")));
            final String retentionClass = text(json, "class");
            final int keptDays = Math.toIntExact(number(json, "kept_days"));
            final String decidedBy = text(json, "decided_by");
            final Instant from = time(json, "from");
            final Instant until = time(json, "until");
            final Instant expired = time(json, "expired");
            Tombstones.expect(json, JsonToken.END_OBJECT, null);
            return new Tombstone(first, day, new Why(retentionClass, keptDays, decidedBy, from, until, expired));
        } catch (DateTimeException | ArithmeticException e) {
            throw new LogFormatException("a tombstone has times and numbers: " + e.getMessage());
        }
    }

    private static String text(JsonParser json, String name) throws IOException {
        Tombstones.expect(json, JsonToken.FIELD_NAME, name);
        Tombstones.expect(json, JsonToken.VALUE_STRING, null);
        final String text = json.getText();
        if (!name.equals("day") && text.chars().anyMatch(Character::isISOControl)) {
            throw new LogFormatException("\"" + name + "\" has no control characters");
        }
        return text;
    }

    /** To the second, in a year of four digits: what comes out of adding a period to it is a time as well. */
    private static Instant time(JsonParser json, String name) throws IOException {
        final String text = text(json, name);
        if (text.length() != "2026-01-01T00:00:00Z".length()) {
            throw new LogFormatException("\"" + name + "\" is a time like 2026-01-01T00:00:00Z");
        }
        return Instant.parse(text);
    }

    private static long number(JsonParser json, String name) throws IOException {
        Tombstones.expect(json, JsonToken.FIELD_NAME, name);
        Tombstones.expect(json, JsonToken.VALUE_NUMBER_INT, null);
        return json.getLongValue();
    }
}
