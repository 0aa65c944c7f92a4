import type { Call } from './call.js';
import { type ErrorCode, type MillraceError, toMillraceError } from './errors.js';
import type { Usage } from './generation.js';
import type { ModelRef, ModelState } from './model.js';
import type { InferRequest, InferTarget } from './request.js';
import type { BatchReason } from './timing.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const ROOMS = [
  'repository',
  'runtimes',
  'engine',
  'sources',
  'webhooks',
  'audit',
  'store',
  'jobs',
  'files',
  'batches',
  'payload-log',
  'service',
  'protocols',
  'server',
  'tracing',
  'app',
] as const;
export type Room = (typeof ROOMS)[number];

export type StandardStream = 'stdout' | 'stderr';

/** Everything that rooms report. Telemetry listens; nobody else needs to. */
export interface Events {
  /** An inference is settled: `service.inference.infer`, or `service.inference.resolve` where it failed. `error` is undefined on success. */
  inferFinished: {
    readonly call: Call;
    /** As the caller named it, but by the model's own name instead of an alias. */
    readonly target: InferTarget;
    /** undefined when the call failed before that was known. */
    readonly request: InferRequest | undefined;
    /** The version that was chosen; undefined when the call failed before that. */
    readonly ref: ModelRef | undefined;
    readonly error: MillraceError | undefined;
    /** The model has answered: what an error says is no failure of its. */
    readonly answered: boolean;
    readonly rows: number;
    /** Unix milliseconds at which the clock of the call's timing was 0: `epochMs + call.timing.receivedAt` is when the request arrived. */
    readonly epochMs: number;
  };
  /** A copy of a request for a shadow is settled, as `inferFinished` says of requests. */
  copyFinished: Events['inferFinished'];
  /** A copy of a request has ended as well as the request, and the answers, if there are two, have been compared. */
  shadowCompared: {
    readonly route: string;
    /** Who has answered the caller, and who got the copy. */
    readonly primary: ModelRef;
    readonly shadow: ModelRef;
    /** Their answers are alike, or both have failed. */
    readonly agrees: boolean;
    readonly primaryError: ErrorCode | undefined;
    readonly shadowError: ErrorCode | undefined;
    /** Of the copy; undefined where it has failed, or was not computed. */
    readonly computeMs: number | undefined;
  };
  /** A request was refused since a quota is used up. */
  quotaExceeded: { readonly call: Call; readonly quota: string; readonly limit: string };
  /** A job has ended: `succeeded`, `failed`, `cancelled` or `expired`. */
  jobEnded: { readonly model: string; readonly state: string };
  /** An attempt to notify a receiver of a job's end. `outcome`: `accepted`, `refused`, …; `state` of the notification: `pending`, `delivered`, `failed`. */
  webhookAttempted: { readonly outcome: string; readonly state: string };
  /** A batch has written a checkpoint: so many more of its requests have ended. */
  batchProgressed: { readonly completed: number; readonly failed: number };
  /** A batch has ended: `completed`, `failed`, `expired` or `cancelled`. */
  batchEnded: { readonly state: string };
  /** A request that was to be copied was not. */
  shadowDropped: { readonly route: string; readonly reason: string };
  /** A model has said what a call has taken so far: with each answer of one that generates. What is `added` is never said again. */
  usageGrew: {
    readonly ref: ModelRef;
    readonly call: Call;
    /** More than it had said before. */
    readonly added: Usage;
    /** It has not said anything of the call before. */
    readonly isFirst: boolean;
    /** Since its answer before; undefined where there is none, or where the model had to wait for its reader. */
    readonly sinceMs: number | undefined;
  };
  /** A batch left an instance. `error` is set when it failed as a whole. */
  batchFinished: {
    readonly ref: ModelRef;
    readonly instance: string;
    /** Among the batches of its generation. */
    readonly batchId: number;
    readonly members: readonly { readonly call: Call }[];
    readonly rows: number;
    readonly reason: BatchReason;
    readonly computeMs: number;
    readonly error: MillraceError | undefined;
  };
  modelStateChanged: {
    readonly ref: ModelRef;
    readonly state: ModelState;
    readonly loadMs?: number;
    /** What is behind a `failed`; for the log. */
    readonly error?: unknown;
  };
  runnerStarted: { readonly runner: string; readonly pid: number; readonly startMs: number };
  runnerExited: {
    readonly runner: string;
    readonly pid: number;
    readonly reason: string;
    /** It was asked to end (unload, shutdown); false for a crash or a kill. */
    readonly expected: boolean;
  };
  runnerMemory: {
    readonly runner: string;
    readonly pid: number;
    readonly rssBytes: number;
    /** Above that it is killed. */
    readonly limitBytes: number;
  };
  /** A request of the HTTP server is answered (or its client has left), inference or not. */
  httpFinished: {
    readonly method: string;
    /** The route's pattern, not the path: `/v2/models/{m}/infer`. '' when none matched. */
    readonly route: string;
    readonly path: string;
    readonly status: number;
    readonly requestBytes: number;
    readonly responseBytes: number;
    readonly remoteAddress: string;
    readonly durationMs: number;
    readonly call: Call;
    readonly error: MillraceError | undefined;
  };
  /** A gRPC call has ended, or its client has left. */
  grpcFinished: {
    /** `/package.Service/Method`; '' where nothing of that name is served. */
    readonly method: string;
    /** As the client sent it. */
    readonly path: string;
    /** `grpc-status`. */
    readonly status: number;
    readonly requestMessages: number;
    readonly responseMessages: number;
    readonly requestBytes: number;
    readonly responseBytes: number;
    readonly remoteAddress: string;
    readonly durationMs: number;
    readonly call: Call;
    readonly error: MillraceError | undefined;
  };
  /** What becomes of a rollout has been decided. */
  rolloutDecided: {
    readonly model: string;
    /** The version that is to take the place of the stable one. */
    readonly canary: number;
    readonly rollout: string;
    /** `advance`, `roll_back`, … */
    readonly action: string;
    /** A principal, or `millrace`. */
    readonly by: string;
    /** A sentence. */
    readonly reason: string;
  };
  /** The settings file or the files of keys have changed: they are in force, or cannot be used. */
  authReread: { readonly isInForce: boolean; readonly atMs: number };
  /** A repository of models was scanned: what serves follows it, or stays as it is since it cannot be read or nothing is left in it. */
  repositoryScanned: { readonly repository: string; readonly isFollowed: boolean };
  /** A certificate is used for new connections from now on. */
  tlsCertificateLoaded: { readonly notAfterMs: number };
  /** A write to a standard stream of the process failed: its reader or its terminal has gone, or the disk is full. */
  outputFailed: {
    readonly stream: StandardStream;
    /** The system's: `EPIPE`. */
    readonly code: string;
  };
  /** A connection was ended or refused: an idle one made room for a new one, there was none, or its client floods the server with frames. */
  connectionLimited: { readonly transport: 'http' | 'grpc'; readonly outcome: 'evicted' | 'refused' | 'flood' };
  /** Anything else worth a log line. Never a payload, never a secret. */
  diagnostic: {
    readonly level: LogLevel;
    readonly room: Room;
    readonly message: string;
    readonly fields?: Readonly<Record<string, unknown>>;
    readonly error?: unknown;
  };
}

