// A scripted endpoint that speaks every model API the sensor reads, and two MCP transports: it answers what the scenario in
// the request's first user text asks for ("plain", "tools", "error", "midway", "long"), with texts that tests look for.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import zlib from "node:zlib";
import { crc32 } from "node:zlib";

export const TEXT = "The first customer is Canary Answer, reachable at answer.canary@example.org; naïve “quotes” and 😀 follow.";
const PIECES = [TEXT.slice(0, 23), TEXT.slice(23, 60), TEXT.slice(60)];
const LONG = Array.from({ length: 200 }, (_, i) => ["The ", "total of ", "March is ", `${i * 31} `, "before tax, ", "as the file says. "][i % 6]);
const pieces = (scenario) => (scenario === "long" ? LONG : PIECES);
const THOUGHT = "The file must be read first.";
const ARGS_A = { path: "/data/customers.csv" };
const ARGS_B = { path: "/data" };

const sse = (events, named) => events.map((e) => (named ? `event: ${e.type}\n` : "") + `data: ${typeof e === "string" ? e : JSON.stringify(e)}\n\n`);

function openaiChat(body, scenario) {
  const base = { id: "chatcmpl-1", created: 1790000000, model: `${body.model}-2026` };
  const usage = { prompt_tokens: 57, completion_tokens: 41, total_tokens: 98 };
  const call = (i, id, name, args) => ({ index: i, id, type: "function", function: { name, arguments: args } });
  if (!body.stream) {
    const message = scenario === "tools"
      ? { role: "assistant", content: null, tool_calls: [call(0, "call_a1", "read_file", JSON.stringify(ARGS_A)), call(1, "call_b2", "list_directory", JSON.stringify(ARGS_B))] }
      : { role: "assistant", content: TEXT, reasoning_content: THOUGHT };
    return { json: { ...base, object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }], usage } };
  }
  const chunk = (delta, more) => ({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: null }], ...more });
  const deltas = scenario === "tools"
    ? [{ role: "assistant", tool_calls: [call(0, "call_a1", "read_file", "")] }, { tool_calls: [{ index: 0, function: { arguments: '{"path":' } }] },
       { tool_calls: [call(1, "call_b2", "list_directory", "")] }, { tool_calls: [{ index: 1, function: { arguments: JSON.stringify(ARGS_B) } }] },
       { tool_calls: [{ index: 0, function: { arguments: '"/data/customers.csv"}' } }] }]
    : [{ role: "assistant", content: "" }, { reasoning_content: THOUGHT }, ...pieces(scenario).map((content) => ({ content }))];
  const events = deltas.map((d) => chunk(d));
  if (scenario === "midway") return { sse: sse([...events.slice(0, 3), { error: { type: "server_error", code: "overloaded", message: "m" } }]) };
  if (body.stream_options?.include_usage) events.push({ ...base, object: "chat.completion.chunk", choices: [], usage });
  return { sse: sse([...events, "[DONE]"]) };
}

