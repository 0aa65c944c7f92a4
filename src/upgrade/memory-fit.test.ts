import { expect, it } from 'vitest';
import { memoryRefusal } from './memory-fit.js';

const MIB = 1_048_576;

it('a second server fits where as much is available as the first one holds', () => {
  expect(memoryRefusal({ heldBytes: 100 * MIB, availableBytes: 100 * MIB })).toBeUndefined();
});

it('where less is available the figures are in the refusal', () => {
  expect(memoryRefusal({ heldBytes: 100 * MIB, availableBytes: 99.5 * MIB - 1 })).toBe(
    'the models do not fit into memory twice: this server and its runners hold 100 MiB, and 99 MiB are available; restart the server instead',
  );
});
