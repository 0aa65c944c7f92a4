// Control B: onnxruntime alone, in process, one thread, one run after the other on the same rows.
// Usage: node onnx.mjs MODEL INPUT.f32 ROWS MILLISECONDS. INPUT.f32 holds ROWS rows of raw floats.
// Prints {"rows","wallMs","cpuMs","outputs"}; MILLISECONDS 0 runs once, for the outputs.
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [model, inputFile, rowsText, millisecondsText] = process.argv.slice(2);
const rows = Number(rowsText);
const milliseconds = Number(millisecondsText);
const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const bytes = readFileSync(inputFile);
const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const name = session.inputNames[0];
// The first dimension counts rows; the others are fixed in these models.
const shape = [rows, ...session.inputMetadata[0].shape.slice(1)];
const feeds = { [name]: new Tensor('float32', data, shape) };
const first = await session.run(feeds);
const outputs = Array.from(first[session.outputNames[0]].data);

for (let warm = 0; warm < 20 && milliseconds > 0; warm++) await session.run(feeds);
const usage = process.cpuUsage();
const startedAt = performance.now();
let runs = 0;
while (performance.now() - startedAt < milliseconds) {
  await session.run(feeds);
  runs++;
}
const wallMs = performance.now() - startedAt;
const used = process.cpuUsage(usage);
console.log(JSON.stringify({ rows: runs * rows, wallMs, cpuMs: (used.user + used.system) / 1000, outputs }));
