/** Reconcilers that turn the three kinds into what a sensor runs, and report back in status. */
@NullMarked
package io.fourthlog.operator;

import org.jspecify.annotations.NullMarked;
