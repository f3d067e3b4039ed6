/** Copies a trail from a collector, and checks it on the way. */
@NullMarked
package io.fourthlog.trail.remote;

import org.jspecify.annotations.NullMarked;
