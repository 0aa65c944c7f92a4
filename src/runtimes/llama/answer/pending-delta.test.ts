import { expect, it } from 'vitest';
import { LogprobReports } from '../sampling/logprob-reports.js';
import { PendingDelta } from './pending-delta.js';

const PROMPT = Int32Array.of(1, 2);
const WEIGHTS = { pieceOf: () => Uint8Array.of(97) };

function create(echo = '', logprobs?: number) {
  const reports = new LogprobReports(
    { logprobs, promptLogprobs: undefined },
    { prompt: PROMPT, text: '', weights: WEIGHTS },
  );
  return { delta: new PendingDelta({ tokens: PROMPT, echo }, reports), reports };
}

it('sends the echoed prompt before the first piece only, and not alone', () => {
  const { delta } = create('Hi ');
  expect(delta.hasText).toBe(false);
  delta.note({ content: 'there', reasoning: '', calls: [] });
  expect(delta.hasText).toBe(true);
  expect(delta.take()).toEqual({ text: 'Hi there' });
  expect(delta.take()).toEqual({ text: '' });
});

it('keeps tokens until their text is sent, and sends those of the prompt once', () => {
  const { delta } = create();
  delta.noteToken(5);
  expect(delta.hasText).toBe(false);
  delta.noteToken(6);
  delta.note({ content: 'é', reasoning: '', calls: [] });
  expect(delta.take()).toEqual({ text: 'é', tokenIds: [5, 6], promptTokenIds: [1, 2] });
  delta.noteToken(7);
  delta.note({ content: '', reasoning: 'hm', calls: [{ index: 0, arguments: '{}' }] });
  expect(delta.take()).toEqual({
    text: '',
    tokenIds: [7],
    reasoning: 'hm',
    toolCalls: [{ index: 0, arguments: '{}' }],
  });
});

it('sends the log probabilities of tokens as they were before the logits changed', () => {
  const { delta, reports } = create('', 1);
  const logits = Float32Array.of(0, 0);
  reports.prepare(logits);
  logits[1] = Number.NEGATIVE_INFINITY;
  reports.note(1);
  const half = { token: 'a', bytes: [97], logprob: -Math.LN2 };
  expect(delta.take()).toEqual({ text: '', logprobs: [{ ...half, id: 1, topLogprobs: [{ ...half, id: 0 }] }] });
  expect(delta.take()).toEqual({ text: '' });
});
