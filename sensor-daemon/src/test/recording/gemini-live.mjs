// Gemini's Live API, as Google and Vertex speak it, between the official clients and a scripted endpoint, which sends its JSON in binary
// messages as Google's does.
import http from "node:http";
import { GoogleGenAI, Modality } from "@google/genai";
import { WebSocketServer } from "ws";
import { TEXT } from "./endpoint.mjs";
import { QUESTION } from "./clients.mjs";

const PIECES = [TEXT.slice(0, 23), TEXT.slice(23, 60), TEXT.slice(60)];
const CALLS = [{ id: "fc_a1", name: "read_file", args: { path: "/data/customers.csv" } }, { id: "fc_b2", name: "list_directory", args: { path: "/data" } }];

export function serve() {
  const server = http.createServer();
  new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket, request) => {
    const vertex = request.url.includes("google.cloud.aiplatform");
    const say = (message) => socket.send(Buffer.from(JSON.stringify(message)));
    const content = (serverContent, more) => say({ serverContent, ...more });
    const counts = { usageMetadata: { promptTokenCount: 50, toolUsePromptTokenCount: 7, cachedContentTokenCount: 5, [vertex ? "candidatesTokenCount" : "responseTokenCount"]: 30, thoughtsTokenCount: 11, totalTokenCount: 98 } };
    let open = false;
    let waits = 0;
    const complete = () => { content({ generationComplete: true }); content({ turnComplete: true }, counts); say({ sessionResumptionUpdate: { newHandle: "h1", resumable: true } }); };
    const plain = () => {
      content({ modelTurn: { role: "model", parts: [{ text: "The file must be read first.", thought: true }] } });
      for (const text of PIECES) content({ modelTurn: { role: "model", parts: [{ text }] } });
      complete();
    };
    const spoken = () => {
      content({ inputTranscription: { text: "Who is our " } });
      content({ inputTranscription: { text: "first customer?" } });
      content({ modelTurn: { parts: [{ inlineData: { mimeType: "audio/pcm;rate=24000", data: Buffer.alloc(300, 7).toString("base64") } }] } });
      for (const text of PIECES) content({ outputTranscription: { text } });
      content({ inputTranscription: { text: " prompt.canary@example.com", finished: true } });
      complete();
    };
    const asked = (text) => {
      if (open) { content({ interrupted: true }); content({ turnComplete: true }, counts); open = false; }
      const scenario = /scenario-([a-z]+)/.exec(text)?.[1];
      if (scenario === "tools") { say({ toolCall: { functionCalls: CALLS }, ...counts }); waits = CALLS.length; }
      else if (scenario === "long") { open = true; content({ modelTurn: { parts: [{ text: PIECES[0] }] } }); }
      else plain();
    };
    socket.on("message", (data) => {
      const m = JSON.parse(data);
      const input = m.clientContent ?? m.client_content;
      const realtime = m.realtimeInput ?? m.realtime_input;
      const results = m.toolResponse ?? m.tool_response;
      if (m.setup) say({ setupComplete: { sessionId: "s1" } });
      if (input?.turnComplete ?? input?.turn_complete) asked(JSON.stringify(input.turns));
      if (realtime?.text) asked(realtime.text);
      if (realtime?.activityEnd ?? realtime?.activity_end ?? realtime?.audioStreamEnd ?? realtime?.audio_stream_end) spoken();
      if (results) { waits -= (results.functionResponses ?? results.function_responses).length; if (waits === 0) plain(); }
    });
  });
  return new Promise((r) => server.listen(0, "127.0.0.1", () => r({ port: server.address().port, close: () => { server.closeAllConnections(); server.close(); } })));
}

export async function ask(base) {
  const client = new GoogleGenAI({ apiKey: "canary", httpOptions: { baseUrl: base } });
  const messages = [];
  let wake = () => {};
  const session = await client.live.connect({
    model: "gemini-live-2.5-flash-preview",
    config: { responseModalities: [Modality.TEXT], systemInstruction: "You help.", tools: [{ functionDeclarations: CALLS.map(({ name }) => ({ name })) }], inputAudioTranscription: {}, outputAudioTranscription: {}, sessionResumption: {} },
    callbacks: { onmessage: (m) => { messages.push(m); wake(); }, onerror: (e) => { throw e.error ?? e; } },
  });
  const until = async (what) => { for (;;) { const at = messages.findIndex(what); if (at >= 0) return messages.splice(0, at + 1).at(-1); await new Promise((r) => { wake = r; }); } };
  const turn = () => until((m) => m.serverContent?.turnComplete);
  const question = (scenario) => `${QUESTION} scenario-${scenario}`;
  session.sendClientContent({ turns: question("plain") });
  await turn();
  session.sendClientContent({ turns: question("tools") });
  const { toolCall } = await until((m) => m.toolCall);
  for (const call of toolCall.functionCalls) session.sendToolResponse({ functionResponses: [{ id: call.id, name: call.name, response: { output: "name,email" } }] });
  await turn();
  session.sendRealtimeInput({ audio: { mimeType: "audio/pcm;rate=16000", data: Buffer.alloc(300, 3).toString("base64") } });
  session.sendRealtimeInput({ audioStreamEnd: true });
  await turn();
  session.sendRealtimeInput({ text: question("long") });
  await until((m) => m.serverContent?.modelTurn);
  session.sendRealtimeInput({ text: question("plain") });
  await turn();
  await turn();
  session.sendClientContent({ turns: [{ role: "user", parts: [{ text: "and now" }] }], turnComplete: false });
  session.sendClientContent({ turns: [{ role: "user", parts: [{ text: question("plain") }] }] });
  await turn();
  session.close();
  await new Promise((r) => setImmediate(r));
}
