/** What compilers of this machine make, and what is found in it. */
@org.jspecify.annotations.NullMarked
package io.fourthlog.sensor.binary;
