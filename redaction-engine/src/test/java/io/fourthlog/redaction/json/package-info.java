@NullMarked
package io.fourthlog.redaction.json;

import org.jspecify.annotations.NullMarked;
