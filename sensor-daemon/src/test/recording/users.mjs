// Users of agent.mjs: `node users.mjs PORT TRACE…` asks one question for each trace, all at once, when the agent is there.
const [port, ...traces] = process.argv.slice(2);
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
const post = (path, headers, body) => fetch(`https://127.0.0.1:${port}${path}`, { method: "POST", headers, body });
const question = (trace, i) => post("/chat", { authorization: `Bearer user-canary-${i}`, "content-type": "application/json",
  traceparent: `00-${trace}-b7ad6b7169203331-01` }, JSON.stringify({ language: "english", message: `plain: who is it${"?".repeat(i + 1)}` }));
const wait = () => new Promise((done) => setTimeout(done, 50));
for (let there = false; !there; ) there = await fetch(`https://127.0.0.1:${port}/`, { method: "OPTIONS" }).then(() => true, wait);
await Promise.all(traces.map((trace, i) => question(trace, i).then((answer) => answer.text())));
await post("/end", {}, "").catch(() => {});
