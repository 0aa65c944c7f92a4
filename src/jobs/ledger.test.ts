import { expect, it } from 'vitest';
import { JOB_BYTES, Ledger } from './ledger.js';
import type { JobsOptions } from './options.js';

// Only the bounds are read.
const OPTIONS = {
  maxOpenPerPrincipal: 2,
  maxBytesPerPrincipal: 3 * JOB_BYTES + 100,
  maxBytes: 4 * JOB_BYTES + 150,
} as JobsOptions;

it('bounds the jobs that an owner has open, the bytes of each owner and of all', () => {
  const ledger = new Ledger(OPTIONS);
  ledger.take('a', 10);
  ledger.take('a', 10);
  expect(() => ledger.take('a', 10)).toThrow(
    'the job cannot be stored: the caller has 2 jobs that have not ended (jobs.maxOpenPerPrincipal)',
  );
  ledger.changed('a', { open: -1 });
  expect(() => ledger.take('a', 81)).toThrow(
    'the job cannot be stored: the jobs of the caller hold 8212 of 12388 bytes (jobs.maxBytesPerPrincipal)',
  );
  ledger.take('b', 90);
  expect(() => ledger.take('c', 41)).toThrow(
    'the job cannot be stored: all jobs hold 12398 of 16534 bytes (jobs.maxBytes)',
  );
  expect(ledger.bytes).toBe(3 * JOB_BYTES + 110);
});

it('counts jobs that have ended as long as they are stored, and their answers', () => {
  const ledger = new Ledger(OPTIONS);
  for (let index = 0; index < 3; index++) {
    ledger.take('a', 10);
    ledger.changed('a', { open: -1, answerBytes: 20 });
  }
  expect(() => ledger.take('a', 0)).toThrow('jobs.maxBytesPerPrincipal');
  expect([ledger.fits('a', 10), ledger.fits('a', 11)]).toEqual([true, false]);
  ledger.removed({ owner: 'a', requestBytes: 10, answerBytes: 20 });
  ledger.take('a', 0);
});

it('says when to try again', () => {
  const ledger = new Ledger({ ...OPTIONS, maxOpenPerPrincipal: 0 });
  expect(() => ledger.take('a', 1)).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterMs: 30_000 }));
});

it('forgets owners that hold nothing', () => {
  const ledger = new Ledger(OPTIONS);
  ledger.load([{ owner: 'a', open: 0, jobs: 1, bytes: 10 }]);
  ledger.removed({ owner: 'a', requestBytes: 10, answerBytes: 0 });
  expect(ledger.bytes).toBe(0);
  ledger.take('a', 100);
  ledger.giveBack('a', 100);
  expect(ledger.bytes).toBe(0);
});
