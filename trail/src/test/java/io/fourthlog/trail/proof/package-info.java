@NullMarked
package io.fourthlog.trail.proof;

import org.jspecify.annotations.NullMarked;
