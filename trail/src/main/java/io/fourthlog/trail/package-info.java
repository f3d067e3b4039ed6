/** The trail: the collector that witnesses sensors' logs, and the command that reads them. */
@NullMarked
package io.fourthlog.trail;

import org.jspecify.annotations.NullMarked;
