// A model endpoint that answers from a script, in the wire format of the chat completions API, streamed.
// A prompt that names a file gets a request for the tool read_file; a tool's result gets an answer that quotes it.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const { PORT = "8443", TLS_CERT, TLS_KEY, ANSWER_FILE } = process.env;

function script(messages) {
  const last = messages.at(-1);
  if (last.role === "tool") {
    const address = /[\w.]+@[\w.]+/.exec(last.content)?.[0] ?? "nobody";
    return { text: `${readFileSync(ANSWER_FILE, "utf8").trim()} The first case belongs to ${address}.` };
  }
  const path = /(?<= )\/[\w./-]*\w/.exec(last.content)?.[0];
  return path ? { tool: "read_file", parameters: JSON.stringify({ path }) } : { text: "There is nothing to read in that." };
}

const tokens = (text) => Math.ceil(text.length / 4);
const pieces = (text, size) => text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];

function* deltas({ text, tool, parameters }) {
  yield { role: "assistant", content: tool ? null : "" };
  if (tool) {
    yield { tool_calls: [{ index: 0, id: `call_${Date.now().toString(36)}`, type: "function", function: { name: tool, arguments: "" } }] };
    for (const piece of pieces(parameters, 7)) yield { tool_calls: [{ index: 0, function: { arguments: piece } }] };
  } else {
    for (const piece of pieces(text, 5)) yield { content: piece };
  }
}

createServer({ cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) }, async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
    response.writeHead(404, { "content-type": "application/json" });
    return response.end('{"error":{"message":"no such path","type":"invalid_request_error","code":null,"param":null}}');
  }
  const { model, messages, stream_options: options } = JSON.parse(body);
  const reply = script(messages);
  const head = { id: `chatcmpl-${Date.now().toString(36)}`, object: "chat.completion.chunk", created: Math.floor(Date.now() / 1000), model };
  const send = (data) => response.write(`data: ${typeof data === "string" ? data : JSON.stringify({ ...head, ...data })}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream", connection: "close" });
  for (const delta of deltas(reply)) {
    send({ choices: [{ index: 0, delta, finish_reason: null }], usage: null });
    await new Promise(setImmediate);
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: reply.tool ? "tool_calls" : "stop" }], usage: null });
  if (options?.include_usage) {
    const prompt_tokens = tokens(body);
    const completion_tokens = tokens(reply.text ?? reply.parameters);
    send({ choices: [], usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens } });
  }
  send("[DONE]");
  response.end();
}).listen(Number(PORT), () => console.log(`model: listening on ${PORT}`));
