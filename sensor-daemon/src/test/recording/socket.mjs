// OpenAI responses in WebSocket mode, compressed, between the ws package's client and server.
import http from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { openaiResponses } from "./endpoint.mjs";
import { QUESTION } from "./clients.mjs";

export function serve() {
  const server = http.createServer();
  new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } }).on("connection", (socket) => {
    socket.on("message", (data) => {
      const body = JSON.parse(data);
      const scenario = /scenario-([a-z]+)/.exec(body.input)[1];
      for (const event of openaiResponses({ ...body, stream: true }, scenario).sse) socket.send(event.slice(event.indexOf("data: ") + 6).trim());
    });
  });
  return new Promise((r) => server.listen(0, "127.0.0.1", () => r({ port: server.address().port, close: () => { server.closeAllConnections(); server.close(); } })));
}

export async function ask(base) {
  const socket = new WebSocket(`${base.replace("http", "ws")}/v1/responses`, { headers: { authorization: "Bearer sk-canary" } });
  await new Promise((r) => socket.once("open", r));
  for (const scenario of ["plain", "tools", "midway"]) {
    socket.send(JSON.stringify({ type: "response.create", model: "gpt-5-mini", instructions: "You help.", input: `${QUESTION} scenario-${scenario}` }));
    await new Promise((r) => socket.on("message", (data) => /"type":"response.(completed|failed)"/.test(data) && r()));
  }
  socket.close();
  await new Promise((r) => socket.once("close", r));
}
