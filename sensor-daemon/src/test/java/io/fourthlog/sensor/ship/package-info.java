@NullMarked
package io.fourthlog.sensor.ship;

import org.jspecify.annotations.NullMarked;
