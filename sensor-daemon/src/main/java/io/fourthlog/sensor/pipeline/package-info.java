/** The border between plaintext and the record: actions in, redacted and judged events out. */
@NullMarked
package io.fourthlog.sensor.pipeline;

import org.jspecify.annotations.NullMarked;
