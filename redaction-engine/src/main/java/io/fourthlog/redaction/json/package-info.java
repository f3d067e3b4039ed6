/** A pull tokenizer for JSON that never makes a String of a value. */
@NullMarked
package io.fourthlog.redaction.json;

import org.jspecify.annotations.NullMarked;
