// As `tls ask`, from Node's own client: ask.mjs PORT BYTES SECONDS; prints requests a second, ns of CPU for each, requests.
import { Agent, request } from 'node:https';

const [port, bytes, seconds] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
const prose = 'The report of the northern branch lists forty orders, and none of them is late. ';
const frame = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: '' }] });
const body = frame.replace('""', `"${prose.repeat(bytes / prose.length + 1).slice(0, bytes - frame.length - 160)}"`); // 160: the head

function ask() {
  return new Promise((resolve, reject) => {
    const call = request({ port, host: '127.0.0.1', agent, method: 'POST', path: '/v1/chat/completions', headers: { host: 'api.openai.com', 'content-type': 'application/json', 'Content-Length': Buffer.byteLength(body) } }, (answer) => {
      answer.resume().on('end', resolve);
    });
    call.on('error', reject).end(body);
  });
}

async function run(milliseconds) {
  let count = 0;
  for (const end = performance.now() + milliseconds; performance.now() < end; count++) await ask();
  return count;
}

await run(1000); // its own code is compiled
const [begin, cpu] = [performance.now(), process.cpuUsage()];
const count = await run(seconds * 1000);
const taken = process.cpuUsage(cpu);
console.log(((1000 * count) / (performance.now() - begin)).toFixed(1), Math.round((1000 * (taken.user + taken.system)) / count), count);
process.exit(0);
