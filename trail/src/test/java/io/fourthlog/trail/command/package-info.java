@NullMarked
package io.fourthlog.trail.command;

import org.jspecify.annotations.NullMarked;
