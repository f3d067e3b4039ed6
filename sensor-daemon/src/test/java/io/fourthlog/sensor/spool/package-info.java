@NullMarked
package io.fourthlog.sensor.spool;

import org.jspecify.annotations.NullMarked;
