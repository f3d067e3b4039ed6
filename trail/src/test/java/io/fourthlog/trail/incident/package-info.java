@NullMarked
package io.fourthlog.trail.incident;

import org.jspecify.annotations.NullMarked;
