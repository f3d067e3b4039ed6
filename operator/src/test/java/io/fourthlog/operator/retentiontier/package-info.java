/** Tests of RetentionTier. */
@NullMarked
package io.fourthlog.operator.retentiontier;

import org.jspecify.annotations.NullMarked;
