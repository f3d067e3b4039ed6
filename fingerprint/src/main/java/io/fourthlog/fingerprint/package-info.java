/**
 * Keyed fingerprints of texts: a sensor records them with what it saw pass, and whoever holds a document and the key finds it,
 * or an excerpt of it, among them.
 */
@NullMarked
package io.fourthlog.fingerprint;

import org.jspecify.annotations.NullMarked;
