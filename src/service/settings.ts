import { MillraceError } from '../core/index.js';
import type { LogControl, LogSettings, TraceSettings } from './types.js';

type Update = Readonly<Record<string, unknown>>;

const TRACE_DEFAULTS: TraceSettings = {
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

/** Triton's trace settings, server-wide and by model; null in an update resets a field to the level above. */
export class TraceSettingsStore {
  #global: TraceSettings = TRACE_DEFAULTS;
  readonly #models = new Map<string, Partial<TraceSettings>>();

  get(model: string | undefined): TraceSettings {
    return { ...this.#global, ...(model === undefined ? {} : this.#models.get(model)) };
  }

  /** Throws `invalid_argument` for a wrong value and `unimplemented` for switching traces on: there is no exporter yet. */
  update(model: string | undefined, update: Update): TraceSettings {
    const own: Record<string, unknown> = { ...(model === undefined ? this.#global : this.#models.get(model)) };
    for (const [field, value] of Object.entries(update)) {
      const key = checkTraceField(field);
      if (value === null) {
        if (model === undefined) own[key] = TRACE_DEFAULTS[key];
        else delete own[key];
      } else {
        own[key] = checkTraceValue(key, value);
      }
    }
    if (model === undefined)
      this.#global = own as unknown as TraceSettings; // because every key and value was checked above
    else this.#models.set(model, own);
    return this.get(model);
  }

  /** A model is gone, and with it what was set for it. */
  forget(model: string): void {
    this.#models.delete(model);
  }
}

function checkTraceField(field: string): keyof TraceSettings {
  if (Object.hasOwn(TRACE_DEFAULTS, field)) return field as keyof TraceSettings;
  throw invalid(`there is no trace setting '${field}'; known are ${Object.keys(TRACE_DEFAULTS).join(', ')}`);
}

function checkTraceValue(key: keyof TraceSettings, value: unknown): string | readonly string[] {
  if (key === 'trace_level') {
    if (!Array.isArray(value) || value.some((level) => !TRACE_LEVELS.includes(level))) {
      throw invalid(`trace_level: expected an array of ${TRACE_LEVELS.join(', ')}, got ${JSON.stringify(value)}`);
    }
    if (value.some((level) => level !== 'OFF')) {
      throw new MillraceError('unimplemented', 'trace_level: this version exports no traces; only OFF can be set');
    }
    return value;
  }
  if (typeof value !== 'string') throw invalid(`${key}: expected a string, got ${JSON.stringify(value)}`);
  if (key === 'trace_file' || key === 'trace_mode') {
    throw new MillraceError('unimplemented', `${key} cannot be changed over the network`);
  }
  if (!/^-?\d{1,10}$/.test(value)) throw invalid(`${key}: expected an integer in a string, got '${value}'`);
  return value;
}

/** Checks a change of the log settings and carries it out. */
export function updateLogSettings(control: LogControl, update: Update): LogSettings {
  for (const [field, value] of Object.entries(update)) {
    const type = Object.hasOwn(LOG_FIELDS, field) ? LOG_FIELDS[field as keyof LogSettings] : undefined;
    if (type === undefined) {
      throw invalid(`there is no log setting '${field}'; known are ${Object.keys(LOG_FIELDS).join(', ')}`);
    }
    if (typeof value !== type) throw invalid(`${field}: expected a ${type}, got ${JSON.stringify(value)}`);
  }
  if (update.log_file !== undefined) {
    throw new MillraceError('unimplemented', 'log_file cannot be changed over the network');
  }
  const level = update.log_verbose_level;
  if (typeof level === 'number' && (!Number.isInteger(level) || level < 0)) {
    throw invalid(`log_verbose_level: expected an integer of at least 0, got ${level}`);
  }
  const format = update.log_format;
  if (format !== undefined && format !== 'default' && format !== 'ISO8601') {
    throw invalid(`log_format: expected default or ISO8601, got ${JSON.stringify(format)}`);
  }
  return control.update(update as Partial<LogSettings>);
}

function invalid(message: string): MillraceError {
  return new MillraceError('invalid_argument', message);
}
