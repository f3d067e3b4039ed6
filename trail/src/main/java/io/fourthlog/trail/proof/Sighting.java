package io.fourthlog.trail.proof;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.trail.incident.Document;
import io.fourthlog.trail.incident.Document.Likeness;
import io.fourthlog.trail.reading.LoggedEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event in which a document was recognised.
 *
 * @param matches where in the event; at least one
 */
public record Sighting(LoggedEvent logged, List<Match> matches) {

    public Sighting {
        matches = List.copyOf(matches);
    }

    /** What the document was to the agent. */
    public enum Role {
        /** A model wrote it. */
        PRODUCED("produced"),
        /** A tool returned it. */
        RETURNED("returned"),
        /** It was sent to a model. */
        SENT("sent");

        private final String text;

        Role(String text) {
            this.text = text;
        }

        /** For people and programs. */
        public String text() {
            return text;
        }
    }

    /**
     * A place of the event that the document is like.
     *
     * @param field JSON Pointer (RFC 6901): {@code /output_hash}, {@code /return_hash}, {@code /fingerprints/N}
     * @param part which part of the message it is: {@code output}, {@code return}, {@code input.user}, …
     */
    public record Match(String field, String part, Likeness likeness) {}

    /** What the document was to the agent in a part of a message. */
    static Role roleOf(String part) {
        return switch (part) {
            case "output" -> Role.PRODUCED;
            case "return" -> Role.RETURNED;
            default -> Role.SENT;
        };
    }

    /** The JSON Pointer of a fingerprint. */
    static String pointer(int fingerprint) {
        return "/fingerprints/" + fingerprint;
    }

    /** What can be compared in an event. */
    static List<PartFingerprint> parts(Event event) {
        return switch (event) {
            case ModelInvocation model -> model.fingerprints();
            case ToolInvocation tool -> tool.fingerprints();
            default -> List.of();
        };
    }

    /** Where an event has the hash of a whole content, and which; {@code null} when it has none. */
    static @Nullable Whole whole(Event event) {
        return switch (event) {
            case ModelInvocation model
            when model.outputHash() != null -> new Whole("/output_hash", "output", model.outputHash());
            case ToolInvocation tool
            when tool.returnHash() != null -> new Whole("/return_hash", "return", tool.returnHash());
            default -> null;
        };
    }

    /** The hash of a whole content. */
    record Whole(String field, String part, String hash) {}

    /** Compares a document with all that an event recorded; what could not be told is in it as {@link Likeness.Unknown}. */
    static List<Match> compare(Document document, Event event) {
        final List<Match> matches = new ArrayList<>();
        final Whole whole = whole(event);
        if (whole != null && document.hasHash(whole.hash())) {
            matches.add(new Match(whole.field(), whole.part(), new Likeness.Exact()));
        }
        final List<PartFingerprint> parts = parts(event);
        for (int i = 0; i < parts.size(); i++) {
            final Likeness likeness = document.compare(parts.get(i));
            if (!(likeness instanceof Likeness.None)) {
                matches.add(new Match(pointer(i), parts.get(i).part(), likeness));
            }
        }
        return matches;
    }
}
