/** Tests of the operator against a real API server. */
@NullMarked
package io.fourthlog.operator;

import org.jspecify.annotations.NullMarked;
