package io.fourthlog.redaction.detect;

/** What a scanner told of one occurrence, in positions of the unveiled text. */
record Occurrence(String tag, long start, long end) {}
