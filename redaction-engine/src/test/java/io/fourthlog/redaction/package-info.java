@NullMarked
package io.fourthlog.redaction;

import org.jspecify.annotations.NullMarked;
