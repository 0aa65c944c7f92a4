import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type Clock, type EventBus, type Message, msg, within } from '../../core/index.js';
import { TELEMETRY_DECLINED } from '../onnx/telemetry.js';
import { saysOutOfMemory } from '../out-of-memory.js';
import { type RunnerDeath, RunnerDiedError } from '../runner-died.js';
import type { BodyArena } from './body-arena.js';
import { type Frame, FrameKind, PROTOCOL_VERSION } from './frame.js';
import { FrameAssembler } from './frame-assembler.js';
import { FrameSegment } from './frame-segment.js';
import { type Diagnostic, decodeJsonFrame, encodeJsonFrame, type Fatal, type Hello } from './json-frame.js';
import { ModelListeners } from './model-listeners.js';
import { forwardLines } from './output-lines.js';
import { haveBegun, PendingReplies, type PendingReply } from './pending-replies.js';
import { killGroup } from './process-group.js';
import type { Environment } from './runner-environment.js';
import { describeExit, type RunnerEnd, watchExit } from './runner-exit.js';

export interface RunnerSettings {
  /** Shown in `ps`, logs and metrics. */
  readonly label: string;
  /** The same for messages: of which model it is, where it is for one alone. */
  readonly mention: Message;
  /** JavaScript file to run. */
  readonly entry: string;
  readonly environment: Environment;
  /** From 0 to 19. */
  readonly niceness: number;
  /** Which it may read; undefined = none. */
  readonly bodies: BodyArena | undefined;
  readonly closeTimeoutMs: number;
  readonly events: EventBus;
  readonly clock: Clock;
}

/** One runner process, seen from the server: frames out, answers back by ticket, its end noticed. */
export class RunnerProcess {
  readonly label: string;
  readonly pid: number;
  /** Settles with the reason once the process is gone and everything it had written was read. */
  readonly exited: Promise<string | Message>;
  /** Takes calls and statistics of its models. */
  readonly models = new ModelListeners((pieces) => this.notify(pieces));
  readonly #settings: RunnerSettings;
  readonly #child: ChildProcess;
  readonly #input: Writable | undefined;
  readonly #segment = FrameSegment.open();
  readonly #replies = new PendingReplies((ticket) => this.#segment?.release(ticket));
  readonly #startedAt: number;
  #greeted = false;
  #ending = false;
  #eventLoop = false;
  #loads = 0;
  #lastLoadAt = 0;
  #killed: RunnerEnd | undefined;
  #overMemory = false;
  #end: RunnerEnd | undefined;

