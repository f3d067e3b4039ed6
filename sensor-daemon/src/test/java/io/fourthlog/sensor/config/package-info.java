@NullMarked
package io.fourthlog.sensor.config;

import org.jspecify.annotations.NullMarked;
