@NullMarked
package io.fourthlog.trail.collector;

import org.jspecify.annotations.NullMarked;
