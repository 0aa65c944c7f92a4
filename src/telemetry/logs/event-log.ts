import { type EventBus, type Events, formatModelRef, type LogLevel, type ModelState } from '../../core/index.js';
import { describeError } from './describe-error.js';
import type { LogFields, Logger } from './logger.js';

/** What becomes of a rollout that somebody may want to look at. */
const UNWANTED: ReadonlySet<string> = new Set(['roll_back', 'pause']);

/** Lines for what happens beside the requests: models, runners, rollouts, diagnostics. */
export function startEventLog(events: EventBus, logger: Logger): () => void {
  const subscriptions = [
    events.subscribe('modelStateChanged', (event) => logModelState(logger, event)),
    events.subscribe('runnerStarted', ({ runner, pid, startMs }) =>
      logger.log({
        room: 'runtimes',
        level: 'info',
        message: `runner ${runner} started`,
        fields: { runner, pid, start_ms: Math.round(startMs) },
      }),
    ),
    events.subscribe('runnerExited', ({ runner, pid, reason, expected }) =>
      logger.log({
        room: 'runtimes',
        level: expected ? 'info' : 'error',
        message: expected ? `runner ${runner} ended` : `runner ${runner} died: ${reason}`,
        fields: { runner, pid, reason },
      }),
    ),
    events.subscribe('rolloutDecided', ({ model, canary, reason, ...rest }) =>
      logger.log({
        room: 'service',
        level: UNWANTED.has(rest.action) ? 'warn' : 'info',
        message: `rollout of ${model} to version ${canary}: ${reason}`,
        fields: { model, canary, ...rest },
      }),
    ),
    events.subscribe('diagnostic', ({ level, room, message, fields, error }) =>
      logger.log({
        room,
        level,
        message,
        fields: { ...toSnakeCase(fields ?? {}), ...(error === undefined ? {} : describeError(error)) },
      }),
    ),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}

function logModelState(logger: Logger, { ref, state, loadMs, error }: Events['modelStateChanged']): void {
  const reason = 'reason' in state ? state.reason : undefined;
  logger.log({
    room: 'engine',
    level: levelOf(state),
    message: `model ${formatModelRef(ref)} ${state.kind}${reason === undefined ? '' : `: ${reason}`}`,
    fields: {
      model: ref.name,
      version: ref.version,
      generation: ref.generation,
      state: state.kind,
      ...(reason === undefined ? {} : { reason }),
      ...(loadMs === undefined ? {} : { load_ms: Math.round(loadMs) }),
      ...(error === undefined ? {} : describeError(error)),
    },
  });
}

function levelOf(state: ModelState): LogLevel {
  switch (state.kind) {
    case 'loading':
    case 'warming':
    case 'draining':
      return 'debug';
    case 'ready':
    case 'unloaded':
      return 'info';
    case 'recovering':
      return 'warn';
    case 'failed':
      return 'error';
    default:
      return state satisfies never;
  }
}

/** Rooms name fields as TypeScript does, log lines as log stores do. */
function toSnakeCase(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
