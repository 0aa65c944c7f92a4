import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

/** Who did what to what. */
export const AuditOptionsSchema = Type.Object(
  {
    enabled: Type.Union([Type.Literal('auto'), Type.Boolean()], {
      default: 'auto',
      description:
        'Keep an audit trail: changes and refusals, and inferences where `audit.inferences` says so. `auto`: where callers need credentials. ' +
        'With a trail, what cannot be recorded is not changed.',
    }),
    folder: Type.String({
      default: './.millrace/audit',
      minLength: 1,
      description: 'Folder with the files of the trail. It is made with the first entry.',
      'x-path': true,
    }),
    checkpointFile: Type.String({
      default: '',
      description:
        "Second place: file to which signed checkpoints are appended, best on another disk or a medium that is written once; '' = none. Only with them is it found " +
        'when the end of the trail is cut off, or all of it is written anew.',
      'x-path': true,
    }),
    checkpointIntervalMs: Type.Integer({
      default: 10_000,
      minimum: 1_000,
      description: 'A checkpoint is written so often, where something was recorded since.',
    }),
    keyFile: Type.String({
      default: '',
      description:
        "Ed25519 key that signs checkpoints, as PEM (PKCS #8). Where there is no file, it is made, with the public key beside it (`.pub`); '' = " +
        '`checkpoint-key.pem` in `audit.folder`.',
      'x-path': true,
    }),
    segmentSizeBytes: Type.Integer({
      default: 67_108_864,
      minimum: 65_536,
      description: 'A file of the trail that is so large is followed by another one.',
    }),
    segmentHours: Type.Number({
      default: 24,
      exclusiveMinimum: 0,
      description: 'A file of the trail that is so old is followed by another one.',
    }),
    keepDays: Type.Number({
      default: 365,
      minimum: 0,
      description: 'Files whose last entry is older are removed, which the trail itself says; 0 = none are.',
    }),
    maxSizeBytes: Type.Integer({
      default: 17_179_869_184,
      minimum: 0,
      description:
        'Where all files together are larger, the oldest are removed, which the trail itself says; 0 = none are.',
    }),
    inferences: Type.Union([Type.Literal('none'), Type.Literal('metadata'), Type.Literal('digest')], {
      default: 'none',
      description:
        'What is recorded of inferences: nothing; who asked which model when, and how it ended; or also a digest (SHA-256) of what was sent. Never what was sent.',
    }),
    models: Type.Array(Type.String({ minLength: 1 }), {
      default: ['*'],
      description:
        'Models and routes whose inferences are recorded, as callers name them, but by their own names instead of aliases; `*` stands for any text.',
    }),
    whenBehind: Type.Union([Type.Literal('drop'), Type.Literal('refuse')], {
      default: 'drop',
      description:
        'Where inferences cannot be recorded as fast as they come, or at all: `drop` leaves them out and records how many, `refuse` answers further ones with 503 ' +
        '(gRPC: `UNAVAILABLE`) until they can.',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type AuditOptions = DeepReadonly<Static<typeof AuditOptionsSchema>>;
