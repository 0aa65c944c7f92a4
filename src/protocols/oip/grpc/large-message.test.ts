import { describe, expect, it } from 'vitest';
import { protoBytes } from '../../../../test/support/grpc-messages.js';
import { isLargeMessage } from './decode-infer.js';

const BIG = 131_072;
const input = (fields: object) => ({ name: 'x', datatype: 'INT8', shape: ['1'], ...fields });
/** A field that nobody knows, of two bytes. */
const UNKNOWN = Buffer.from([0x78, 0]);

describe('a message of gRPC is decoded in the event loop', () => {
  it.each([
    ['where it is small', protoBytes('ModelInferRequest', { id: 'i' })],
    [
      'where nearly all of it is raw contents',
      protoBytes('ModelInferRequest', {
        inputs: [input({})],
        raw_input_contents: [Buffer.alloc(BIG + 1).toString('base64')],
      }),
    ],
    ['where it is malformed in its first fields', Buffer.alloc(BIG + 1, 0xff)],
  ])('%s', (_what, message) => {
    expect(isLargeMessage(message)).toBe(false);
  });
});

describe('a message of gRPC is decoded in a thread', () => {
  it.each([
    [
      'where it has many elements',
      protoBytes('ModelInferRequest', { inputs: [input({ contents: { int_contents: new Array(BIG).fill(1) } })] }),
    ],
    ['where it has many unknown fields', Buffer.concat(new Array(BIG / 2 + 1).fill(UNKNOWN))],
    ['where it has many empty raw contents', Buffer.concat(new Array(BIG / 2 + 1).fill(Buffer.from([0x3a, 0])))],
  ])('%s', (_what, message) => {
    expect(isLargeMessage(message)).toBe(true);
  });
});
