package io.fourthlog.trail.collector;

import io.fourthlog.actionlog.event.EntryHead;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.log.ClosedDay;
import io.fourthlog.actionlog.log.KeySuccession;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.MirrorLog;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.actionlog.log.Tombstone;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.folder.LogName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What of a log has expired at some time, found without touching it. */
sealed interface ExpiryPlan {

    /** What decided a period when no tier did. */
    String NAME = "the log's name";

    /** All that is there has to stay for now. */
    record Nothing() implements ExpiryPlan {}

    /** Nothing of the log expires, whatever its age. */
    record Kept(Reason reason) implements ExpiryPlan {}

    /** Why nothing expires. */
    enum Reason {
        /** The log is from before there were classes. */
        NO_CLASS,
        /** What the tiers ask for cannot be read. */
        RETENTION_UNREADABLE,
        /** The tier is not there any more. */
        UNKNOWN_TIER,
        /** The tier says so. */
        LEGAL_HOLD,
        /** No sensor has said since the start what time it is. */
        CLOCK,
        /** An event says that it is of later than when its day was over: the sensor's clock was ahead. */
        FUTURE_EVENTS,
        /** The log cannot be read, or its disk fails. */
        FAILED;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Days are over that nobody asks to keep.
     *
     * @param first index of the first leaf
     * @param end index of the leaf with which the last of them ended
     */
    record Due(long first, long end, Tombstone.Why why) implements ExpiryPlan {}

    /**
     * Finds what has expired. A day has when each of its events has, and when the witness has seen for as long that it was over: a
     * sensor's clock that is behind does not make an event older.
     */
    static ExpiryPlan of(LogName name, Path directory, VerifierKey witness, Retention retention, Instant now)
            throws IOException {
        final RetentionClass promised = name.retentionClass().orElse(null);
        if (promised == null) {
            return new Kept(Reason.NO_CLASS);
        }
        final List<Retention.Tier> tiers = retention.of(promised);
        if (tiers.isEmpty()) {
            return new Kept(Reason.UNKNOWN_TIER);
        }
        if (tiers.stream().anyMatch(Retention.Tier::legalHold)) {
            return new Kept(Reason.LEGAL_HOLD);
        }
        final int shortest = EnumSet.allOf(EventType.class).stream()
                .mapToInt(type -> period(promised, tiers, Set.of(type)).days())
                .min()
                .orElse(promised.days());
        Optional<Due> due = Optional.empty();
        for (final ClosedDay day : MirrorLog.closedDays(directory, witness)) {
            final Instant seen = day.witnessed().orElseThrow();
            if (seen.plus(shortest, ChronoUnit.DAYS).isAfter(now)) {
                break; // need not be read
            }
            final Contents contents = Contents.of(directory, day, seen);
            final Retention.Period asked = period(promised, tiers, contents.types());
            final Instant until = contents.until();
            if ((until.isAfter(seen) ? until : seen)
                    .plus(asked.days(), ChronoUnit.DAYS)
                    .isAfter(now)) {
                if (due.isEmpty() && until.isAfter(seen.plus(1, ChronoUnit.DAYS))) {
                    return new Kept(Reason.FUTURE_EVENTS); // perhaps for ever
                }
                break;
            }
            if (due.isPresent() && due.get().why().keptDays() != asked.days()) {
                break; // days of one tombstone were kept for the same time; the next one is for the next look
            }
            due = Optional.of(with(due, day, contents, promised, asked, now));
        }
        return due.<ExpiryPlan>map(found -> found).orElseGet(Nothing::new);
    }

    /** The longest that the name of the log or a tier asks for one of these types. */
    private static Retention.Period period(RetentionClass promised, List<Retention.Tier> tiers, Set<EventType> types) {
        Retention.Period longest = new Retention.Period(promised.days(), NAME);
        for (final Retention.Tier tier : tiers) {
            for (final EventType type : types) {
                if (tier.of(type).days() >= longest.days()) {
                    longest = new Retention.Period(
                            tier.of(type).days(),
                            "RetentionTier " + tier.name() + ", "
                                    + tier.of(type).decidedBy());
                }
            }
        }
        return longest;
    }

    private static Due with(
            Optional<Due> before,
            ClosedDay day,
            Contents contents,
            RetentionClass promised,
            Retention.Period asked,
            Instant now) {
        final Optional<Tombstone.Why> why = before.map(Due::why);
        return new Due(
                before.map(Due::first).orElse(day.first()),
                day.end(),
                new Tombstone.Why(
                        promised.name(),
                        asked.days(),
                        why.map(Tombstone.Why::decidedBy)
                                .filter(by ->
                                        !by.equals(NAME)) // a day without events has no type that a tier speaks of
                                .orElse(asked.decidedBy()),
                        why.map(Tombstone.Why::from)
                                .filter(contents.from()::isAfter)
                                .orElse(contents.from()),
                        why.map(Tombstone.Why::until)
                                .filter(contents.until()::isBefore)
                                .orElse(contents.until()),
                        now));
    }

    /**
     * What is in a day.
     *
     * @param types of all leaves; all types if one is no event
     * @param from time of the oldest event
     * @param until time of the youngest
     */
    record Contents(Set<EventType> types, Instant from, Instant until) {

        private static Contents of(Path directory, ClosedDay day, Instant seen) throws IOException {
            final LogReader reader = LogReader.open(directory);
            final Set<EventType> types = EnumSet.noneOf(EventType.class);
            Instant from = Instant.MAX;
            Instant until = Instant.MIN;
            for (long leaf = day.first(); leaf < day.end(); leaf++) {
                final byte[] entry = reader.entry(leaf);
                if (KeySuccession.parse(entry).isPresent()) {
                    continue;
                }
                try {
                    final EntryHead head = EntryHead.of(entry);
                    types.add(head.type());
                    from = from.isBefore(head.ts()) ? from : head.ts();
                    until = until.isAfter(head.ts()) ? until : head.ts();
                } catch (EventFormatException e) {
                    types.addAll(EnumSet.allOf(EventType.class)); // whatever it was: kept for the longest period
                }
            }
            return until.equals(Instant.MIN) ? new Contents(types, seen, seen) : new Contents(types, from, until);
        }
    }
}
