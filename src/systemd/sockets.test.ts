import { expect, it } from 'vitest';
import { readSocketAddress } from './sockets.js';

const bytes = (...parts: readonly (number | string)[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part)])));

it.each([
  ['IPv4', bytes(2, 0, 0x1f, 0x40, 127, 0, 0, 1, 0, 0), { kind: 'port', host: '127.0.0.1', port: 8000 }],
  [
    'IPv6',
    bytes(10, 0, 0x1f, 0x40, ...Array(20).fill(0), ...Array(4).fill(0)),
    { kind: 'port', host: '::', port: 8000 },
  ],
  ['a path', bytes(1, 0, '/run/m.sock', 0), { kind: 'socket', path: '/run/m.sock' }],
  ['an abstract name', bytes(1, 0, 0, 'millrace'), { kind: 'socket', path: '@millrace' }],
  ['no name', bytes(1, 0), { kind: 'socket', path: '' }],
  ['another family', bytes(16, 0, 0, 0), undefined],
])('readSocketAddress reads an address of %s', (_, address, place) => {
  expect(readSocketAddress(address)).toEqual(place);
});
