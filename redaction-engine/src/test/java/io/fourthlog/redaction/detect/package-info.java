@NullMarked
package io.fourthlog.redaction.detect;

import org.jspecify.annotations.NullMarked;
