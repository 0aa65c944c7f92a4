import { Type } from '@sinclair/typebox';
import { OWN_FILES_ONLY } from '../by-load.js';
import { CONTRACT_VERSION, type RuntimeManifest } from '../manifest.js';

const MediaSchema = Type.Object(
  {
    kind: Type.Union([Type.Literal('image'), Type.Literal('audio')], {
      ...OWN_FILES_ONLY,
      default: 'image',
      description: 'What it decodes.',
    }),
    maxPixels: Type.Integer({
      ...OWN_FILES_ONLY,
      minimum: 1,
      default: 50_000_000,
      description: 'Largest picture, width times height.',
    }),
    maxDurationMs: Type.Number({ ...OWN_FILES_ONLY, minimum: 1, default: 600_000, description: 'Longest sound.' }),
  },
  { additionalProperties: false },
);

/**
 * Decoders of pictures and sounds. They are the server's own models: no repository has one, so this is not among the runtimes that
 * configurations may name.
 */
export const MEDIA: RuntimeManifest = {
  name: 'media',
  contractVersion: CONTRACT_VERSION,
  options: MediaSchema,
  placements: ['process'],
  placementReason: "strangers' bytes are decoded in a runner process only",
  // One picture is decoded at a time, and always in the same thread.
  environment: { UV_THREADPOOL_SIZE: '1' },
};
