import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** What SIGHUP asks of a server: to read its files again, or to stop, as its terminal is gone. */
export type HangupAction = 'reload' | 'drain';

/** What a process finds at its start. Once a terminal is gone, it cannot be seen that there was one. */
export interface HangupFacts {
  readonly platform: NodeJS.Platform;
  /** There is a controlling terminal, which sends SIGHUP when it is closed. */
  readonly hasTerminal: boolean;
  /** Standard input, output or error leads to a terminal or another process. */
  readonly isAttached: boolean;
}

/**
 * `drain` where a terminal is closed. Not where all three streams are files, as under nohup: it has SIGHUP ignored, but Node.js forgets that
 * before any JavaScript runs. On Windows, SIGHUP always means that the console is closed.
 */
export function hangupAction({ platform, hasTerminal, isAttached }: HangupFacts): HangupAction {
  if (platform === 'win32') return 'drain';
  return hasTerminal && isAttached ? 'drain' : 'reload';
}

/** Of this process. */
export function readHangupFacts(): HangupFacts {
  return { platform: process.platform, hasTerminal: hasControllingTerminal(), isAttached: [0, 1, 2].some(isAttached) };
}

/** /dev/tty is the controlling terminal; opening it fails where there is none. */
function hasControllingTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

function isAttached(descriptor: number): boolean {
  if (isatty(descriptor)) return true;
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