export function openaiResponses(body, scenario) {
  const usage = { input_tokens: 57, input_tokens_details: { cached_tokens: 0 }, output_tokens: 41, output_tokens_details: { reasoning_tokens: 7 }, total_tokens: 98 };
  const reasoning = { id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text: THOUGHT }] };
  const fn = (n, id, name, args) => ({ id: `fc_${n}`, type: "function_call", status: "completed", call_id: id, name, arguments: JSON.stringify(args) });
  const output = scenario === "tools"
    ? [reasoning, fn(1, "call_a1", "read_file", ARGS_A), fn(2, "call_b2", "list_directory", ARGS_B), { id: "ws_1", type: "web_search_call", status: "completed", action: { type: "search", query: "canary" } }]
    : [reasoning, { id: "msg_1", type: "message", status: "completed", role: "assistant", content: [{ annotations: [], text: TEXT, type: "output_text" }] }];
  const response = { id: "resp_1", object: "response", created_at: 1790000000, status: "completed", model: `${body.model}-2026`, error: null, output, usage, parallel_tool_calls: true, tools: [] };
  if (!body.stream) return { json: response };
  const events = [{ type: "response.created", response: { ...response, status: "in_progress", output: [], usage: null } }];
  output.forEach((item, i) => {
    events.push({ type: "response.output_item.added", output_index: i, item: { ...item, ...(item.content ? { content: [] } : {}), ...(item.arguments ? { arguments: "" } : {}), ...(item.summary ? { summary: [] } : {}) } });
    if (item.type === "reasoning") events.push({ type: "response.reasoning_summary_text.delta", output_index: i, item_id: item.id, summary_index: 0, delta: THOUGHT });
    if (item.type === "message") PIECES.forEach((delta) => events.push({ type: "response.output_text.delta", output_index: i, content_index: 0, item_id: item.id, delta }));
    if (item.arguments) events.push({ type: "response.function_call_arguments.delta", output_index: i, item_id: item.id, delta: item.arguments.slice(0, 6) }, { type: "response.function_call_arguments.delta", output_index: i, item_id: item.id, delta: item.arguments.slice(6) });
    events.push({ type: "response.output_item.done", output_index: i, item });
  });
  events.push(scenario === "midway"
    ? { type: "response.failed", response: { ...response, status: "failed", error: { code: "server_error", message: "m" }, output: [] } }
    : { type: "response.completed", response });
  return { sse: sse(events.map((e, n) => ({ ...e, sequence_number: n })), true) };
}

function anthropic(body, scenario) {
  const usage = { input_tokens: 20, cache_creation_input_tokens: 30, cache_read_input_tokens: 7, output_tokens: 41 };
  const tools = [{ type: "tool_use", id: "toolu_a1", name: "read_file", input: ARGS_A }, { type: "tool_use", id: "toolu_b2", name: "list_directory", input: ARGS_B }];
  const content = [{ type: "thinking", thinking: THOUGHT, signature: "c2ln" }, ...(scenario === "tools" ? tools : [{ type: "text", text: TEXT }])];
  const message = { id: "msg_1", type: "message", role: "assistant", model: `${body.model ?? "claude"}-2026`, content, stop_reason: scenario === "tools" ? "tool_use" : "end_turn", stop_sequence: null, usage };
  if (!body.stream) return { json: message };
  const events = [{ type: "message_start", message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } }, { type: "ping" }];
  content.forEach((block, index) => {
    const start = { thinking: { type: "thinking", thinking: "", signature: "" }, text: { type: "text", text: "" }, tool_use: { ...block, input: {} } }[block.type];
    events.push({ type: "content_block_start", index, content_block: start });
    if (block.type === "thinking") events.push({ type: "content_block_delta", index, delta: { type: "thinking_delta", thinking: THOUGHT } }, { type: "content_block_delta", index, delta: { type: "signature_delta", signature: "c2ln" } });
    if (block.type === "text") pieces(scenario).forEach((text) => events.push({ type: "content_block_delta", index, delta: { type: "text_delta", text } }));
    if (block.type === "tool_use") { const j = JSON.stringify(block.input); [j.slice(0, 5), j.slice(5)].forEach((partial_json) => events.push({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json } })); }
    events.push({ type: "content_block_stop", index });
  });
  if (scenario === "midway") return { sse: sse([...events.slice(0, 5), { type: "error", error: { type: "overloaded_error", message: "m" } }], true) };
  events.push({ type: "message_delta", delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: { output_tokens: 41 } }, { type: "message_stop" });
  return { sse: sse(events, true) };
}

