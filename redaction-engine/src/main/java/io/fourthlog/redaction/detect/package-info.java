/**
 * Detectors over bytes: a {@linkplain io.fourthlog.redaction.detect.Filter literal and byte-class filter} that looks at
 * every byte once, and behind it a hand-written verifier for each tag that looks at a bounded neighbourhood. Nothing here
 * backtracks or makes a String of content. For the redaction engine only; embedders use the package above.
 */
@NullMarked
package io.fourthlog.redaction.detect;

import org.jspecify.annotations.NullMarked;
