// A scripted endpoint that speaks every model API the sensor reads, and two MCP transports: it answers what the scenario in
// the request's first user text asks for ("plain", "tools", "loop", "error", "midway", "long"), with texts that tests look for. In a
// "loop" it asks for two tools, and answers with text when their results come.
import http from "node:http";
import http2 from "node:http2";
import zlib from "node:zlib";
import { crc32 } from "node:zlib";
import { asked, results } from "./witness.mjs";

export const TEXT = "The first customer is Canary Answer, reachable at answer.canary@example.org; naïve “quotes” and 😀 follow.";
const PIECES = [TEXT.slice(0, 23), TEXT.slice(23, 60), TEXT.slice(60)];
const LONG = Array.from({ length: 200 }, (_, i) => ["The ", "total of ", "March is ", `${i * 31} `, "before tax, ", "as the file says. "][i % 6]);
const pieces = (scenario) => (scenario === "long" ? LONG : PIECES);
const THOUGHT = "The file must be read first.";
const ARGS_A = { path: "/data/customers.csv" };
const ARGS_B = { path: "/data" };
const PROMPT_TOKENS = 57;
const OUTPUT_TOKENS = 41;
/** Tools for files that agents bring along, and how they are called. */
const OWN = { Read: (file) => ({ file_path: file }), exec_command: (file) => ({ cmd: `cat ${file}` }), shell: (file) => ({ command: ["cat", file] }) };
let rounds = 0;

/** The calls that a scenario asks for, with the ids of an API; in a loop, of tools as the client names them and of a file that is there. */
function calls(body, scenario, prefix) {
  if (scenario !== "tools" && scenario !== "loop") return null;
  const file = /reading (\/[\w\/.-]+)/.exec(JSON.stringify(body))?.[1];
  const offered = (body.tools ?? []).map((tool) => tool.name ?? tool.function?.name);
  const named = (name) => offered.find((each) => each?.endsWith(name)) ?? name;
  const round = scenario === "loop" ? (rounds += 1) : 1; // ids are of one conversation only
  const own = offered.find((name) => OWN[name]);
  if (own && file) return [{ id: `${prefix}_a${round}`, name: own, args: OWN[own](file) }];
  const [a, b] = file ? [{ path: file }, { path: file.slice(0, file.lastIndexOf("/")) }] : [ARGS_A, ARGS_B];
  return [{ id: `${prefix}_a${round}`, name: named("read_file"), args: a }, { id: `${prefix}_b${round + 1}`, name: named("list_directory"), args: b }];
}

/** What was answered, whatever the API writes it as: for the test to compare. */
const said = (model, asks, scenario, counted = true) => ({
  model, text: asks ? "" : pieces(scenario).join(""), thinking: THOUGHT,
  calls: (asks ?? []).map(({ id, name, args }) => ({ id, name, arguments: JSON.stringify(args) })),
  prompt_tokens: counted ? PROMPT_TOKENS : null, output_tokens: counted ? OUTPUT_TOKENS : null,
});

const sse = (events, named) => events.map((e) => (named ? `event: ${e.type}\n` : "") + `data: ${typeof e === "string" ? e : JSON.stringify(e)}\n\n`);

function openaiChat(body, scenario) {
  const base = { id: "chatcmpl-1", created: 1790000000, model: `${body.model}-2026` };
  const usage = { prompt_tokens: PROMPT_TOKENS, completion_tokens: OUTPUT_TOKENS, total_tokens: PROMPT_TOKENS + OUTPUT_TOKENS };
  const asks = calls(body, scenario, "call");
  const call = (index, args) => ({ index, id: asks[index].id, type: "function", function: { name: asks[index].name, arguments: args } });
  const more = (index, args) => ({ tool_calls: [{ index, function: { arguments: args } }] });
  const whole = (index) => JSON.stringify(asks[index].args);
  if (!body.stream) {
    const message = asks
      ? { role: "assistant", content: null, reasoning_content: THOUGHT, tool_calls: asks.map((each, index) => call(index, JSON.stringify(each.args))) }
      : { role: "assistant", content: TEXT, reasoning_content: THOUGHT };
    return { json: { ...base, object: "chat.completion", choices: [{ index: 0, message, finish_reason: asks ? "tool_calls" : "stop" }], usage }, said: said(base.model, asks, scenario) };
  }
  const chunk = (delta, finish_reason = null) => ({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] });
  const second = asks?.length > 1 ? [{ tool_calls: [call(1, "")] }, more(1, whole(1))] : [];
  const rest = asks && more(0, whole(0).slice(8));
  const deltas = asks
    ? [{ role: "assistant", reasoning_content: THOUGHT }, { tool_calls: [call(0, "")] }, more(0, whole(0).slice(0, 8)),
       ...(scenario === "loop" ? [rest, ...second] : [...second, rest])] // mixed, which not every client can read
    : [{ role: "assistant", content: "" }, { reasoning_content: THOUGHT }, ...pieces(scenario).map((content) => ({ content }))];
  const events = deltas.map((d) => chunk(d));
  if (scenario === "midway") return { sse: sse([...events.slice(0, 3), { error: { type: "server_error", code: "overloaded", message: "m" } }]) };
  events.push(chunk({}, asks ? "tool_calls" : "stop"));
  const counted = body.stream_options?.include_usage === true;
  if (counted) events.push({ ...base, object: "chat.completion.chunk", choices: [], usage });
  return { sse: sse([...events, "[DONE]"]), said: said(base.model, asks, scenario, counted) };
}