function awsMessage(headers, payload) {
  const encoded = Buffer.concat(Object.entries(headers).map(([k, v]) => { const n = Buffer.from(k), t = Buffer.from(v); const l = Buffer.alloc(2); l.writeUInt16BE(t.length); return Buffer.concat([Buffer.from([n.length]), n, Buffer.from([7]), l, t]); }));
  const total = 16 + encoded.length + payload.length;
  const prelude = Buffer.alloc(12); prelude.writeUInt32BE(total, 0); prelude.writeUInt32BE(encoded.length, 4); prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const all = Buffer.concat([prelude, encoded, payload]); const end = Buffer.alloc(4); end.writeUInt32BE(crc32(all)); return Buffer.concat([all, end]);
}
const awsEvent = (type, value) => awsMessage({ ":event-type": type, ":content-type": "application/json", ":message-type": "event" }, Buffer.from(JSON.stringify(value)));

function converse(body, scenario, stream) {
  const usage = { inputTokens: 50, outputTokens: 41, totalTokens: 98, cacheReadInputTokens: 7, cacheWriteInputTokens: 0 };
  const content = scenario === "tools"
    ? [{ toolUse: { toolUseId: "tu_a1", name: "read_file", input: ARGS_A } }, { toolUse: { toolUseId: "tu_b2", name: "list_directory", input: ARGS_B } }]
    : [{ reasoningContent: { reasoningText: { text: THOUGHT, signature: "c2ln" } } }, { text: TEXT }];
  if (!stream) return { json: { output: { message: { role: "assistant", content } }, stopReason: "end_turn", usage, metrics: { latencyMs: 5 } } };
  const out = [awsEvent("messageStart", { role: "assistant" })];
  content.forEach((block, contentBlockIndex) => {
    if (block.toolUse) {
      out.push(awsEvent("contentBlockStart", { contentBlockIndex, start: { toolUse: { toolUseId: block.toolUse.toolUseId, name: block.toolUse.name } } }));
      const j = JSON.stringify(block.toolUse.input);
      [j.slice(0, 4), j.slice(4)].forEach((input) => out.push(awsEvent("contentBlockDelta", { contentBlockIndex, delta: { toolUse: { input } } })));
    } else if (block.text) PIECES.forEach((text) => out.push(awsEvent("contentBlockDelta", { contentBlockIndex, delta: { text } })));
    else out.push(awsEvent("contentBlockDelta", { contentBlockIndex, delta: { reasoningContent: { text: THOUGHT } } }));
    out.push(awsEvent("contentBlockStop", { contentBlockIndex }));
  });
  if (scenario === "midway") out.push(awsMessage({ ":exception-type": "throttlingException", ":content-type": "application/json", ":message-type": "exception" }, Buffer.from('{"message":"m"}')));
  else out.push(awsEvent("messageStop", { stopReason: "end_turn" }), awsEvent("metadata", { usage, metrics: { latencyMs: 5 } }));
  return { aws: out };
}

function invoke(body, scenario, stream) {
  const whole = anthropic({ ...body, stream: false }, scenario).json;
  if (!stream) return { json: whole, headers: { "x-amzn-bedrock-input-token-count": "57", "x-amzn-bedrock-output-token-count": "41" } };
  const events = anthropic({ ...body, stream: true }, scenario).sse.map((e) => e.slice(e.indexOf("data: ") + 6).trim());
  return { aws: events.map((e) => awsEvent("chunk", { bytes: Buffer.from(e).toString("base64"), p: "abcdef" })) };
}

function gemini(body, scenario, path, query) {
  const model = /models\/([^:/]+)/.exec(path)[1];
  const usageMetadata = { promptTokenCount: 57, candidatesTokenCount: 30, thoughtsTokenCount: 11, totalTokenCount: 98 };
  const one = (parts, more) => ({ candidates: [{ content: { parts, role: "model" }, index: 0, ...more }], modelVersion: `${model}-2026`, responseId: "r1" });
  const calls = [{ functionCall: { id: "fc_a1", name: "read_file", args: ARGS_A } }, { functionCall: { id: "fc_b2", name: "list_directory", args: ARGS_B } }];
  const thought = { text: THOUGHT, thought: true };
  if (!path.includes(":stream")) return { json: { ...one(scenario === "tools" ? calls : [thought, { text: TEXT }], { finishReason: "STOP" }), usageMetadata } };
  const chunks = scenario === "tools" ? calls.map((c) => one([c])) : [one([thought]), ...PIECES.map((text) => one([{ text }]))];
  chunks[chunks.length - 1].usageMetadata = usageMetadata;
  if (query.includes("alt=sse")) return { sse: chunks.map((c) => `data: ${JSON.stringify(c)}\r\n\r\n`) };
  return { array: chunks };
}

