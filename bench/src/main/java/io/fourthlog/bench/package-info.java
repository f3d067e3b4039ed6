/** Measurements of the hot paths, beside their peers. */
@NullMarked
package io.fourthlog.bench;

import org.jspecify.annotations.NullMarked;
