/** From protocol messages and file records to actions, each with the action that caused it. */
@NullMarked
package io.fourthlog.sensor.action;

import org.jspecify.annotations.NullMarked;