function ollama(body, scenario, path) {
  const base = { model: body.model, created_at: "2026-11-24T00:00:00Z" };
  const end = { done: true, done_reason: "stop", prompt_eval_count: 57, eval_count: 41 };
  const chat = path.endsWith("/chat");
  const piece = (content) => (chat ? { message: { role: "assistant", content } } : { response: content });
  const tools = { message: { role: "assistant", content: "", tool_calls: [{ function: { name: "read_file", arguments: ARGS_A } }, { function: { name: "list_directory", arguments: ARGS_B } }] } };
  if (body.stream === false) return { json: { ...base, ...(scenario === "tools" ? tools : piece(TEXT)), ...end } };
  const lines = scenario === "tools" ? [tools] : PIECES.map(piece);
  return { lines: [...lines.map((l) => ({ ...base, ...l, done: false })), { ...base, ...piece(""), ...end }] };
}

function cohere(body, scenario) {
  const usage = { billed_units: { input_tokens: 20, output_tokens: 40 }, tokens: { input_tokens: 57, output_tokens: 41 } };
  const call = (id, name, args) => ({ id, type: "function", function: { name, arguments: args } });
  const message = scenario === "tools"
    ? { role: "assistant", tool_plan: THOUGHT, tool_calls: [call("co_a1", "read_file", JSON.stringify(ARGS_A)), call("co_b2", "list_directory", JSON.stringify(ARGS_B))] }
    : { role: "assistant", content: [{ type: "text", text: TEXT }] };
  if (!body.stream) return { json: { id: "c1", finish_reason: "COMPLETE", message, usage } };
  const events = [{ type: "message-start", id: "c1", delta: { message: { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] } } }];
  if (scenario === "tools") {
    events.push({ type: "tool-plan-delta", delta: { message: { tool_plan: THOUGHT } } });
    message.tool_calls.forEach((c, index) => {
      events.push({ type: "tool-call-start", index, delta: { message: { tool_calls: { ...c, function: { ...c.function, arguments: "" } } } } });
      events.push({ type: "tool-call-delta", index, delta: { message: { tool_calls: { function: { arguments: c.function.arguments } } } } });
      events.push({ type: "tool-call-end", index });
    });
  } else {
    events.push({ type: "content-start", index: 0, delta: { message: { content: { type: "text", text: "" } } } });
    PIECES.forEach((text) => events.push({ type: "content-delta", index: 0, delta: { message: { content: { text } } } }));
    events.push({ type: "content-end", index: 0 });
  }
  events.push({ type: "message-end", id: "c1", delta: { finish_reason: "COMPLETE", usage } });
  return { sse: sse(events, true) };
}

const ERRORS = {
  openai: { error: { message: "m", type: "invalid_request_error", code: "bad" } },
  anthropic: { type: "error", error: { type: "invalid_request_error", message: "m" } },
  gemini: { error: { code: 400, message: "m", status: "INVALID_ARGUMENT" } },
  aws: { message: "m" }, ollama: { error: "m" }, cohere: { message: "m" },
};

