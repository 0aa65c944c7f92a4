/**
 * Sends payments of all sizes and hours to `fraud`, and prints each second which versions have answered.
 * Usage: node load.mjs [payments a second; default 200]. MILLRACE_URL is the server's address. Ctrl-C ends it.
 */
const url = `${process.env.MILLRACE_URL ?? 'http://localhost:8000'}/v2/models/fraud/infer`;
const perSecond = Number(process.argv[2] ?? 200);
/** Payments at a time go out so often. */
const TICK_MS = 50;

const tensor = (name) => ({ name, datatype: 'FP32', shape: [1], data: [Math.random()] });
let answered = new Map();

async function pay() {
  const body = JSON.stringify({ inputs: [tensor('share'), tensor('time')] });
  const response = await fetch(url, { method: 'POST', body }).catch(() => undefined);
  const version = response?.headers.get('x-millrace-model') ?? 'nobody';
  const outcome = response?.ok ? version : `${version} failed`;
  answered.set(outcome, (answered.get(outcome) ?? 0) + 1);
  await response?.arrayBuffer().catch(() => undefined);
}

let due = 0;
setInterval(() => {
  for (due += (perSecond * TICK_MS) / 1000; due >= 1; due--) void pay();
}, TICK_MS);

setInterval(() => {
  const outcomes = [...answered].sort(([one], [other]) => one.localeCompare(other));
  console.log(outcomes.map(([outcome, count]) => `${outcome}: ${count}`).join('   ') || 'no answers');
  answered = new Map();
}, 1000);
