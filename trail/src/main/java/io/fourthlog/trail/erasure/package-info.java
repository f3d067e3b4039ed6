/** Keys that open sealed events, and signed records of those that were destroyed: erasure, after which every log still holds. */
@NullMarked
package io.fourthlog.trail.erasure;

import org.jspecify.annotations.NullMarked;
