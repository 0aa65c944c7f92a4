import { Socket } from 'node:net';
import type { Frame } from './frame.js';
import { FrameAssembler } from './frame-assembler.js';

export interface FrameStreamOptions {
  readonly fd: number;
  /** What was read from the descriptor already and not used. */
  readonly rest: Uint8Array;
  /** Takes each frame, which it may keep. */
  readonly onFrame: (frame: Frame) => void;
}

/** Reads frames from a pipe whenever some are there, without blocking the thread. Resolves once the other side has ended. */
export function streamFrames({ fd, rest, onFrame }: FrameStreamOptions): Promise<void> {
  return new Promise((resolve) => {
    const assembler = new FrameAssembler(onFrame);
    const socket = new Socket({ fd, readable: true, writable: false });
    // However it ends, nobody is left to tell.
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.on('data', (chunk: Buffer) => assembler.push(chunk));
    assembler.push(rest);
  });
}
