// Rows for the model `mlp`, one JSON object a line: node make-rows.mjs COUNT. Every 1,000th row is wrong on purpose.
const count = Number(process.argv[2] ?? 10_000);
for (let id = 0; id < count; id++) {
  const x = Array.from({ length: 16 }, (_, at) => ((id * 31 + at * 7) % 100) / 100);
  process.stdout.write(`${JSON.stringify({ id, x: id % 1_000 === 999 ? 'missing' : x })}\n`);
}
