/** The sensor on a real kernel: what it costs, and what it costs others. */
@NullMarked
package io.fourthlog.bench.sensor;

import org.jspecify.annotations.NullMarked;
