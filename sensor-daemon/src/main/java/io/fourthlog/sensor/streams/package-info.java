/** Captured bytes in order of position, per connection and direction; what is missing is said, with its exact length. */
@NullMarked
package io.fourthlog.sensor.streams;

import org.jspecify.annotations.NullMarked;