export function openaiResponses(body, scenario) {
  const asks = calls(body, scenario, "call");
  const usage = { input_tokens: PROMPT_TOKENS, input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 }, output_tokens: OUTPUT_TOKENS, output_tokens_details: { reasoning_tokens: 7 }, total_tokens: 98 };
  const reasoning = { id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text: THOUGHT }] };
  const search = scenario === "tools" ? [{ id: "ws_1", type: "web_search_call", status: "completed", action: { type: "search", query: "canary" } }] : [];
  const output = asks
    ? [reasoning, ...asks.map(({ id, name, args }, n) => ({ id: `fc_${n + 1}`, type: "function_call", status: "completed", call_id: id, name, arguments: JSON.stringify(args) })), ...search]
    : [reasoning, { id: "msg_1", type: "message", status: "completed", role: "assistant", content: [{ annotations: [], text: TEXT, type: "output_text" }] }];
  const response = { id: "resp_1", object: "response", created_at: 1790000000, status: "completed", model: `${body.model}-2026`, error: null, output, usage, parallel_tool_calls: true, tools: [] };
  const saying = said(response.model, search.length === 0 ? asks : [...asks, { id: "ws_1", name: "web_search", args: search[0].action }], scenario);
  if (!body.stream) return { json: response, said: saying };
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
  return { sse: sse(events.map((e, n) => ({ ...e, sequence_number: n })), true), said: scenario === "midway" ? undefined : saying };
}

function anthropic(body, scenario) {
  const usage = { input_tokens: 20, cache_creation_input_tokens: 30, cache_read_input_tokens: 7, output_tokens: OUTPUT_TOKENS };
  const asks = calls(body, scenario, "toolu");
  const tools = asks?.map(({ id, name, args }) => ({ type: "tool_use", id, name, input: args }));
  const content = [{ type: "thinking", thinking: THOUGHT, signature: "c2ln" }, ...(tools ?? [{ type: "text", text: TEXT }])];
  const message = { id: "msg_1", type: "message", role: "assistant", model: `${body.model ?? "claude"}-2026`, content, stop_reason: asks ? "tool_use" : "end_turn", stop_sequence: null, usage };
  const saying = said(message.model, asks, scenario);
  if (!body.stream) return { json: message, said: saying };
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
  events.push({ type: "message_delta", delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: { output_tokens: OUTPUT_TOKENS } }, { type: "message_stop" });
  return { sse: sse(events, true), said: saying };
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
  const wanted = /scenario-([a-z]+)/.exec(text)?.[1] ?? "plain";
  const scenario = wanted === "loop" && results(asked(path, body)).length > 0 ? "plain" : wanted;
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
    seen({
      path: decodeURIComponent(path), scenario: /scenario-(\w+)/.exec(JSON.stringify(body))?.[1] ?? null, status: a.status ?? 200, http: request.httpVersion,
      host: request.headers[":authority"] ?? request.headers.host, credential: request.headers["x-api-key"] ?? request.headers.authorization?.replace("Bearer ", "") ?? null,
      asked: asked(path, body), said: a.said ?? null,
    });
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

/** Listens on a free port of the loopback: HTTP/1.1, or over TLS whichever is negotiated, or HTTP/2 by prior knowledge. Tells what it is asked. */
export function listen(version, tls = null, seen = () => {}) {
  const answering = handle(seen);
  const server = version === 2 ? http2.createServer(answering) : tls ? http2.createSecureServer({ ...tls, allowHTTP1: true }, answering) : http.createServer(answering);
  return new Promise((r) => server.listen(0, "127.0.0.1", () => r({ port: server.address().port, close: () => server.close() })));
}
