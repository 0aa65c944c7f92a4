import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import POOLING from '../fixtures/toy-pooling/manifest.mjs';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { POOLING_MODELS } from '../support/pooling-models.js';

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(POOLING_MODELS, {}, { runtimes: [POOLING] });
});
afterAll(() => server[Symbol.asyncDispose]());

const texts = (...data: readonly string[]) => ({ name: 'text', datatype: 'BYTES', shape: [data.length], data });

async function outputs(model: string, request: object): Promise<readonly (readonly number[])[]> {
  const { status, body } = await server.infer(model, request);
  if (status !== 200) throw new Error(`${status} ${body.error}`);
  return body.outputs.map(({ data }: { readonly data: readonly number[] }) => data);
}

describe('models of a runtime from outside that read texts', () => {
  it('give each text the same vector, whatever is beside it', async () => {
    const [alone = [], count = []] = await outputs('toy-embed', { inputs: [texts('a mill')] });
    const [both = [], counts] = await outputs('toy-embed', { inputs: [texts('the river turns', 'a mill')] });
    expect(both.slice(4)).toEqual(alone);
    expect([count, counts]).toEqual([[4], [5, 4]]);
    expect(Math.hypot(...alone)).toBeCloseTo(1, 5);
  });

  it('refuse a text that is too long, or leave out one end of it', async () => {
    const long = { inputs: [texts('a b c d e f g')] };
    await expect(outputs('toy-embed', long)).rejects.toThrow('400 the text has 9 tokens, more than 8');
    const cut = await outputs('toy-embed', { ...long, parameters: { truncate: true } });
    expect(cut).toEqual(await outputs('toy-embed', { inputs: [texts('a b c d e f')] }));
    const left = await outputs('toy-embed', { ...long, parameters: { truncate: true, truncation_direction: 'left' } });
    expect(left).toEqual(await outputs('toy-embed', { inputs: [texts('b c d e f g')] }));
  });

  it('rank by the words of the query, and classify', async () => {
    const query = { ...texts('mill river'), name: 'query' };
    const [scores] = await outputs('toy-rank', {
      inputs: [query, texts('a mill', 'none', 'mill river')],
      parameters: { raw_scores: true },
    });
    expect(scores).toEqual([0.5, -0.5, 1.5]);
    const [classes = []] = await outputs('toy-classify', { inputs: [texts('a mill')] });
    expect(classes.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);
  });
});
