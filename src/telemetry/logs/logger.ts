import pino from 'pino';
import { type Call, type Clock, type LogLevel, ROOMS, type Room } from '../../core/index.js';
import type { LogControl, LogSettings } from '../../service/index.js';
import type { TelemetryOptions } from '../options.js';
import type { LogDestination } from './destination.js';
import { enabledLevels, logSettingsOf } from './levels.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** Writes lines of one server, one pino child a room; which levels pass can change while it runs. */
export interface Logger extends LogControl {
  isEnabled(room: Room, level: LogLevel): boolean;
  log(line: {
    readonly room: Room;
    readonly level: LogLevel;
    readonly message: string;
    readonly fields?: LogFields;
  }): void;
}

export function createLogger(
  options: Pick<TelemetryOptions, 'logLevel' | 'logLevels'>,
  clock: Clock,
  destination: LogDestination,
): Logger {
  const root = pino(
    {
      level: 'trace',
      base: null,
      timestamp: () => `,"time":"${new Date(clock.wallNow()).toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  );
  const loggers = Object.fromEntries(ROOMS.map((room) => [room, root.child({ room })]));
  let settings = logSettingsOf(options);
  let byRoom = options.logLevels;
  let enabled = enabledLevels(settings, byRoom);

  return {
    isEnabled: (room, level) => enabled[room].has(level),
    log({ room, level, message, fields = {} }) {
      if (enabled[room].has(level)) loggers[room]?.[level](fields, message);
    },
    get: () => settings,
    update(change): LogSettings {
      settings = { ...settings, ...change };
      enabled = enabledLevels(settings, byRoom);
      return settings;
    },
    setLevels({ logLevel, logLevels = byRoom }) {
      if (logLevel !== undefined) settings = { ...settings, ...logSettingsOf({ logLevel }) };
      byRoom = logLevels;
      enabled = enabledLevels(settings, byRoom);
    },
  };
}

/** The fields by which all lines of one call are found. */
export function callFields({ requestId, trace, principal, timing }: Call): LogFields {
  return {
    request_id: requestId,
    ...(trace === undefined ? {} : { trace_id: trace.traceId }),
    principal: principal.name,
    ...(timing.route === '' ? {} : { model_route: timing.route, arm: timing.arm }),
  };
}
