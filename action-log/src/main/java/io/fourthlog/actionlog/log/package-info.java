/** The RFC 6962 Merkle log in C2SP tlog-tiles layout: writing, mirroring, reading and verifying it. */
@NullMarked
package io.fourthlog.actionlog.log;

import org.jspecify.annotations.NullMarked;
