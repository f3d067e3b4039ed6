/** The six event types, their field rules and their canonical bytes. */
@NullMarked
package io.fourthlog.actionlog.event;

import org.jspecify.annotations.NullMarked;
