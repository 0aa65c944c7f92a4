import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

const strict = { additionalProperties: false } as const;

const RuleSchema = Type.Object(
  {
    names: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
      minItems: 1,
      maxItems: 256,
      description: 'Models and routes whose requests are recorded; `*` stands for any text.',
    }),
    rate: Type.Number({ default: 1, minimum: 0, maximum: 1, description: 'Share of the requests that are recorded.' }),
    maxRecordBytes: Type.Integer({
      default: 65_536,
      minimum: 0,
      maximum: 524_288,
      description:
        'Largest size of the tensors of a record. Of those that do not fit, it has the name, datatype and shape only.',
    }),
    tensors: Type.Union([Type.Literal('values'), Type.Literal('summary')], {
      default: 'values',
      description:
        'What is recorded of tensors: their values; or a summary, which has the least, the greatest and the mean of numbers, and the number and size of texts.',
    }),
    redact: Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), {
      default: [],
      maxItems: 256,
      description:
        'Paths of what is left out: `inputs.text`, `parameters.user`; of texts that are JSON, also what is in them: `inputs.chat_input.messages[*].content`.',
    }),
  },
  strict,
);

/** `payloadLog` of the settings. */
export const PayloadLogOptionsSchema = Type.Object(
  {
    folder: Type.String({
      default: '',
      'x-path': true,
      description: "Folder of the [payload log](payload-log.md), for the server alone; '' = nothing is recorded.",
    }),
    rules: Type.Array(RuleSchema, {
      default: [],
      maxItems: 1_024,
      description:
        'Which requests are recorded, and what of them. The first rule that names the route of a request, or its model, applies.',
    }),
    keyFile: Type.String({
      default: '',
      'x-path': true,
      description:
        "Key by which callers have pseudonyms in the log (HMAC-SHA-256). Where there is no file, it is made; '' = `principal.key` in `payloadLog.folder`.",
    }),
    fileSizeBytes: Type.Integer({
      default: 67_108_864,
      minimum: 4_096,
      description: 'A file that is so large is followed by another one.',
    }),
    fileHours: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      maximum: 24,
      description: 'A file that is so old is followed by another one.',
    }),
    keepDays: Type.Number({
      default: 30,
      exclusiveMinimum: 0,
      maximum: 36_500,
      description: 'Files whose first record is older are removed.',
    }),
    maxSizeBytes: Type.Integer({
      default: 1_073_741_824,
      minimum: 4_096,
      description: 'Where all files together are larger, the oldest are removed.',
    }),
    maxQueuedBytes: Type.Integer({
      default: 8_388_608,
      minimum: 65_536,
      maximum: 1_073_741_824,
      description:
        'Largest size, about, of the records that wait for the disk. While it is slow or full, further records are dropped and counted (`millrace_payload_log_records_total`).',
    }),
  },
  { ...strict, default: {} },
);

export type PayloadLogOptions = DeepReadonly<Static<typeof PayloadLogOptionsSchema>>;
export type PayloadRule = PayloadLogOptions['rules'][number];
