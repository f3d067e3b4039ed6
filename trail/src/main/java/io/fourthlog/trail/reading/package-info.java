/** Reads the events of a trail that is in a folder. */
@NullMarked
package io.fourthlog.trail.reading;

import org.jspecify.annotations.NullMarked;
