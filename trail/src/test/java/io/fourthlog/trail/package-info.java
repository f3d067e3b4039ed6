@NullMarked
package io.fourthlog.trail;

import org.jspecify.annotations.NullMarked;
