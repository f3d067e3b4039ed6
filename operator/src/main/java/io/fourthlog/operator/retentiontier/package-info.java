/** Resolves a RetentionTier against the frameworks' floors, and says so in its status. */
@NullMarked
package io.fourthlog.operator.retentiontier;

import org.jspecify.annotations.NullMarked;
