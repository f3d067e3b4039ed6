/** From events to the sensor's own signed log on the node's disk. */
@NullMarked
package io.fourthlog.sensor.spool;

import org.jspecify.annotations.NullMarked;
