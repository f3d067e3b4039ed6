/** The collector, the trail on disk, its queries, and the fourthlog command. */
@NullMarked
package io.fourthlog.trail;

import org.jspecify.annotations.NullMarked;
