/** What an incident asks of a trail, answered from its events, with what is not known said. */
@NullMarked
package io.fourthlog.trail.incident;

import org.jspecify.annotations.NullMarked;
