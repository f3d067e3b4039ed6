@NullMarked
package io.fourthlog.sensor.workload;

import org.jspecify.annotations.NullMarked;
