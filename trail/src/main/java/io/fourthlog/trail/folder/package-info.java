/** Where the logs of a trail are in a folder: what the collector writes, and what the command mirrors and reads. */
@NullMarked
package io.fourthlog.trail.folder;

import org.jspecify.annotations.NullMarked;
