@NullMarked
package io.fourthlog.bench.redaction;

import org.jspecify.annotations.NullMarked;
