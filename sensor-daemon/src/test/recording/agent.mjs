// An agent that is asked over HTTPS: `node agent.mjs ENDPOINT PORT FOLDER TOGETHER`. It asks the model when so many requests are there at
// once, with what they say in the middle of a longer question, and ends with a request for `/end`.
import { readFileSync } from "node:fs";
import https from "node:https";
import OpenAI from "openai";

const [endpoint, port, folder, together] = process.argv.slice(2);
const model = new OpenAI({ apiKey: "sk-canary", baseURL: `${endpoint}/v1` });
let allThere;
const all = new Promise((resolve) => { allThere = resolve; });
let waiting = 0;
const tls = { key: readFileSync(`${folder}/key.pem`), cert: readFileSync(`${folder}/certificate.pem`) };
https.createServer(tls, async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  if (request.method === "OPTIONS") return response.end();
  if (request.url === "/end") process.exit(0);
  if (++waiting === Number(together)) allThere();
  await all;
  const content = `Answer the question. Question: ${JSON.parse(body).message} Answer:`;
  const answer = await model.chat.completions.create({ model: "m", messages: [{ role: "user", content }] });
  response.end(answer.choices[0].message.content);
}).listen(Number(port), "127.0.0.1");
