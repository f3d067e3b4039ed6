@NullMarked
package io.fourthlog.policy;

import org.jspecify.annotations.NullMarked;
