/** Passive, incremental parsers of what agents speak: HTTP/1.1, server-sent events, chat completions, MCP. */
@NullMarked
package io.fourthlog.sensor.protocol;

import org.jspecify.annotations.NullMarked;
