// What each official client is made to ask: the same scenarios, streamed and not, through the client's own API.
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { Ollama } from "ollama";
import { CohereClientV2 } from "cohere-ai";
import * as bedrock from "@aws-sdk/client-bedrock-runtime";
import http from "node:http";

export const QUESTION = "Who is our first customer? prompt.canary@example.com";
const ask = (scenario) => `${QUESTION} scenario-${scenario}`;
const drain = async (stream) => { try { for await (const _ of stream); } catch (e) { if (process.env.VERBOSE) console.error(e.message); } };
const fails = async (call) => { try { await call(); } catch (e) { if (process.env.VERBOSE) console.error(e.message); } };
const history = (m) => [m, { role: "assistant", content: null, tool_calls: [{ id: "call_a1", type: "function", function: { name: "read_file", arguments: "{}" } }] }, { role: "tool", tool_call_id: "call_a1", content: "name,email" }];

/** Text as agents send it: the same every time, neither random nor one line over and over. */
const WORDS = "the file reads a list of orders and returns what customer paid for each of them in March before tax was added to total amount by region code error when handler fails retry with backoff then log it".split(" ");
function prose(bytes, seed) {
  let text = "";
  for (let i = seed; text.length < bytes; i++) text += WORDS[(i * 7919 + ((i * i) % 97)) % WORDS.length] + (i % 11 === 0 ? ".\n" : i % 17 === 0 ? ` (${i * 37}) ` : " ");
  return text;
}

/** An agent in the middle of its work: a long instruction, many tools, a history of calls and results; answers of 200 pieces. */
const TOOLS = Array.from({ length: 20 }, (_, i) => ({ name: `tool_${i}`, description: prose(400, i), parameters: { type: "object", properties: { path: { type: "string", description: prose(80, i) }, limit: { type: "integer" } }, required: ["path"] } }));

