import { describe, expect, it } from 'vitest';
import type { LogSettings } from '../../service/index.js';
import {
  checkTraceUpdate,
  decodeLogSettings,
  encodeLogSettings,
  TRACE_SETTINGS,
  type TritonLogSettings,
} from './settings.js';

const SETTINGS: LogSettings = { info: true, warning: true, error: true, verboseLevel: 0 };
const LOGS: TritonLogSettings = {
  log_file: '',
  log_info: true,
  log_warning: true,
  log_error: true,
  log_verbose_level: 0,
  log_format: 'default',
};

describe('checkTraceUpdate', () => {
  it('accepts the settings as they are, and null, since clients send them back whole', () => {
    expect(() => checkTraceUpdate({ ...TRACE_SETTINGS })).not.toThrow();
    expect(() => checkTraceUpdate({ trace_level: ['OFF', 'OFF'], trace_rate: null, trace_file: null })).not.toThrow();
  });

  it.each<[Record<string, unknown>, string, string]>([
    [
      { foo: '1' },
      'invalid_argument',
      "there is no trace setting 'foo'; known are trace_file, trace_level, trace_rate, trace_count, log_frequency, trace_mode",
    ],
    [{ trace_rate: 7 }, 'invalid_argument', 'trace_rate: expected a string, got 7'],
    [{ trace_rate: 'abc' }, 'invalid_argument', "trace_rate: expected an integer in a string, got 'abc'"],
    [
      { trace_level: 'OFF' },
      'invalid_argument',
      'trace_level: expected an array of OFF, TIMESTAMPS, TENSORS, got "OFF"',
    ],
    [
      { trace_level: ['TIMESTAMPS'] },
      'unimplemented',
      "trace_level: traces are set in the server's settings (telemetry.traces); only OFF can be set",
    ],
    [
      { trace_file: '/tmp/x' },
      'unimplemented',
      "trace_file: traces are set in the server's settings (telemetry.traces); only '' can be set",
    ],
    [
      { trace_mode: 'opentelemetry' },
      'unimplemented',
      "trace_mode: traces are set in the server's settings (telemetry.traces); only 'triton' can be set",
    ],
    [
      { trace_rate: '500' },
      'unimplemented',
      "trace_rate: traces are set in the server's settings (telemetry.traces); only '1000' can be set",
    ],
    [
      { trace_count: '5' },
      'unimplemented',
      "trace_count: traces are set in the server's settings (telemetry.traces); only '-1' can be set",
    ],
    [
      { log_frequency: '1' },
      'unimplemented',
      "log_frequency: traces are set in the server's settings (telemetry.traces); only '0' can be set",
    ],
  ])('refuses %j', (update, code, message) => {
    expect(() => checkTraceUpdate(update)).toThrow(expect.objectContaining({ code, message }));
  });
});

describe('decodeLogSettings', () => {
  it('accepts all settings as they are, since clients send them back whole', () => {
    expect(decodeLogSettings({ ...LOGS })).toEqual(SETTINGS);
    expect(encodeLogSettings(SETTINGS)).toEqual(LOGS);
  });

  it('changes what is given and shows the whole', () => {
    const change = decodeLogSettings({ log_verbose_level: 1, log_info: false });
    expect(change).toEqual({ verboseLevel: 1, info: false });
    expect(encodeLogSettings({ ...SETTINGS, ...change })).toEqual({
      ...LOGS,
      log_verbose_level: 1,
      log_info: false,
    });
  });

  it.each<[Record<string, unknown>, string, string]>([
    [
      { nope: 1 },
      'invalid_argument',
      "there is no log setting 'nope'; known are log_file, log_info, log_warning, log_error, log_verbose_level, log_format",
    ],
    [{ log_info: 'no' }, 'invalid_argument', 'log_info: expected a boolean, got "no"'],
    [{ log_verbose_level: -1 }, 'invalid_argument', 'log_verbose_level: expected an integer of at least 0, got -1'],
    [{ log_format: 'xml' }, 'invalid_argument', 'log_format: expected default or ISO8601, got "xml"'],
    [{ log_format: 'ISO8601' }, 'unimplemented', 'log_format: lines are JSON here; only default can be set'],
    [{ log_file: '/tmp/x' }, 'unimplemented', 'log_file cannot be changed over the network'],
  ])('refuses %j', (update, code, message) => {
    expect(() => decodeLogSettings(update)).toThrow(expect.objectContaining({ code, message }));
  });
});
