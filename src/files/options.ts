import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `files` of the settings. */
export const FilesOptionsSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description:
        'Whether callers can upload files (`/v1/files`, `/v1/uploads`) and run batches of them (`/v1/batches`).',
    }),
    maxFileBytes: Type.Integer({
      default: 536_870_912,
      minimum: 1,
      description: 'Largest file; larger ones are refused with 413.',
    }),
    maxBytesPerPrincipal: Type.Integer({
      default: 2_147_483_648,
      minimum: 1,
      description:
        'Bytes of the files of one principal: those that it uploads and those that its batches write. Uploads above are refused with 429; a batch waits.',
    }),
    maxBytes: Type.Integer({
      default: 10_737_418_240,
      minimum: 1,
      description: 'The same for all principals together; uploads above are refused with 503.',
    }),
    maxPerPrincipal: Type.Integer({
      default: 10_000,
      minimum: 1,
      description: 'Files of one principal. More are refused with 429.',
    }),
    minFreeBytes: Type.Integer({
      default: 268_435_456,
      minimum: 0,
      description:
        'What files leave free on the disk of the store, which the store itself needs. Uploads are refused with 503 when less is left; batches wait.',
    }),
    maxUploadsAtOnce: Type.Integer({
      default: 64,
      minimum: 1,
      description: 'Files and parts that arrive at the same time. More are refused with 503.',
    }),
    maxUploadsAtOncePerPrincipal: Type.Integer({
      default: 16,
      minimum: 1,
      description: 'The same of one principal.',
    }),
    keepMs: Type.Integer({
      default: 30 * DAY_MS,
      minimum: 1_000,
      maximum: 3_660 * DAY_MS,
      description: 'A file is removed so long after its upload. Callers may ask for less (`expires_after`).',
    }),
    uploadMaxAgeMs: Type.Integer({
      default: HOUR_MS,
      minimum: 1_000,
      maximum: 31 * DAY_MS,
      description: 'An upload in parts that is not complete so long after its start expires.',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type FilesOptions = DeepReadonly<Static<typeof FilesOptionsSchema>>;