export const clients = {
  async long(base) {
    const o = new OpenAI({ baseURL: `${base}/v1`, apiKey: "sk-canary", maxRetries: 0 });
    const a = new Anthropic({ baseURL: base, apiKey: "sk-ant-canary", maxRetries: 0 });
    const turns = Array.from({ length: 8 }, (_, i) => i);
    const openai = turns.flatMap((i) => [{ role: "assistant", content: prose(300, i), tool_calls: [{ id: `call_${i}`, type: "function", function: { name: "tool_1", arguments: JSON.stringify({ path: `/src/${i}.java` }) } }] }, { role: "tool", tool_call_id: `call_${i}`, content: prose(3000, i + 50) }]);
    await drain(await o.chat.completions.create({ model: "gpt-4o", stream: true, stream_options: { include_usage: true }, tools: TOOLS.map((f) => ({ type: "function", function: f })), messages: [{ role: "system", content: prose(8000, 3) }, { role: "user", content: ask("long") }, ...openai] }));
    const anthropic = turns.flatMap((i) => [{ role: "assistant", content: [{ type: "text", text: prose(300, i) }, { type: "tool_use", id: `toolu_${i}`, name: "tool_1", input: { path: `/src/${i}.java` } }] }, { role: "user", content: [{ type: "tool_result", tool_use_id: `toolu_${i}`, content: [{ type: "text", text: prose(3000, i + 50) }] }] }]);
    await drain(await a.messages.create({ model: "claude-sonnet-4-5", max_tokens: 100, stream: true, system: prose(8000, 3), tools: TOOLS.map(({ parameters, ...t }) => ({ ...t, input_schema: parameters })), messages: [{ role: "user", content: ask("long") }, ...anthropic] }));
  },
  async "openai-chat"(base) {
    const c = new OpenAI({ baseURL: `${base}/v1`, apiKey: "sk-canary", maxRetries: 0 });
    const q = (scenario, more) => ({ model: "gpt-4o-mini", messages: [{ role: "system", content: "You help." }, { role: "user", content: ask(scenario) }], ...more });
    await c.chat.completions.create(q("plain"));
    await drain(await c.chat.completions.create(q("plain", { stream: true, stream_options: { include_usage: true } })));
    await c.chat.completions.create(q("tools"));
    await drain(await c.chat.completions.create(q("tools", { stream: true })));
    await c.chat.completions.create({ ...q("plain"), messages: history({ role: "user", content: [{ type: "text", text: ask("plain") }] }) });
    await fails(() => c.chat.completions.create(q("error")));
    await drain(await c.chat.completions.create(q("midway", { stream: true })));
    await c.embeddings.create({ model: "text-embedding-3-small", input: [QUESTION, "second"], encoding_format: "float" });
  },
  async "openai-responses"(base) {
    const c = new OpenAI({ baseURL: `${base}/v1`, apiKey: "sk-canary", maxRetries: 0 });
    const q = (scenario, more) => ({ model: "gpt-5-mini", instructions: "You help.", input: ask(scenario), ...more });
    await c.responses.create(q("plain"));
    await drain(await c.responses.create(q("plain", { stream: true })));
    await c.responses.create(q("tools"));
    await drain(await c.responses.create(q("tools", { stream: true })));
    await c.responses.create({ ...q("plain"), input: [{ role: "user", content: [{ type: "input_text", text: ask("plain") }] }, { type: "function_call", call_id: "call_a1", name: "read_file", arguments: "{}" }, { type: "function_call_output", call_id: "call_a1", output: "name,email" }] });
    await fails(() => c.responses.create(q("error")));
    await drain(await c.responses.create(q("midway", { stream: true })));
  },
  async "anthropic-messages"(base) {
    const c = new Anthropic({ baseURL: base, apiKey: "sk-ant-canary", maxRetries: 0 });
    const q = (scenario, more) => ({ model: "claude-sonnet-4-5", max_tokens: 100, system: [{ type: "text", text: "You help.", cache_control: { type: "ephemeral" } }], messages: [{ role: "user", content: ask(scenario) }], ...more });
    await c.messages.create(q("plain"));
    await drain(await c.messages.create(q("plain", { stream: true })));
    await c.messages.create(q("tools"));
    await drain(await c.messages.create(q("tools", { stream: true })));
    await c.messages.create({ ...q("plain"), messages: [{ role: "user", content: ask("plain") }, { role: "assistant", content: [{ type: "tool_use", id: "toolu_a1", name: "read_file", input: {} }] }, { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_a1", content: [{ type: "text", text: "name,email" }] }] }] });
    await fails(() => c.messages.create(q("error")));
    await drain(await c.messages.create(q("midway", { stream: true })));
  },
  async "bedrock-converse"(base) {
    const c = client(base);
    const q = (scenario, more) => ({ modelId: "amazon.nova-lite-v1:0", system: [{ text: "You help." }], messages: [{ role: "user", content: [{ text: ask(scenario) }] }], ...more });
    await c.send(new bedrock.ConverseCommand(q("plain")));
    await drain((await c.send(new bedrock.ConverseStreamCommand(q("plain")))).stream);
    await c.send(new bedrock.ConverseCommand(q("tools")));
    await drain((await c.send(new bedrock.ConverseStreamCommand(q("tools")))).stream);
    await c.send(new bedrock.ConverseCommand({ ...q("plain"), messages: [{ role: "user", content: [{ text: ask("plain") }] }, { role: "assistant", content: [{ toolUse: { toolUseId: "tu_a1", name: "read_file", input: {} } }] }, { role: "user", content: [{ toolResult: { toolUseId: "tu_a1", content: [{ text: "name,email" }] } }] }] }));
    await fails(() => c.send(new bedrock.ConverseCommand(q("error"))));
    await drain((await c.send(new bedrock.ConverseStreamCommand(q("midway")))).stream);
  },
  async "bedrock-invoke"(base) {
    const c = client(base);
    const q = (scenario) => ({ modelId: "anthropic.claude-3-haiku-20240307-v1:0", contentType: "application/json", body: JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens: 100, messages: [{ role: "user", content: ask(scenario) }] }) });
    await c.send(new bedrock.InvokeModelCommand(q("plain")));
    await drain((await c.send(new bedrock.InvokeModelWithResponseStreamCommand(q("plain")))).body);
    await c.send(new bedrock.InvokeModelCommand(q("tools")));
    await drain((await c.send(new bedrock.InvokeModelWithResponseStreamCommand(q("tools")))).body);
  },
  async gemini(base) {
    const c = new GoogleGenAI({ apiKey: "canary", httpOptions: { baseUrl: base } });
    const q = (scenario) => ({ model: "gemini-2.5-flash", contents: ask(scenario), config: { systemInstruction: "You help." } });
    await c.models.generateContent(q("plain"));
    await drain(await c.models.generateContentStream(q("plain")));
    await c.models.generateContent(q("tools"));
    await drain(await c.models.generateContentStream(q("tools")));
    await c.models.generateContent({ ...q("plain"), contents: [{ role: "user", parts: [{ text: ask("plain") }] }, { role: "model", parts: [{ functionCall: { id: "fc_a1", name: "read_file", args: {} } }] }, { role: "user", parts: [{ functionResponse: { id: "fc_a1", name: "read_file", response: { output: "name,email" } } }] }] });
    await fails(() => c.models.generateContent(q("error")));
    await c.models.embedContent({ model: "gemini-embedding-001", contents: [QUESTION] });
  },
  async ollama(base) {
    const c = new Ollama({ host: base });
    const q = (scenario, stream) => ({ model: "llama3.2", stream, messages: [{ role: "system", content: "You help." }, { role: "user", content: ask(scenario) }] });
    await c.chat(q("plain", false));
    await drain(await c.chat(q("plain", true)));
    await c.chat(q("tools", false));
    await drain(await c.chat(q("tools", true)));
    await drain(await c.generate({ model: "llama3.2", system: "You help.", prompt: ask("plain"), stream: true }));
    await fails(() => c.chat(q("error", false)));
    await c.embed({ model: "nomic-embed-text", input: QUESTION });
  },
  async cohere(base) {
    const c = new CohereClientV2({ environment: base, token: "canary", maxRetries: 0 });
    const q = (scenario) => ({ model: "command-a-03-2025", messages: [{ role: "system", content: "You help." }, { role: "user", content: ask(scenario) }] });
    const o = { maxRetries: 0 };
    await c.chat(q("plain"), o);
    await drain(await c.chatStream(q("plain"), o));
    await c.chat(q("tools"), o);
    await drain(await c.chatStream(q("tools"), o));
    await fails(() => c.chat(q("error"), o));
    await c.embed({ model: "embed-v4.0", inputType: "search_query", embeddingTypes: ["float"], texts: [QUESTION] }, o);
    await c.rerank({ model: "rerank-v3.5", query: QUESTION, documents: ["one", "two"] }, o);
  },
};

function client(base) {
  const { NodeHttpHandler } = handlers;
  return new bedrock.BedrockRuntimeClient({ endpoint: base, region: "us-east-1", maxAttempts: 1, credentials: { accessKeyId: "AKIACANARY", secretAccessKey: "canary" }, requestHandler: new NodeHttpHandler({ httpAgent: new http.Agent({ keepAlive: true, maxSockets: 1 }) }) });
}
const handlers = await import("@smithy/node-http-handler");
