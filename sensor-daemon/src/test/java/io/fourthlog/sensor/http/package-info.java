/** HTTP as agents and endpoints speak it. */
@org.jspecify.annotations.NullMarked
package io.fourthlog.sensor.http;
