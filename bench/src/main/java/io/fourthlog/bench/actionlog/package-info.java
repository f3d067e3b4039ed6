/** Measures the log beside the naive design, and its verifier beside sha256sum. */
@NullMarked
package io.fourthlog.bench.actionlog;

import org.jspecify.annotations.NullMarked;
