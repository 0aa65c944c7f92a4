import { describe, expect, it } from 'vitest';
import { TraceSettingsStore, updateLogSettings } from './settings.js';
import type { LogControl, LogSettings } from './types.js';

const LOGS: LogSettings = {
  log_file: '',
  log_info: true,
  log_warning: true,
  log_error: true,
  log_verbose_level: 0,
  log_format: 'default',
};

function control(): LogControl {
  let settings = LOGS;
  return {
    get: () => settings,
    update(change) {
      settings = { ...settings, ...change };
      return settings;
    },
  };
}

describe('TraceSettingsStore', () => {
  it('lets a model override the server, and null give up the override', () => {
    const store = new TraceSettingsStore();
    store.update(undefined, { trace_rate: '500' });
    store.update('m', { trace_rate: '7' });
    expect(store.get('m').trace_rate).toBe('7');
    expect(store.get('other').trace_rate).toBe('500');
    expect(store.update('m', { trace_rate: null }).trace_rate).toBe('500');
    expect(store.update(undefined, { trace_rate: null }).trace_rate).toBe('1000');
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
      'trace_level: this version exports no traces; only OFF can be set',
    ],
    [{ trace_file: '/tmp/x' }, 'unimplemented', 'trace_file cannot be changed over the network'],
  ])('refuses %j', (update, code, message) => {
    const store = new TraceSettingsStore();
    expect(() => store.update(undefined, update)).toThrow(expect.objectContaining({ code, message }));
    expect(store.get(undefined)).toEqual(new TraceSettingsStore().get(undefined));
  });
});

describe('updateLogSettings', () => {
  it('changes what is given and shows the whole', () => {
    const logs = control();
    expect(updateLogSettings(logs, { log_verbose_level: 1, log_info: false })).toEqual({
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
    [{ log_file: '/tmp/x' }, 'unimplemented', 'log_file cannot be changed over the network'],
  ])('refuses %j', (update, code, message) => {
    const logs = control();
    expect(() => updateLogSettings(logs, update)).toThrow(expect.objectContaining({ code, message }));
    expect(logs.get()).toEqual(LOGS);
  });
});
