import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excessReason, limitMemory, type MemoryDemand } from './memory-limit.js';

const GIB = 1_073_741_824;
const SERVER = { maxRssBytes: 0, memoryBytes: 64 * GIB };

const demand = (fields: Partial<MemoryDemand> = {}): MemoryDemand => ({
  ref: { name: 'm', version: 1 },
  ownLimitBytes: 0,
  neededBytes: GIB / 4,
  ...fields,
});

describe('the memory limit of a runner', () => {
  it('is 4 GiB for small models, or half of a memory of less than 8', () => {
    expect(limitMemory([demand()], SERVER)).toEqual({ bytes: 4 * GIB, source: 'default', estimate: 1.25 * GIB });
    expect(limitMemory([demand()], { ...SERVER, memoryBytes: 6 * GIB })).toMatchObject({ bytes: 3 * GIB });
  });

  it('is what the files need and a margin where that is more', () => {
    const large = demand({ neededBytes: 15 * GIB });
    expect(limitMemory([large], SERVER)).toEqual({ bytes: 16 * GIB, source: 'files', estimate: 16 * GIB });
  });

  it('is never more than the memory that there is', () => {
    const large = demand({ neededBytes: 15 * GIB });
    const limit = limitMemory([large], { ...SERVER, memoryBytes: 8 * GIB });
    expect(limit).toEqual({ bytes: 8 * GIB, source: 'machine', estimate: 16 * GIB });
  });

  it('is what the model says, or else the server, whatever the files need', () => {
    const large = demand({ neededBytes: 15 * GIB });
    expect(limitMemory([{ ...large, ownLimitBytes: GIB }], SERVER)).toMatchObject({ bytes: GIB, source: 'model' });
    const server = { ...SERVER, maxRssBytes: 2 * GIB };
    expect(limitMemory([large], server)).toMatchObject({ bytes: 2 * GIB, source: 'server' });
    expect(limitMemory([{ ...large, ownLimitBytes: GIB }], server)).toMatchObject({ bytes: GIB, source: 'model' });
  });

  it('adds up what models that share a runner need, with one margin', () => {
    const three = [demand({ neededBytes: 3 * GIB }), demand({ neededBytes: 2 * GIB }), demand({ neededBytes: GIB })];
    expect(limitMemory(three, SERVER)).toMatchObject({ bytes: 7 * GIB, source: 'files' });
  });

  it('adds the own limits of models that share a runner to what the others may use', () => {
    const models = [demand({ ownLimitBytes: GIB }), demand({ ownLimitBytes: 2 * GIB })];
    expect(limitMemory(models, SERVER)).toMatchObject({ bytes: 3 * GIB, source: 'model' });
    expect(limitMemory([...models, demand()], SERVER)).toMatchObject({ bytes: 7 * GIB, source: 'default' });
  });

  it('grows with every model, and is at least the default and at most the memory', () => {
    const bytes = fc.integer({ min: 0, max: 100 * GIB });
    const property = fc.property(fc.array(bytes, { minLength: 1 }), bytes, (needs, memoryBytes) => {
      const demands = needs.map((neededBytes) => demand({ neededBytes }));
      const server = { maxRssBytes: 0, memoryBytes };
      const limit = limitMemory(demands, server);
      expect(limit.bytes).toBeLessThanOrEqual(memoryBytes);
      expect(limit.bytes).toBeGreaterThanOrEqual(Math.min(4 * GIB, Math.floor(memoryBytes / 2)));
      expect(limitMemory([...demands, demand()], server).bytes).toBeGreaterThanOrEqual(limit.bytes);
    });
    fc.assert(property);
  });
});

describe('a runner that uses more than it may', () => {
  const reason = (demands: readonly MemoryDemand[], maxRssBytes = 0) =>
    String(excessReason(demands, limitMemory(demands, { ...SERVER, maxRssBytes }), 5 * GIB));

  it('is told with its model, the bytes, the limit and the setting that raises it', () => {
    expect(reason([demand()])).toBe(
      "model 'm/1' used 5120 MiB, limit 4096 MiB (the default); if that is not a leak, set limits.maxRssBytes of the model to 6710886400",
    );
    expect(reason([demand({ ownLimitBytes: GIB })])).toBe(
      "model 'm/1' used 5120 MiB, limit 1024 MiB (limits.maxRssBytes); if that is not a leak, set limits.maxRssBytes of the model to 6710886400",
    );
    expect(reason([demand()], 2 * GIB)).toBe(
      "model 'm/1' used 5120 MiB, limit 2048 MiB (runners.maxRssBytes); if that is not a leak, set limits.maxRssBytes of the model, or runners.maxRssBytes, to 6710886400",
    );
  });

  it('is told to have no less than what its files need', () => {
    expect(reason([demand({ ownLimitBytes: GIB, neededBytes: 9 * GIB })])).toContain(`to ${10 * GIB}`);
  });

  it('names none of several models, whose callers may not know of each other', () => {
    expect(reason([demand(), demand({ ref: { name: 'other', version: 1 } })])).toBe(
      '2 models in one runner used 5120 MiB, limit 4096 MiB (the default); if that is not a leak, set limits.maxRssBytes of the one that needs more to 6710886400',
    );
  });
});
