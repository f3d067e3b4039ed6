package io.fourthlog.policy;

import io.fourthlog.policy.Patterns.BadPattern;
import io.fourthlog.policy.behaviour.Sequence;
import io.fourthlog.policy.behaviour.Step;
import java.util.ArrayList;
import java.util.List;

/** Reads what rules write in {@code sequence([...])}: {@code STEP}, {@code STEP:GLOB}, and {@code !} before what is ruled out. */
final class Sequences {

    private Sequences() {}

    static Sequence parse(List<?> steps, long boundMicros) throws BadPattern {
        final List<Sequence.Part> parts = new ArrayList<>();
        for (final Object step : steps) {
            parts.add(part((String) step));
        }
        if (parts.isEmpty() || parts.size() > Sequence.MAX_PARTS) {
            throw new BadPattern("a sequence has 1 to " + Sequence.MAX_PARTS + " steps");
        }
        if (parts.getFirst().absent()) {
            throw new BadPattern("a sequence begins with a step that was, not with one that is ruled out");
        }
        return new Sequence(parts, boundMicros);
    }

    private static Sequence.Part part(String text) throws BadPattern {
        final boolean absent = text.startsWith("!");
        final int colon = text.indexOf(':');
        final String kind = text.substring(absent ? 1 : 0, colon < 0 ? text.length() : colon);
        final Step step = Step.of(kind)
                .orElseThrow(() ->
                        new BadPattern("there is no step \"" + kind + "\"" + Suggestions.didYouMean(kind, Step.texts())
                                + "; the steps are " + String.join(", ", Step.texts())));
        return new Sequence.Part(absent, step, colon < 0 ? Sequences::any : Patterns.glob(text.substring(colon + 1)));
    }

    private static boolean any(String name) {
        return true;
    }
}
