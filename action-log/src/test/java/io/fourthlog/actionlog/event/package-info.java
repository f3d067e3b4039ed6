/** Tests of the events, their canonical bytes and their published schema. */
@NullMarked
package io.fourthlog.actionlog.event;

import org.jspecify.annotations.NullMarked;
