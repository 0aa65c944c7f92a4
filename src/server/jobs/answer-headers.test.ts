import { expect, it } from 'vitest';
import { answerHeaders } from './answer-headers.js';

it('keeps headers of an answer that say what it is', () => {
  const about = ['content-length', '3', 'server-timing', 'x', 'x-request-id', 'r'];
  const headers = ['content-type', 'application/json', ...about, 'x-millrace-model', 'm/1'];
  expect(answerHeaders(headers)).toEqual({ 'content-type': 'application/json', 'x-millrace-model': 'm/1' });
});
