import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { formatPath } from '../text/index.js';
import {
  defaultSettings,
  renderConfigurationReference,
  SettingsSchema,
  settingFlags,
  settingsJsonSchema,
} from './index.js';
import { settingKeys } from './shape.js';

const KEYS = settingKeys(SettingsSchema);

describe('the schema of the settings', () => {
  it('gives every key a finite default of its type', () => {
    const without = KEYS.filter(({ schema }) => !Value.Check(schema, schema.default));
    expect(without.map(({ path }) => formatPath(path))).toEqual([]);
  });

  it('accepts its own defaults', () => {
    expect(Value.Check(SettingsSchema, defaultSettings())).toBe(true);
  });

  it('describes every key', () => {
    const without = KEYS.filter(({ schema }) => (schema.description ?? '') === '');
    expect(without.map(({ path }) => formatPath(path))).toEqual([]);
  });

  it('gives each flag to one key', () => {
    const flags = settingFlags().map(({ flag }) => flag);
    expect(new Set(flags).size).toBe(flags.length);
    expect(flags.every((flag) => /^--[a-z-]+$/.test(flag))).toBe(true);
  });

  it('knows the flags that people know from Triton', () => {
    const find = (flag: string) => settingFlags().find((candidate) => candidate.flag === flag);
    expect(find('--model-repository')).toMatchObject({ path: ['repository', 'paths'], repeatable: true, scale: 1 });
    expect(find('--exit-timeout-secs')).toMatchObject({
      path: ['server', 'gracePeriodMs'],
      repeatable: false,
      scale: 1000,
    });
  });
});

describe('the JSON Schema for editors', () => {
  const schema = settingsJsonSchema();
  // What is left of the annotations would make editors complain, and nothing may depend on TypeBox's symbols.
  it('is plain JSON without annotations of our own', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(JSON.stringify(schema)).not.toContain('"x-');
  });

  it('requires nothing but what a list item cannot do without', () => {
    expect(schema).toMatchObject({ required: [] });
    expect(schema).toHaveProperty('properties.server.required', []);
    expect(schema).toHaveProperty('properties.auth.properties.keys.items.required', ['name', 'key']);
  });

  it('accepts a reference where a secret must be', () => {
    const key = 'properties.auth.properties.keys.items.properties.key';
    expect(schema).toHaveProperty(`${key}.anyOf`, [
      { type: 'string', minLength: 16 },
      { type: 'string', pattern: '\\$\\{(env|file):[^}]+\\}' },
    ]);
  });
});

describe('the configuration reference', () => {
  const text = renderConfigurationReference();

  it('has a row for every setting with default, variable and flag', () => {
    for (const { path } of KEYS) expect(text).toContain(`| \`${path.join('.')}\` |`);
    expect(text).toContain(
      '| `server.gracePeriodMs` | number (at least 0) | `30000` | Time for accepted requests to finish at shutdown. | `MILLRACE_SERVER_GRACE_PERIOD_MS` | `--exit-timeout-secs` (× 1000) |',
    );
    expect(text).toContain('| `server.maxInputBytes` | integer (at least 1) | `67108864` (64 MiB) |');
    expect(text).toContain('| `repository.controlMode` | none \\| poll \\| explicit | `none` |');
  });

  it('has a row for what stands inside lists, without a variable', () => {
    expect(text).toContain(
      '| `auth.keys[].key` | string (at least 16 characters) |  | The bearer key; use `${env:NAME}` or `${file:path}`. |  |  |',
    );
  });

  it('has a row for every key of model.yaml', () => {
    expect(text).toContain('| `batching.maxQueueDelayMs` | number (at least 0) | `0` |');
    expect(text).toContain('| `priorities.queues.*.maxRequests` |');
    expect(text).toContain('| `inputs[].name` |');
  });
});
