/**
 * Time that metering takes of one request, in process: an inference and its HTTP exchange, of one principal and of 10,000; the best of nine
 * runs of 200,000. Usage: node bench/micro/metering.mjs
 */
import { compileSource } from '../../scripts/compile-source.mjs';

const { UsageMeter } = await import(await compileSource('service/usage/usage-meter'));
const { UsageBook } = await import(await compileSource('metering/usage-book'));
const { PriceList } = await import(await compileSource('metering/prices'));
const { Call } = await import(await compileSource('core/call'));

const REQUESTS = 200_000;
const RUNS = 9;
/** Requests between two writes, at 20,000 a second. */
const WRITTEN_EVERY = 10_000;

const ref = { name: 'fraud', version: 3, generation: 7 };
const prices = new PriceList([{ models: ['fraud*'], perRequest: 0.001 }], 'USD');

function callsOf(principals) {
  return Array.from({ length: 10_000 }, (_, index) => {
    const principal = { name: `caller-${index % principals}`, groups: principals === 1 ? [] : ['a', 'b'] };
    const call = new Call({ requestId: 'r', principal, trace: undefined, deadlineAt: Infinity, receivedAt: 0 });
    call.timing.answeredBy = ref;
    call.timing.computeInferMs = 1.25;
    call.timing.batchRows = 4;
    return call;
  });
}

/** µs a request of counting, and of taking what is to be written. */
function measure(name, calls) {
  const book = new UsageBook({ prices, maxSeriesPerHour: 20_000, maxPending: 100_000 });
  const meter = new UsageMeter(book, { wallNow: () => Date.now() });
  const best = { counting: Number.POSITIVE_INFINITY, taking: Number.POSITIVE_INFINITY };
  for (let run = 0; run < RUNS; run++) {
    let takingMs = 0;
    const startedAt = performance.now();
    for (let index = 0; index < REQUESTS; index++) {
      const call = calls[index % 10_000];
      meter.inferFinished({ call, ref, error: undefined, rows: 1 });
      meter.exchangeFinished({ call, requestBytes: 300, responseBytes: 200 });
      if (index % WRITTEN_EVERY > 0) continue;
      const takenAt = performance.now();
      while (book.pending > 0) book.take(1_000);
      takingMs += performance.now() - takenAt;
    }
    best.counting = Math.min(best.counting, performance.now() - startedAt - takingMs);
    best.taking = Math.min(best.taking, takingMs);
  }
  const [counting, taking] = [best.counting, best.taking].map((ms) => ((ms * 1_000) / REQUESTS).toFixed(2));
  console.log(`${name.padEnd(20)} counting ${counting} µs, taking what is written ${taking} µs a request`);
}

measure('1 principal', callsOf(1));
measure('10,000 principals', callsOf(10_000));
