import { invalidArgument, MillraceError } from '../core/index.js';
import type { LogControl, LogSettings, TraceSettings } from './types.js';

type Update = Readonly<Record<string, unknown>>;

/** Triton's trace settings, at which they stay: there is no exporter yet. */
export const TRACE_SETTINGS: TraceSettings = {
  trace_file: '',
  trace_level: ['OFF'],
  trace_rate: '1000',
  trace_count: '-1',
  log_frequency: '0',
  trace_mode: 'triton',
};

const TRACE_LEVELS = ['OFF', 'TIMESTAMPS', 'TENSORS'];
const LOG_FIELDS: Readonly<Record<keyof LogSettings, 'string' | 'boolean' | 'number'>> = {
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
  return new MillraceError('unimplemented', `${key}: this version exports no traces; only ${value} can be set`);
}

/** Checks a change of the log settings and carries it out. */
export function updateLogSettings(control: Pick<LogControl, 'get' | 'update'>, update: Update): LogSettings {
  for (const [field, value] of Object.entries(update)) {
    const type = Object.hasOwn(LOG_FIELDS, field) ? LOG_FIELDS[field as keyof LogSettings] : undefined;
    if (type === undefined) {
      throw invalidArgument(`there is no log setting '${field}'; known are ${Object.keys(LOG_FIELDS).join(', ')}`);
    }
    if (typeof value !== type) throw invalidArgument(`${field}: expected a ${type}, got ${JSON.stringify(value)}`);
  }
  const now = control.get();
  if (update.log_file !== undefined && update.log_file !== now.log_file) {
    throw new MillraceError('unimplemented', 'log_file cannot be changed over the network');
  }
  const level = update.log_verbose_level;
  if (typeof level === 'number' && (!Number.isInteger(level) || level < 0)) {
    throw invalidArgument(`log_verbose_level: expected an integer of at least 0, got ${level}`);
  }
  const format = update.log_format;
  if (format !== undefined && format !== 'default' && format !== 'ISO8601') {
    throw invalidArgument(`log_format: expected default or ISO8601, got ${JSON.stringify(format)}`);
  }
  if (format !== undefined && format !== now.log_format) {
    throw new MillraceError('unimplemented', `log_format: lines are JSON here; only ${now.log_format} can be set`);
  }
  return control.update(update as Partial<LogSettings>);
}
