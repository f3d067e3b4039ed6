/** Content in; shape, sensitivity tags, hashes and fingerprints out. */
@NullMarked
package io.fourthlog.redaction;

import org.jspecify.annotations.NullMarked;
