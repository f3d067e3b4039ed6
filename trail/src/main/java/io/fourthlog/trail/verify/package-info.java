/** Verifies all logs of a trail. */
@NullMarked
package io.fourthlog.trail.verify;

import org.jspecify.annotations.NullMarked;
