@NullMarked
package io.fourthlog.monitoring;

import org.jspecify.annotations.NullMarked;
