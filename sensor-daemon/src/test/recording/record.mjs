// Records what the official clients send and get: `npm ci && node record.mjs [NAME…]` writes ../resources/…/transcripts.
import { spawn } from "node:child_process";
import { clients } from "./clients.mjs";
import { listen } from "./endpoint.mjs";
import { tap } from "./tap.mjs";
import * as mcp from "./mcp.mjs";
import * as socket from "./socket.mjs";
import * as geminiLive from "./gemini-live.mjs";

const folder = new URL("../resources/io/fourthlog/sensor/transcripts", import.meta.url).pathname;
const python = process.env.PYTHON ?? "python3";
const wanted = process.argv.slice(2);

async function record(name, server, run) {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  const endpoint = await server();
  const relay = await tap(endpoint.port, folder, name);
  await run(`http://127.0.0.1:${relay.port}`);
  console.log(name, relay.save());
  endpoint.close();
}

function script(file) {
  return (base) => new Promise((done, fail) => {
    spawn(python, [new URL(file, import.meta.url).pathname, base], { stdio: "inherit" }).on("exit", (code) => (code === 0 ? done() : fail(new Error(file))));
  });
}

for (const [name, run] of Object.entries(clients)) await record(name, () => listen(1), run);
await record("mcp-http", mcp.streamable, (base) => mcp.call(base, "http"));
await record("mcp-sse", mcp.sse, (base) => mcp.call(base, "sse"));
await record("websocket", socket.serve, socket.ask);
await record("gemini-live-node", geminiLive.serve, geminiLive.ask);
await record("gemini-live-python", geminiLive.serve, script("gemini_live.py"));
await record("python-http2", () => listen(2), script("http2.py"));
process.exit(0);
