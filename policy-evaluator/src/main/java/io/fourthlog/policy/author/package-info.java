/** For authors of policies: reads them from files, replays events through them, and runs their tests. */
@NullMarked
package io.fourthlog.policy.author;

import org.jspecify.annotations.NullMarked;
