/** Measures the policy evaluator beside CEL's own interpreter and beside Java written by hand. */
@NullMarked
package io.fourthlog.bench.policy;

import org.jspecify.annotations.NullMarked;
