/**
 * Passive, incremental parsers of what agents speak. None of them sees a connection from its beginning for certain, or all of
 * its bytes; each says what it missed.
 *
 * <pre>
 *  bytes in order        what is spoken           what is carried          what it means
 *  Connection ─ Sniffer ─► Http1Connection ──┬──► Exchange ─┬─► ModelExchange ─► Dialect ─► ModelPrompt, ModelAnswer
 *                          Http2Connection ──┘      ▲       └─► RpcExchange ───► RpcReader ─► RpcCall, McpResult
 *                          WebSocketConnection ─────┴─────────► ModelSocket
 *  McpStream ──────────────────────────────────────────────────────────────────► RpcReader
 *
 *  a body: ContentDecoder ─► AnswerBody ─► SseParser, AwsEventStream or JsonSplitter ─► JsonCursor
 * </pre>
 */
@NullMarked
package io.fourthlog.sensor.protocol;

import org.jspecify.annotations.NullMarked;
