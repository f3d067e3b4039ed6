/** Calls of C functions. */
@NullMarked
package io.fourthlog.sensor.foreign;

import org.jspecify.annotations.NullMarked;
