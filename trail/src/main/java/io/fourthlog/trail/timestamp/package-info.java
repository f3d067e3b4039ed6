/** RFC 3161 timestamps over the checkpoints of logs: what an authority, whose clock is not ours, says existed when. */
@NullMarked
package io.fourthlog.trail.timestamp;

import org.jspecify.annotations.NullMarked;
