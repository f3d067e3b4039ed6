/** Answers the API server before it takes an object of ours: the checks that are in each status anyway. */
@NullMarked
package io.fourthlog.operator.webhook;

import org.jspecify.annotations.NullMarked;
