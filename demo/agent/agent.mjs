// An agent on the official SDKs: it asks a model, runs the tools that the model requests over MCP, and goes on until the model answers.
// It prints what it did, never what was said.
import { readFileSync } from "node:fs";
import OpenAI from "openai";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const { MODEL, PROMPT_FILE, API_KEY_FILE, ROUNDS = "1" } = process.env;

function why(error) {
  const causes = [];
  for (let cause = error; cause; cause = cause.cause) causes.push(cause.code ?? cause.message);
  return causes.join(": ");
}

async function answer(openai, tools, messages) {
  const stream = await openai.chat.completions.create({
    model: MODEL,
    messages,
    tools: tools.list,
    stream: true,
    stream_options: { include_usage: true },
  });
  const message = { role: "assistant", content: "", tool_calls: [] };
  for await (const chunk of stream) {
    const delta = chunk.choices[0]?.delta ?? {};
    message.content += delta.content ?? "";
    for (const part of delta.tool_calls ?? []) {
      const call = (message.tool_calls[part.index] ??= { id: part.id, type: "function", function: { name: "", arguments: "" } });
      call.function.name += part.function?.name ?? "";
      call.function.arguments += part.function?.arguments ?? "";
    }
  }
  if (message.tool_calls.length === 0) delete message.tool_calls;
  return message;
}

async function main(client) {
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [new URL("files.mjs", import.meta.url).pathname] }));
  const { tools } = await client.listTools();
  const list = tools.map(({ name, description, inputSchema }) => ({ type: "function", function: { name, description, parameters: inputSchema } }));
  const openai = new OpenAI({ apiKey: readFileSync(API_KEY_FILE, "utf8").trim(), maxRetries: 0 });

  for (let round = 1; round <= Number(ROUNDS); round++) {
    const messages = [{ role: "user", content: readFileSync(PROMPT_FILE, "utf8") }];
    for (;;) {
      const message = await answer(openai, { list }, messages);
      messages.push(message);
      if (!message.tool_calls) {
        console.log(`agent: ${MODEL} answered, ${message.content.length} characters`);
        break;
      }
      for (const call of message.tool_calls) {
        console.log(`agent: ${MODEL} requests ${call.function.name}`);
        const result = await client.callTool({ name: call.function.name, arguments: JSON.parse(call.function.arguments) });
        console.log(`agent: ${call.function.name} returned ${result.isError ? "an error" : `${result.content[0].text.length} characters`}`);
        messages.push({ role: "tool", tool_call_id: call.id, content: result.content[0].text });
      }
    }
  }
}

const client = new Client({ name: "support-agent", version: "1.0.0" });
try {
  await main(client);
} catch (error) {
  console.log(`agent: stopped: ${why(error)}`);
  process.exitCode = 1;
} finally {
  await client.close();
}
