// A model's endpoint: 65 deltas for each request, no two answers alike, at the pace at which a model writes, or without pauses below /fast.
// model.mjs KEY CERTIFICATE; prints its port.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [key, cert] = process.argv.slice(2).map((file) => readFileSync(file));
const THINKS_MS = 200;
const DELTA_MS = 10;
const DELTAS = 65;
const event = (delta, reason) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;

let answers = 0;
const server = createServer({ key, cert }, (request, response) => {
  const answer = answers++;
  const pause = request.url.startsWith('/fast') ? (next) => setImmediate(next) : setTimeout;
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let sent = 0;
    const next = () => {
      if (sent++ < DELTAS) {
        response.write(event({ content: `${answer}.${sent} ` }, null));
        pause(next, DELTA_MS);
      } else {
        response.end(event({}, 'stop') + 'data: [DONE]\n\n');
      }
    };
    pause(next, THINKS_MS);
  });
});
server.keepAliveTimeout = 0; // a client that is kept from running for longer than that would find its connection closed
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
