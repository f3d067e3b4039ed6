/** How the keys that events are sealed with come to the collector, and to nobody on the way. */
@NullMarked
package io.fourthlog.actionlog.seal;

import org.jspecify.annotations.NullMarked;
