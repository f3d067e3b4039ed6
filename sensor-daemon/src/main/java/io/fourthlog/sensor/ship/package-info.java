/** From the sensor's log to the collector, over HTTPS with mutual TLS. */
@NullMarked
package io.fourthlog.sensor.ship;

import org.jspecify.annotations.NullMarked;
