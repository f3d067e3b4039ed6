/** Traces as trees of causes. */
@NullMarked
package io.fourthlog.trail.trace;

import org.jspecify.annotations.NullMarked;
