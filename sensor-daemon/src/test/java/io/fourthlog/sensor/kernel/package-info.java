/** The kernel side against the kernel of this machine. */
@org.jspecify.annotations.NullMarked
package io.fourthlog.sensor.kernel;
