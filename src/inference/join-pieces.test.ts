import { expect, it } from 'vitest';
import { NO_TIMING } from '../../test/support/no-timing.js';
import { type InferResponse, MillraceError, type Parameters, packBytes } from '../core/index.js';
import { joinPieces } from './join-pieces.js';

const REF = { name: 'm', version: 1, generation: 1 };

function piece(text: string, parameters: Parameters = {}): InferResponse {
  const data = packBytes([Buffer.from(text)]);
  return { ref: REF, id: '', outputs: [{ name: 'text_output', datatype: 'BYTES', shape: [1], data }], parameters };
}

async function join(pieces: readonly InferResponse[]): Promise<InferResponse> {
  const responses = (async function* () {
    yield* pieces;
  })();
  return (await joinPieces({ kind: 'many', timing: NO_TIMING, responses })).response;
}

it('joins texts and lists, and keeps the last of other parameters', async () => {
  const response = await join([
    piece('In ', { token_ids: [1, 2], seed: 3, mixed: [1] }),
    piece('the', { token_ids: [], seed: 4, mixed: 5 }),
    piece(' end', { token_ids: [6], mixed: [7] }),
  ]);
  expect(response).toEqual(piece('In the end', { token_ids: [1, 2, 6], seed: 4, mixed: [7] }));
});

it('leaves the pieces as they are', async () => {
  const first = piece('a', { token_ids: [1] });
  await join([first, piece('b', { token_ids: [2] })]);
  expect(first.parameters).toEqual({ token_ids: [1] });
});

it('joins the pieces of a long answer', async () => {
  const count = 120_000;
  const { parameters } = await join(Array.from({ length: count }, (_, id) => piece('a', { token_ids: [id] })));
  expect(parameters.token_ids).toHaveLength(count);
});

it('rejects with the first error', async () => {
  const error = new MillraceError('internal', 'broken');
  await expect(join([piece('a'), { ...piece('b'), error }])).rejects.toBe(error);
});
