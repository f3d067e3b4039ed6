/** The sensor daemon: from kernel events to a signed, redacted trail. */
@NullMarked
package io.fourthlog.sensor;

import org.jspecify.annotations.NullMarked;
