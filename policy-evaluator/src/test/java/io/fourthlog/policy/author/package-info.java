@NullMarked
package io.fourthlog.policy.author;

import org.jspecify.annotations.NullMarked;
