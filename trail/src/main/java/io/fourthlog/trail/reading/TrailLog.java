package io.fourthlog.trail.reading;

import java.nio.file.Path;

/**
 * A log of a trail.
 *
 * @param name as its folder has it; the origin in its checkpoint is what is signed
 * @param directory in tlog-tiles layout
 */
public record TrailLog(String name, Path directory) {}
