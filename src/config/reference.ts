import type { TSchema } from '@sinclair/typebox';
import { createModelConfigSchema } from '../repository/index.js';
import { BUILT_IN_RUNTIMES } from '../runtimes/index.js';
import { environmentName } from './environment.js';
import { SettingsSchema } from './schema.js';
import { describeType, isArraySchema, isObjectSchema, isRecordSchema, recordValues } from './shape.js';

interface Row {
  /** `auth.keys[].name`. */
  readonly key: string;
  readonly schema: TSchema;
  /** A key of its own in the environment: not inside a list or a map with free keys. */
  readonly reachable: boolean;
}

/** `docs/configuration.md`: every key of the settings and of `model.yaml`, made from their schemas. */
export function renderConfigurationReference(): string {
  const rooms = Object.entries(SettingsSchema.properties).map(([room, schema]) => renderRoom(room, schema));
  const model = renderTable(MODEL_COLUMNS, rowsOf(createModelConfigSchema(BUILT_IN_RUNTIMES), ''));
  return [INTRODUCTION, ...rooms, MODEL_INTRODUCTION, model].join('\n\n');
}

type Column = readonly [title: string, cell: (row: Row) => string];

const COMMON_COLUMNS: readonly Column[] = [
  ['Key', ({ key }) => `\`${key}\``],
  ['Type', ({ schema }) => escapeCell(describeType(schema))],
  ['Default', ({ key, schema }) => renderDefault(key, schema)],
  ['Description', ({ schema }) => escapeCell(schema.description ?? '')],
];
const MODEL_COLUMNS: readonly Column[] = [
  ...COMMON_COLUMNS,
  ['In a load request', ({ schema }) => LOAD_REQUEST[String(schema['x-load-request'])] ?? ''],
];
const LOAD_REQUEST: Readonly<Record<string, string>> = { true: 'yes', false: 'no' };
const SETTING_COLUMNS: readonly Column[] = [
  ...COMMON_COLUMNS,
  ['Environment', ({ key, reachable }) => (reachable ? `\`${environmentName(key.split('.'))}\`` : '')],
  ['Flag', ({ schema }) => renderFlag(schema)],
];

function renderRoom(room: string, schema: TSchema): string {
  return `## \`${room}\`\n\n${renderTable(SETTING_COLUMNS, rowsOf(schema, room))}`;
}

function renderTable(columns: readonly Column[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(([title]) => title)),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ].join('\n');
}

function rowsOf(schema: TSchema, key: string, reachable = true): readonly Row[] {
  if (isObjectSchema(schema)) {
    const prefix = key === '' ? '' : `${key}.`;
    return Object.entries(schema.properties).flatMap(([name, property]) =>
      rowsOf(property, `${prefix}${name}`, reachable),
    );
  }
  const row: Row = { key, schema, reachable };
  if (isArraySchema(schema) && isObjectSchema(schema.items)) return [row, ...rowsOf(schema.items, `${key}[]`, false)];
  if (isRecordSchema(schema) && isObjectSchema(recordValues(schema))) {
    return [row, ...rowsOf(recordValues(schema), `${key}.*`, false)];
  }
  return [row];
}

function renderDefault(key: string, schema: TSchema): string {
  if (schema.default === undefined) return '';
  const text = typeof schema.default === 'string' ? schema.default || "''" : JSON.stringify(schema.default);
  const mebibytes = key.endsWith('Bytes') ? schema.default / 1_048_576 : 0;
  const memoryShare = schema['x-memory-share'];
  const filesShare = schema['x-open-files-share'];
  return [
    `\`${text}\``,
    ...(mebibytes >= 1 ? [` (${mebibytes} MiB)`] : []),
    ...(memoryShare === undefined ? [] : [`, but at most 1/${1 / memoryShare} of the memory`]),
    ...(filesShare === undefined ? [] : [`, but at most 1/${1 / filesShare} of \`ulimit -n\``]),
  ].join('');
}

function renderFlag(schema: TSchema): string {
  if (schema['x-flag'] === undefined) return '';
  const scale = schema['x-flag-scale'];
  return `\`${schema['x-flag']}\`${scale === undefined ? '' : ` (× ${scale})`}`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

const INTRODUCTION = `# Configuration

This page is made from the schemas in the source by \`scripts/generate-docs.mjs\`; do not edit it.

Settings of the server come from four sources. Each wins over those below it:

1. command-line flags,
2. environment variables \`MILLRACE_*\`, and those that platforms set: \`PORT\` for \`server.httpPort\`, those of
   [SageMaker and Vertex AI](deployment.md#sagemaker-and-vertex-ai),
3. the file given with \`--config\` or named by \`MILLRACE_CONFIG\`, else \`millrace.yaml\` in the working folder,
4. the defaults below.

Maps are merged key by key; a list replaces the whole list below it. If there are unknown keys, unknown
\`MILLRACE_*\` variables or values of the wrong type, the server does not start, and a message says where they are (file, line, column)
and what was expected.

**Environment.** \`server.tls.certFile\` is \`MILLRACE_SERVER_TLS_CERT_FILE\`: each word of the path in capitals. Lists are
written with commas or as JSON (\`["a","b"]\`), maps as JSON, switches as \`true\`, \`false\`, \`1\` or \`0\`. Variables that
Kubernetes makes for a service named millrace are not mistaken for settings.

**References.** Text values, also those from the environment, may hold \`\${env:NAME}\` (an environment variable) and
\`\${file:path}\` (a file's content without its last line break), which is how secrets are given. \`$\${\` stands for the
characters \`\${\`. An unresolved reference stops the server from starting. \`millrace config print\`
shows no secrets.

**Memory** is that of the machine, or of the control group (container) that the server is in, where that is less.

**Paths** in the file start from the file's folder, elsewhere from the working folder. Names end in their unit: \`Ms\`
milliseconds, \`S\` seconds, \`Bytes\` bytes. \`millrace config schema\` prints a JSON Schema for editors.`;

const MODEL_INTRODUCTION = `## \`model.yaml\`

Beside a model's version folders. All of it is optional: what is missing is read from the model file. Triton's
\`config.pbtxt\` is read into the same keys. The configuration of a load request may set the keys that say so in the last column; the
others are refused there, and can be set in the model's own files only ([decision 33](decisions/0033-keys-of-load-requests.md)).`;
