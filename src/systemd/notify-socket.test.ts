import { expect, it } from 'vitest';
import { openNotifySocket, writeSocketAddress } from './notify-socket.js';

it('an address ends with a zero where it is a path, and begins with one where it is abstract', () => {
  expect([...writeSocketAddress('/run')]).toEqual([1, 0, ...Buffer.from('/run'), 0]);
  expect([...writeSocketAddress('@run')]).toEqual([1, 0, 0, ...Buffer.from('run')]);
});

it.each(['vsock:2:1234', '@', '/', `/${'a'.repeat(107)}`])('the address %s is refused', (address) => {
  expect(() => writeSocketAddress(address)).toThrow(
    `environment variable NOTIFY_SOCKET: expected a path, or @ and a name, of 2 to 107 bytes, got '${address}'`,
  );
});

it('a service that no service manager started has no socket to notify', async () => {
  expect(await openNotifySocket({})).toBeUndefined();
  expect(await openNotifySocket({ NOTIFY_SOCKET: '' })).toBeUndefined();
});
