/** The six event types, their field rules, their canonical bytes, and how those of one subject are sealed. */
@NullMarked
package io.fourthlog.actionlog.event;

import org.jspecify.annotations.NullMarked;
