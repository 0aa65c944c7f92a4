import type { Events } from '../../src/core/index.js';
import type { FakeClock } from '../support/fake-clock.js';
import type { CompressionWatch } from './compression-watch.js';
import { PlayedConnection } from './connection.js';
import { ends, resets, type Script, type Step } from './script.js';
import type { Acceptance, StageServer } from './stages.js';

/** What a server makes of a connection, without what differs from time to time. */
export interface Transcript {
  /** All that it has sent; each character is one byte. */
  readonly received: string;
  /** How the server ended the connection, and whether by itself. */
  readonly ending: string;
  /** What it tells of every request. */
  readonly requests: readonly string[];
  /** What it tells the log. */
  readonly log: readonly string[];
}

/** What looks at this process as a whole. */
export interface Watches {
  readonly acceptance: Acceptance;
  readonly compression: CompressionWatch;
}

/** Turns of the event loop without any progress after which there will be none, and the same while bytes are on their way. */
const QUIET_TURNS = 4;
const UNREAD_TURNS = 40;
const MAX_TURNS = 20_000;
/** As long as the fast path waits for the rest of a request. */
const PATIENCE_MS = 100;
/** The longest that a server waits for a client that is gone. */
const LAST_SECONDS = 4;
const HUNG = 'hangs';
/** Says nothing to a client that has ended: whether it is still there, and that the connection ends. */
export const MOOT =
  /HTTP\/1\.1 100 Continue\r\n\r\n|[Cc]onnection: close\r\n|Connection: keep-alive\r\nKeep-Alive: timeout=\d+\r\n/g;

/** A connection that was played. */
export interface Played {
  readonly transcript: Transcript;
  /** Where Node's parser has got bytes as events; undefined = nowhere. */
  readonly handover: Handover | undefined;
}

export interface Handover {
  /** The step; those behind the last are the closing ones. */
  readonly step: number;
  /** How many bytes were sent before. */
  readonly from: number;
}

export interface Players {
  readonly clock: FakeClock;
  readonly servers: readonly StageServer[];
  /** Those whose parser gets bytes as events. */
  readonly byEvents: StageServer;
}

/** What closes every connection: all answers, time for what the fast path still waits for. */
export const CLOSING_STEPS: readonly Step[] = [{ answer: 'all' }, { passMs: PATIENCE_MS }];

/** Plays a script with servers, step by step, none of which is ahead of the others. */
export async function play(
  script: Script,
  { clock, servers, byEvents }: Players,
  watches: Watches,
): Promise<readonly Played[]> {
  const connections = await Promise.all(servers.map((server) => PlayedConnection.open(server, watches.acceptance)));
  for (const connection of connections) if (connection.server === byEvents) connection.readByEvents();
  const settle = () => settled(connections, clock, watches.compression);
  const handovers: (Handover | undefined)[] = connections.map(() => undefined);
  // A TLS server still has to finish its handshake.
  if (script.stage === 'tls') await settle();
  for (const [step, what] of [...script.steps, ...CLOSING_STEPS].entries()) {
    if ('passMs' in what) await clock.advance(what.passMs);
    else for (const connection of connections) connection.act(what);
    await settle();
    connections.forEach(({ replayedFrom }, index) => {
      if (replayedFrom !== undefined) handovers[index] ??= { step, from: replayedFrom };
    });
  }
  const hasLeft = ends(script) || resets(script);
  const endedFirst = connections.map(({ ending }) => !hasLeft && ending !== undefined);
  for (const connection of connections) connection.finish();
  await settle();
  for (let second = 0; second < LAST_SECONDS && connections.some(({ isGone }) => !isGone); second++) {
    await clock.advance(1_000);
    await settle();
  }
  return connections.map((connection, index) => {
    const transcript = conclude(connection, endedFirst[index] as boolean);
    const received = hasLeft ? transcript.received.replace(MOOT, '') : transcript.received;
    return { transcript: { ...transcript, received }, handover: handovers[index] };
  });
}

/** Resolves when the servers have done all that they can do for now. */
async function settled(
  connections: readonly PlayedConnection[],
  clock: FakeClock,
  compression: CompressionWatch,
): Promise<void> {
  let quietTurns = 0;
  let before = -1;
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    // No time passes by that.
    if (clock.hasDeferred) await clock.flush();
    let progress = 0;
    for (const connection of connections) progress += connection.progress;
    quietTurns = progress === before && compression.open === 0 ? quietTurns + 1 : 0;
    before = progress;
    if (quietTurns >= QUIET_TURNS) {
      if (quietTurns >= UNREAD_TURNS || connections.every(({ isBalanced }) => isBalanced)) return;
    }
    await new Promise(setImmediate);
  }
}

function conclude(connection: PlayedConnection, endedFirst: boolean): Transcript {
  const { server, received, isGone, ending = 'end' } = connection;
  if (!isGone) connection.destroy();
  const { service, finished, diagnostics } = server;
  service.startAgain();
  service.calls.length = 0;
  return {
    received: withoutTimes(received),
    ending: isGone ? `${ending}${endedFirst ? ' before the client' : ''}` : HUNG,
    requests: finished.splice(0).map(describe),
    log: diagnostics.splice(0).map(({ level, message }) => `${level}: ${message}`),
  };
}

export function hangs({ ending }: Transcript): boolean {
  return ending === HUNG;
}

const MADE_ID = /[0-9a-f]{12}-[0-9a-z]+/;

function withoutTimes(received: string): string {
  return received
    .replace(/(\r\nDate: )[^\r]*/g, '$1*')
    .replace(new RegExp(`(\r\nx-request-id: )${MADE_ID.source}(?=\r)`, 'g'), '$1*')
    .replace(/\r\nserver-timing: [^\r]*/g, (line) => line.replace(/dur=[\d.]+/g, 'dur=*'));
}

function describe(event: Events['httpFinished']): string {
  const { method, route, path, status, requestBytes, responseBytes, call, error } = event;
  const id = call.requestId.replace(MADE_ID, '*');
  // How much had come when it failed depends on when that was.
  const outcome = error === undefined ? `${requestBytes} bytes in` : `${error.code}: ${error.message}`;
  return `${id} of ${call.principal.name}: ${method} ${path} (${route}): ${status}, ${responseBytes} bytes out, ${outcome}`;
}
