import { expect, it } from 'vitest';
import { requestIdOf, resultLine } from './line-result.js';

const line = (body: string | Uint8Array, type = 'application/json', status = 200) => {
  const answer = { status, headers: { 'content-type': type }, body: Buffer.from(body) };
  const { bytes, isError } = resultLine({
    customId: 'a"b',
    requestId: 'batch_req_1',
    outcome: { kind: 'answered', answer, usage: undefined },
  });
  const text = Buffer.from(bytes).toString();
  expect(text.indexOf('\n')).toBe(text.length - 1);
  return { isError, text, json: JSON.parse(text) };
};

it('an answer in JSON is in the line as it is, but for the ends of its lines', () => {
  const { text, isError } = line('{\n"a": 12345678901234567890}\r\n');
  expect(isError).toBe(false);
  expect(text).toBe(
    '{"id":"batch_req_1","custom_id":"a\\"b","response":{"status_code":200,"request_id":"batch_req_1","body":{ "a": 12345678901234567890}  },"error":null}\n',
  );
});

it.each([
  ['text/plain; charset=utf-8', 'a\nb', 'a\nb'],
  ['application/problem+json', '{"a":1}', { a: 1 }],
  ['application/json', '', null],
])('an answer of the type %s is JSON in the line', (type, body, expected) => {
  expect(line(body, type).json.response.body).toEqual(expected);
});

it('an answer that is no text is an error', () => {
  expect(line(Buffer.from([0, 1]), 'application/octet-stream')).toMatchObject({
    isError: true,
    json: {
      response: null,
      error: {
        code: 'unsupported_answer',
        message: "The answer is no text: expected JSON, got 'application/octet-stream'.",
      },
    },
  });
});

it('an answer with a status of 400 or more is an error with its answer', () => {
  expect(line('{}', 'application/json', 404)).toMatchObject({
    isError: true,
    json: { response: { status_code: 404 }, error: null },
  });
});

it('the id of a request is the same whenever it runs, and another one for each request', () => {
  expect(requestIdOf('batch_1', 1)).toBe(requestIdOf('batch_1', 1));
  expect(new Set([requestIdOf('batch_1', 1), requestIdOf('batch_1', 11), requestIdOf('batch_11', 1)]).size).toBe(3);
});
