/** A trail for other systems: the events as they are, or in the terms of OpenTelemetry. */
@NullMarked
package io.fourthlog.trail.export;

import org.jspecify.annotations.NullMarked;