/** Logs a failure of the service and its reason as a warning. */
export function warn(events: EventBus, message: string, error: unknown): void {
  const reason = toMillraceError(error).message;
  events.publish('diagnostic', { level: 'warn', room: 'service', message: `${message}: ${reason}` });
}

/** Logs what a room failed to do, its reason and the error as a warning. */
export function warnOfFailure(
  events: EventBus,
  { room, what }: { readonly room: Room; readonly what: string },
  thrown: unknown,
): void {
  const error = toMillraceError(thrown);
  events.publish('diagnostic', { level: 'warn', room, message: `${what}: ${error.message}`, error });
}

export type EventName = keyof Events;
type Listener<Name extends EventName> = (event: Events[Name]) => void;

/** Typed publish/subscribe inside one server. A listener that throws harms neither publisher nor its neighbours. */
export class EventBus {
  readonly #listeners = new Map<EventName, readonly ((event: never) => void)[]>();

  /** Calls `listener` for every later event; the returned function ends that. */
  subscribe<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? [];
    this.#listeners.set(name, [...listeners, listener]);
    return () => {
      const current = this.#listeners.get(name) ?? [];
      this.#listeners.set(
        name,
        current.filter((candidate) => candidate !== listener),
      );
    };
  }

  publish<Name extends EventName>(name: Name, event: Events[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        // The map is keyed by name, and `subscribe` only puts listeners of that name there.
        listener(event as never);
      } catch (error) {
        if (name !== 'diagnostic') {
          this.publish('diagnostic', {
            level: 'error',
            room: 'app',
            message: `a listener of '${name}' failed`,
            error,
          });
        }
      }
    }
  }
}
