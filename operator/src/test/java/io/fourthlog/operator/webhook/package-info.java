@NullMarked
package io.fourthlog.operator.webhook;

import org.jspecify.annotations.NullMarked;
