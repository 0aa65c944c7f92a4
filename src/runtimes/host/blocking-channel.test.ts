import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { BlockingChannel } from './blocking-channel.js';
import { FrameKind } from './frame.js';
import { decodeJsonFrame, encodeJsonFrame } from './json-frame.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-channel-'));
afterAll(() => rmSync(folder, { recursive: true }));

const opened: number[] = [];
afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd);
});

function open(file: string, flags: string | number): number {
  const fd = openSync(path.join(folder, file), flags);
  opened.push(fd);
  return fd;
}

function channelOver(stream: Uint8Array): BlockingChannel {
  writeFileSync(path.join(folder, 'stream'), stream);
  return new BlockingChannel(open('stream', 'r'), -1);
}

const json = (value: unknown) => encodeJsonFrame({ kind: FrameKind.load, modelKey: 1, ticket: 2 }, value);

test('reads frames one by one, small and large, until the end', () => {
  const values = [1, 'x'.repeat(100_000), [], 'y'.repeat(3_000_000), ...Array.from({ length: 20_000 }, (_, i) => i)];
  const channel = channelOver(Buffer.concat(values.map(json)));
  const read: unknown[] = [];
  for (let frame = channel.read(); frame !== undefined; frame = channel.read()) read.push(decodeJsonFrame(frame));
  expect(read).toEqual(values);
});

test('takes a frame that is cut off for the end', () => {
  const whole = json('some text that is long enough');
  const channel = channelOver(Buffer.concat([whole, whole.subarray(0, whole.length - 8)]));
  expect(channel.read()).toBeDefined();
  expect(channel.read()).toBeUndefined();
});

test('waits, without failing, where the pipe is not blocking', () => {
  const fifo = path.join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const channel = new BlockingChannel(open('fifo', constants.O_RDWR | constants.O_NONBLOCK), -1);
  const frame = Buffer.from(json('late')).toString('hex');
  const writer = `require('node:fs').writeFileSync(${JSON.stringify(fifo)}, Buffer.from('${frame}', 'hex'))`;
  spawn(process.execPath, ['-e', writer], { stdio: 'ignore' });
  const received = channel.read();
  expect(received === undefined ? undefined : decodeJsonFrame(received)).toBe('late');
});

test('writes the pieces of a frame in order', () => {
  const channel = new BlockingChannel(-1, open('out', 'w'));
  expect(channel.write([Buffer.from('one '), new Uint8Array(), Buffer.from('two')])).toBe(true);
  expect(readFileSync(path.join(folder, 'out'), 'utf8')).toBe('one two');
});

test('reports an error that is not the end of the other side', () => {
  expect(() => new BlockingChannel(open('stream', 'r'), opened[0] ?? -1).write([Buffer.from('x')])).toThrow('EBADF');
});
