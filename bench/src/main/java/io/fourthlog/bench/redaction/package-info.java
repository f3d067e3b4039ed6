/** The redaction engine beside its peers: speed, and accuracy on a labelled corpus. */
@NullMarked
package io.fourthlog.bench.redaction;

import org.jspecify.annotations.NullMarked;
