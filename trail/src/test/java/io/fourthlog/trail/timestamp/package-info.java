@NullMarked
package io.fourthlog.trail.timestamp;

import org.jspecify.annotations.NullMarked;
