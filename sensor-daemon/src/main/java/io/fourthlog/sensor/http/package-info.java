/**
 * Passive, incremental parsers of HTTP and what is upgraded from it. None of them sees a connection from its beginning for certain, or all of
 * its bytes; each says what it missed.
 *
 * <pre>
 *  bytes in order         what is spoken              what is carried
 *  Connection ─ Sniffer ─┬─► Http1Connection ─────┬─► Exchange, of whoever asked for a request
 *                        ├─► Http2Connection ─────┤   (its body: ContentDecoder)
 *                        └─► WebSocketConnection ─┘
 * </pre>
 */
@NullMarked
package io.fourthlog.sensor.http;

import org.jspecify.annotations.NullMarked;
