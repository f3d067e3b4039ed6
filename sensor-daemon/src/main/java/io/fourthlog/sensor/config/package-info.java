/** The SensorConfig that this sensor runs: followed from the API server, checked, applied, kept and acknowledged. */
@NullMarked
package io.fourthlog.sensor.config;

import org.jspecify.annotations.NullMarked;
