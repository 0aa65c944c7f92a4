import { type Call, type CallContext, invalidArgument, MillraceError } from '../../core/index.js';
import type { LogSettings, Service } from '../../service/index.js';

type Update = Readonly<Record<string, unknown>>;

export interface TraceSettings {
  readonly trace_file: string;
  readonly trace_level: readonly string[];
  readonly trace_rate: string;
  readonly trace_count: string;
  readonly log_frequency: string;
  readonly trace_mode: string;
}

export interface TritonLogSettings {
  readonly log_file: string;
  readonly log_info: boolean;
  readonly log_warning: boolean;
  readonly log_error: boolean;
  readonly log_verbose_level: number;
  readonly log_format: string;
}

/** Triton's trace settings, at which they stay: which requests are traced, and where to, is in the server's settings. */
export const TRACE_SETTINGS: TraceSettings = {
  trace_file: '',
  trace_level: ['OFF'],
  trace_rate: '1000',
  trace_count: '-1',
  log_frequency: '0',
  trace_mode: 'triton',
};

const TRACE_LEVELS = ['OFF', 'TIMESTAMPS', 'TENSORS'];
const LOG_FIELDS: Readonly<Record<keyof TritonLogSettings, 'string' | 'boolean' | 'number'>> = {
  log_file: 'string',
  log_info: 'boolean',
  log_warning: 'boolean',
  log_error: 'boolean',
  log_verbose_level: 'number',
  log_format: 'string',
};

/**
 * Checks a change of the trace settings, of which none can be changed: values as they are, and null, are accepted, since clients send
 * whole settings back. Throws `invalid_argument` for a wrong value and `unimplemented` for another one.
 */
export function checkTraceUpdate(update: Update): void {
  for (const [field, value] of Object.entries(update)) {
    if (!Object.hasOwn(TRACE_SETTINGS, field)) {
      throw invalidArgument(
        `there is no trace setting '${field}'; known are ${Object.keys(TRACE_SETTINGS).join(', ')}`,
      );
    }
    if (value !== null) checkTraceValue(field as keyof TraceSettings, value);
  }
}

function checkTraceValue(key: keyof TraceSettings, value: unknown): void {
  if (key === 'trace_level') {
    if (!Array.isArray(value) || value.some((level) => !TRACE_LEVELS.includes(level))) {
      throw invalidArgument(
        `trace_level: expected an array of ${TRACE_LEVELS.join(', ')}, got ${JSON.stringify(value)}`,
      );
    }
    if (value.some((level) => level !== 'OFF')) throw fixed(key, 'OFF');
    return;
  }
  if (typeof value !== 'string') throw invalidArgument(`${key}: expected a string, got ${JSON.stringify(value)}`);
  const isNumber = key !== 'trace_file' && key !== 'trace_mode';
  if (isNumber && !/^-?\d{1,10}$/.test(value))
    throw invalidArgument(`${key}: expected an integer in a string, got '${value}'`);
  if (value !== TRACE_SETTINGS[key]) throw fixed(key, `'${TRACE_SETTINGS[key]}'`);
}

function fixed(key: string, value: string): MillraceError {
  return new MillraceError(
    'unimplemented',
    `${key}: traces are set in the server's settings (telemetry.traces); only ${value} can be set`,
  );
}

/** The log settings in Triton's words. */
export function encodeLogSettings({ info, warning, error, verboseLevel }: LogSettings): TritonLogSettings {
  return {
    log_file: '',
    log_info: info,
    log_warning: warning,
    log_error: error,
    log_verbose_level: verboseLevel,
    log_format: 'default',
  };
}

/** A change of the log settings. Throws `invalid_argument` for a wrong one, and `unimplemented` for one that cannot be made here. */
export function decodeLogSettings(update: Update): Partial<LogSettings> {
  for (const [field, value] of Object.entries(update)) {
    const type = Object.hasOwn(LOG_FIELDS, field) ? LOG_FIELDS[field as keyof TritonLogSettings] : undefined;
    if (type === undefined) {
      throw invalidArgument(`there is no log setting '${field}'; known are ${Object.keys(LOG_FIELDS).join(', ')}`);
    }
    if (typeof value !== type) throw invalidArgument(`${field}: expected a ${type}, got ${JSON.stringify(value)}`);
  }
  // Their types have been checked.
  const { log_file: file, log_format: format, ...rest } = update as Partial<TritonLogSettings>;
  const { log_info: info, log_warning: warning, log_error: error, log_verbose_level: verboseLevel } = rest;
  if (file !== undefined && file !== '') {
    throw new MillraceError('unimplemented', 'log_file cannot be changed over the network');
  }
  if (verboseLevel !== undefined && (!Number.isInteger(verboseLevel) || verboseLevel < 0)) {
    throw invalidArgument(`log_verbose_level: expected an integer of at least 0, got ${verboseLevel}`);
  }
  if (format !== undefined && format !== 'default' && format !== 'ISO8601') {
    throw invalidArgument(`log_format: expected default or ISO8601, got ${JSON.stringify(format)}`);
  }
  if (format === 'ISO8601') {
    throw new MillraceError('unimplemented', 'log_format: lines are JSON here; only default can be set');
  }
  return {
    ...(info !== undefined && { info }),
    ...(warning !== undefined && { warning }),
    ...(error !== undefined && { error }),
    ...(verboseLevel !== undefined && { verboseLevel }),
  };
}

/** To Triton a wrong name in a question about statistics or settings is the caller's mistake; its clients expect that. */
export function blame(thrown: unknown): unknown {
  if (!(thrown instanceof MillraceError) || thrown.code !== 'not_found') return thrown;
  return invalidArgument(thrown.message, { cause: thrown.cause });
}

/** The settings of tracing. Throws as Triton does where the caller may not read them, or there is no such model. */
export function readTrace(
  { server }: Pick<Service, 'server'>,
  call: CallContext,
  model: string | undefined,
): TraceSettings {
  try {
    server.checkTracing(call, model);
  } catch (thrown) {
    throw blame(thrown);
  }
  return TRACE_SETTINGS;
}

export async function updateTrace(
  { server }: Pick<Service, 'server'>,
  { call, model }: { readonly call: Call; readonly model: string | undefined },
  update: Update,
): Promise<TraceSettings> {
  await server
    .changeTracing(call, model, () => checkTraceUpdate(update))
    .catch((thrown) => {
      throw blame(thrown);
    });
  return TRACE_SETTINGS;
}

export function readLog({ server }: Pick<Service, 'server'>, call: CallContext): TritonLogSettings {
  return encodeLogSettings(server.logSettings(call));
}

export async function updateLog(
  { server }: Pick<Service, 'server'>,
  call: CallContext,
  update: Update,
): Promise<TritonLogSettings> {
  return encodeLogSettings(await server.changeLogSettings(call, () => decodeLogSettings(update)));
}
