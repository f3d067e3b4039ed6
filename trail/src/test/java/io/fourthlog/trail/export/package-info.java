@NullMarked
package io.fourthlog.trail.export;

import org.jspecify.annotations.NullMarked;
