// Streamed chat completions with the official client, some at a time, no two prompts alike: agent.mjs FOLDER_WITH_OPENAI BASE_URL COUNT AT_A_TIME
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, baseURL, count, atATime] = process.argv.slice(2);
const { OpenAI } = createRequire(join(folder, 'package.json'))('openai');
const client = new OpenAI({ apiKey: 'sk-bench', baseURL, maxRetries: 0 });
const report = 'The report of the northern branch lists forty orders, and none of them is late. '.repeat(52);
let left = Number(count);

async function agent() {
  while (left-- > 0) {
    const prompt = `Report ${randomUUID()}: ${report}`.slice(0, 4096);
    const stream = await client.chat.completions.create({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: prompt }] });
    let deltas = 0;
    for await (const chunk of stream) deltas += chunk.choices.length;
    if (deltas !== 66) throw new Error(`an answer of ${deltas} deltas`);
  }
}

await Promise.all(Array.from({ length: Number(atATime) }, agent));
