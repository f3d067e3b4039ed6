/** Finds what a document came from or went to, and proves it to people who have neither the trail nor us. */
@NullMarked
package io.fourthlog.trail.proof;

import org.jspecify.annotations.NullMarked;
