package io.fourthlog.actionlog.event;

import org.jspecify.annotations.Nullable;

/**
 * The beginning of one part of a message with placeholders in place of what was found in it. It is content as far as something was missed:
 * only sealed events carry it.
 *
 * @param part which part: {@code input.user} or {@code output}
 * @param text the masked text; {@code null} when it is withheld
 * @param withheld why there is no text; {@code null} when there is one
 */
public record PartPreview(
        String part, @Nullable String text, @Nullable String withheld) {

    public PartPreview {
        part = Rules.text("previews.part", part);
        text = Rules.optionalText("previews.text", text);
        withheld = Rules.optionalText("previews.withheld", withheld);
        if ((text == null) == (withheld == null)) {
            throw new InvalidField("previews", "has either a text, or why there is none");
        }
    }
}
