/**
 * Passive, incremental parsers of what agents say to models and tools, over HTTP or standard input and output. Each says what it missed.
 *
 * <pre>
 *  what is carried          what it means
 *  Exchange ─┬─► ModelExchange ─► Dialect ─► ModelPrompt, ModelAnswer
 *            ├─► GrpcExchange, ModelSocket
 *            └─► RpcExchange ───► RpcReader ─► RpcCall, McpResult
 *  McpStream ───────────────────► RpcReader
 *
 *  a body: ContentDecoder ─► AnswerBody ─► SseParser, AwsEventStream or JsonSplitter ─► JsonCursor
 * </pre>
 */
@NullMarked
package io.fourthlog.sensor.protocol;

import org.jspecify.annotations.NullMarked;
