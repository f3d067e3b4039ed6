@NullMarked
package io.fourthlog.operator.openreports;

import org.jspecify.annotations.NullMarked;