function answer(path, query, body) {
  const text = JSON.stringify(body);
  const scenario = /scenario-([a-z]+)/.exec(text)?.[1] ?? "plain";
  const error = (kind, headers) => (scenario === "error" ? { status: 400, json: ERRORS[kind], headers } : null);
  if (path.endsWith("/chat/completions")) return error("openai") ?? openaiChat(body, scenario);
  if (path.endsWith("/responses")) return error("openai") ?? openaiResponses(body, scenario);
  if (path.endsWith("/messages")) return error("anthropic") ?? anthropic(body, scenario);
  if (path.includes("/model/")) {
    const aws = error("aws", { "x-amzn-errortype": "ValidationException:http://internal.amazon.com/" });
    return aws ?? (path.includes("/converse") ? converse(body, scenario, path.endsWith("stream")) : invoke(body, scenario, path.endsWith("stream")));
  }
  if (path.includes("enerateContent")) return error("gemini") ?? gemini(body, scenario, path, query);
  if (path.includes("mbedContent")) return { json: { embeddings: [{ values: [0.1, 0.2] }] } };
  if (path === "/api/embed") return { json: { model: body.model, embeddings: [[0.1]], prompt_eval_count: 9 } };
  if (path.startsWith("/api/")) return error("ollama") ?? ollama(body, scenario, path);
  if (path.endsWith("/v2/chat")) return error("cohere") ?? cohere(body, scenario);
  if (path.endsWith("/embeddings")) return { json: { object: "list", data: [{ object: "embedding", index: 0, embedding: [0.1, 0.2] }], model: `${body.model}-2026`, usage: { prompt_tokens: 9, total_tokens: 9 } } };
  if (path.endsWith("/embed")) return { json: { id: "e1", embeddings: { float: [[0.1]] }, texts: body.texts, meta: { billed_units: { input_tokens: 9 } } } };
  if (path.endsWith("/rerank")) return { json: { id: "k1", results: [{ index: 0, relevance_score: 0.9 }], meta: { billed_units: { search_units: 1 } } } };
  return { status: 404, json: { error: "no such path" } };
}

/** Answers one request of either version of HTTP; {@code accept-encoding} is honoured in the order of its compression. */
const handle = (seen) => (request, response) => {
  const parts = [];
  request.on("data", (d) => parts.push(d));
  request.on("end", async () => {
    const [path, query = ""] = request.url.split("?");
    const body = JSON.parse(Buffer.concat(parts).toString() || "{}");
    const a = answer(decodeURIComponent(path), query, body);
    seen({ path: decodeURIComponent(path), scenario: /scenario-(\w+)/.exec(JSON.stringify(body))?.[1] ?? null, status: a.status ?? 200 });
    const headers = { ...(a.headers ?? {}) };
    const pause = () => new Promise((r) => setImmediate(() => setTimeout(r, 2)));
    const chunks = a.sse ?? a.aws ?? a.lines?.map((l) => JSON.stringify(l) + "\n") ?? a.array?.map((o, i) => (i === 0 ? "[" : ",\r\n") + JSON.stringify(o) + (i === a.array.length - 1 ? "]" : ""));
    headers["content-type"] = a.sse ? "text/event-stream" : a.aws ? "application/vnd.amazon.eventstream" : a.lines ? "application/x-ndjson" : "application/json";
    if (!chunks) {
      let json = Buffer.from(JSON.stringify(a.json));
      const accepted = request.headers["accept-encoding"] ?? "";
      for (const [name, code] of [["zstd", zlib.zstdCompressSync], ["br", zlib.brotliCompressSync], ["gzip", zlib.gzipSync]]) {
        if (code && accepted.includes(name)) { json = code(json); headers["content-encoding"] = name; break; }
      }
      headers["content-length"] = json.length;
      response.writeHead(a.status ?? 200, headers);
      response.end(json);
      return;
    }
    response.writeHead(200, headers);
    for (const chunk of chunks) { response.write(chunk); await pause(); }
    response.end();
  });
};

/** Listens on a free port of the loopback: HTTP/1.1, plain or over TLS, or HTTP/2 by prior knowledge. Tells what it is asked. */
export function listen(version, tls = null, seen = () => {}) {
  const answering = handle(seen);
  const server = version === 2 ? http2.createServer(answering) : tls ? https.createServer(tls, answering) : http.createServer(answering);
  return new Promise((r) => server.listen(0, "127.0.0.1", () => r({ port: server.address().port, close: () => server.close() })));
}