  constructor(settings: RunnerSettings) {
    this.label = settings.label;
    this.#settings = settings;
    this.#startedAt = settings.clock.now();
    const { entry, label, niceness } = settings;
    this.#child = spawn(process.execPath, [entry, label, String(process.pid), String(niceness)], {
      argv0: `millrace-runner ${settings.label}`,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', this.#segment?.fd ?? 'ignore', settings.bodies?.fd ?? 'ignore'],
      env: { ...TELEMETRY_DECLINED, ...settings.environment },
      windowsHide: true,
      // It leads a process group, in which is what its models start. On Windows it would open a console.
      detached: process.platform !== 'win32',
    });
    this.pid = this.#child.pid ?? 0;
    this.#child.once('exit', () => killGroup(this.pid));
    // Descriptors 3 and 4 are pipes as asked for, or there is no `stdio` at all where even the descriptors ran out.
    const stdio: ChildProcess['stdio'] | undefined = this.#child.stdio;
    this.#input = stdio?.[3] as Writable | undefined;
    this.#input?.on('error', () => undefined);
    const output = stdio?.[4] as Readable | undefined;
    this.exited = new Promise((resolve) =>
      watchExit(this.#child, output, {
        onGone: (end) => {
          this.#onExit(end);
          resolve(end.reason);
        },
        describe: (code, signal) => this.#killed ?? describeExit(code, signal, this.#ending),
      }),
    );
    const assembler = new FrameAssembler((frame) => this.#onFrame(frame));
    output?.on('error', () => undefined);
    output?.on('data', (chunk: Buffer) => this.#guard(() => assembler.push(chunk)));
    this.#forwardOutput();
  }

  /** True until it has ended or been asked to. */
  get usable(): boolean {
    return this.#end === undefined && this.#killed === undefined && !this.#ending;
  }

  /** Where data lies in the memory of bodies that it may read; undefined = elsewhere. */
  locate(data: Uint8Array): number | undefined {
    return this.#settings.bodies?.locate(data);
  }

  get busy(): boolean {
    return this.#replies.size > 0;
  }

  /** See `lastLoadAt` of an instance. */
  get lastLoadAt(): number {
    return this.#loads > 0 ? this.#settings.clock.now() : this.#lastLoadAt;
  }

  /** Notes that a model is being loaded until `loading` has settled, and returns it. */
  async loads<Result>(loading: Promise<Result>): Promise<Result> {
    this.#loads++;
    try {
      return await loading;
    } finally {
      this.#loads--;
      this.#lastLoadAt = this.#settings.clock.now();
    }
  }

  /** From now on it handles frames while batches run. */
  runsEventLoop(): void {
    this.#eventLoop = true;
  }

  /** Sends what `encode` makes of a fresh ticket; `reply` gets the answers, or the runner's end. */
  send(reply: PendingReply, encode: (ticket: number) => readonly Uint8Array[]): void {
    if (!this.usable) {
      reply.fail(this.#died(this.#end ?? this.#killed ?? CLOSED, false));
      return;
    }
    const ticket = this.#replies.nextTicket();
    const pieces = encode(ticket);
    this.#replies.add(ticket, reply);
    const stored = this.#segment?.store(pieces);
    this.#write(stored === undefined ? pieces : [stored]);
  }

  /** Sends a frame that has no answer. */
  notify(pieces: readonly Uint8Array[]): void {
    if (this.usable) this.#write(pieces);
  }

  /** Ends the process now, whatever it does. Only the first reason counts, and what of memory has led to it. */
  kill(reason: string | Message, { overMemory = false, outOfMemory = false }: MemoryFacts = {}): void {
    if (this.#end !== undefined || this.#killed !== undefined) return;
    this.#killed = { reason, outOfMemory: outOfMemory || overMemory };
    this.#overMemory = overMemory;
    this.#child.kill('SIGKILL');
  }

  /** Waits until a model says that it has given everything back, as long as a runner may take to end. */
  async awaitClose(instanceId: string, closed: Promise<void>): Promise<void> {
    const { closeTimeoutMs, clock } = this.#settings;
    let done = false;
    const noted = closed.then(() => {
      done = true;
    });
    await within(clock, closeTimeoutMs, noted);
    if (!done) this.#diagnose('warn', `${instanceId} did not close within ${closeTimeoutMs} ms`);
  }

  /** Lets the process close its models and end; kills it when that takes longer than the close timeout. */
  async end(): Promise<void> {
    if (!this.#ending) {
      this.#write([encodeJsonFrame({ kind: FrameKind.end, modelKey: 0, ticket: 0 }, undefined)]);
      this.#ending = true;
      this.#input?.end();
    }
    const { closeTimeoutMs, clock } = this.#settings;
    const timer = clock.setTimer(closeTimeoutMs, () => {
      this.#diagnose('warn', `runner ${this.label} did not end within ${closeTimeoutMs} ms and is killed`);
      this.kill(`did not end within ${closeTimeoutMs} ms`);
    });
    await this.exited;
    timer.clear();
  }

  #write(pieces: readonly Uint8Array[]): void {
    if (pieces.length === 1) {
      this.#input?.write(pieces[0]);
      return;
    }
    this.#input?.cork();
    for (const piece of pieces) this.#input?.write(piece);
    this.#input?.uncork();
  }

  #onFrame(frame: Frame): void {
    if (!this.#greeted) {
      this.#greet(frame);
      return;
    }
    if (frame.kind === FrameKind.diagnostic) {
      const { level, message } = decodeJsonFrame<Diagnostic>(frame);
      this.#diagnose(level, message);
      return;
    }
    if (frame.kind === FrameKind.fatal) {
      // It ends by itself, if nothing in it holds it up.
      const { reason } = decodeJsonFrame<Fatal>(frame);
      this.kill(reason, { outOfMemory: saysOutOfMemory(reason) });
      return;
    }
    if (!this.models.receive(frame)) this.#replies.receive(frame);
  }

  #greet(frame: Frame): void {
    const { protocol } = frame.kind === FrameKind.hello ? decodeJsonFrame<Hello>(frame) : { protocol: 'another' };
    if (protocol !== PROTOCOL_VERSION) {
      this.kill(`speaks protocol ${protocol}, expected ${PROTOCOL_VERSION}; is 'runners.entry' of this version?`);
      return;
    }
    this.#greeted = true;
    const { events, clock } = this.#settings;
    events.publish('runnerStarted', { runner: this.label, pid: this.pid, startMs: clock.now() - this.#startedAt });
  }

  /** A malformed stream cannot be resumed: the runner is killed. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#settings.events.publish('diagnostic', {
        level: 'error',
        room: 'runtimes',
        message: `runner ${this.label}: its answer could not be handled`,
        error,
      });
      this.kill('sent a malformed answer');
    }
  }

  #onExit(end: RunnerEnd): void {
    this.#end = end;
    this.#input?.destroy();
    this.#segment?.close();
    this.models.close();
    const { events } = this.#settings;
    events.publish('runnerExited', {
      runner: this.label,
      pid: this.pid,
      reason: String(end.reason),
      expected: this.#ending,
    });
    const pending = this.#replies.takeAll();
    const begun = haveBegun(
      pending.map(({ queue }) => queue),
      this.#eventLoop,
    );
    for (const [index, reply] of pending.entries()) reply.fail(this.#died(end, begun[index] === true));
  }

  #died({ reason, outOfMemory }: RunnerEnd, started: boolean): RunnerDiedError {
    return new RunnerDiedError(msg`${this.#settings.mention} is gone: ${reason}`, {
      started,
      overMemory: this.#overMemory,
      outOfMemory,
    });
  }

  #forwardOutput(): void {
    const { stdout, stderr } = this.#child;
    if (stdout) forwardLines(stdout, this.#settings.clock, (line) => this.#diagnose('info', line));
    if (stderr) forwardLines(stderr, this.#settings.clock, (line) => this.#diagnose('warn', line));
  }

  #diagnose(level: Diagnostic['level'], message: string): void {
    const fields = { runner: this.label, pid: this.pid };
    this.#settings.events.publish('diagnostic', { level, room: 'runtimes', message, fields });
  }
}

type MemoryFacts = Pick<RunnerDeath, 'overMemory' | 'outOfMemory'>;

const CLOSED: RunnerEnd = { reason: 'closed', outOfMemory: false };
