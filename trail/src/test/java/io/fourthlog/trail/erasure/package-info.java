@NullMarked
package io.fourthlog.trail.erasure;

import org.jspecify.annotations.NullMarked;
