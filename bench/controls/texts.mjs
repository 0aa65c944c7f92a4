// Control of text models: onnxruntime-node alone, one session, token ids ready, batches as they are given.
// Usage: node texts.mjs MODEL BATCHES.json THREADS. BATCHES.json: a list of batches, each a list of {"ids", "first"}: the token ids
// of a text and how many of them are of the first text of a pair.
// Prints {"ready", "outputs"} (the first text's output), then for each line `pass` on its standard input, which runs every batch once,
// {"texts", "wallMs", "cpuMs", "runMs"}.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [model, batchesFile, threads] = process.argv.slice(2);
const session = await InferenceSession.create(model, { intraOpNumThreads: Number(threads), interOpNumThreads: 1 });
const batches = JSON.parse(readFileSync(batchesFile, 'utf8')).map((texts) => ({ texts, length: longest(texts) }));
const [output] = session.outputNames;

const first = (await run({ texts: batches[0].texts.slice(0, 1), length: batches[0].texts[0].ids.length })).data;
console.log(JSON.stringify({ ready: true, outputs: Array.from(first) }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'pass') console.log(JSON.stringify(await pass()));
}

async function pass() {
  const usage = process.cpuUsage();
  const startedAt = performance.now();
  const runMs = [];
  let texts = 0;
  for (const batch of batches) {
    const beganAt = performance.now();
    await run(batch);
    runMs.push(performance.now() - beganAt);
    texts += batch.texts.length;
  }
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(usage);
  return { texts, wallMs, cpuMs: (user + system) / 1000, runMs };
}

async function run({ texts, length }) {
  const shape = [texts.length, length];
  const tensorOf = (valueAt) => {
    const data = new BigInt64Array(texts.length * length);
    // Ids fit into the low word, and the high word stays 0.
    const words = new Int32Array(data.buffer);
    texts.forEach(({ ids, first }, row) => {
      for (let index = 0; index < ids.length; index++) words[2 * (row * length + index)] = valueAt(ids, first, index);
    });
    return new Tensor('int64', data, shape);
  };
  const results = await session.run({
    input_ids: tensorOf((ids, _first, index) => ids[index]),
    attention_mask: tensorOf(() => 1),
    token_type_ids: tensorOf((_ids, first, index) => (index < first ? 0 : 1)),
  });
  return results[output];
}

function longest(texts) {
  return Math.max(...texts.map(({ ids }) => ids.length));
}
