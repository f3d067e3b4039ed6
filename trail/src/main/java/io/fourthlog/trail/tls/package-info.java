/** Certificates and keys in PEM files, for both ends of the wire. */
@NullMarked
package io.fourthlog.trail.tls;

import org.jspecify.annotations.NullMarked;
