import { type Static, Type } from '@sinclair/typebox';
import { BY_LOAD } from '../../runtimes/index.js';

/** How a sound becomes rows of an input. Samples are -1 to 1, times `scale`. */
export const AudioConfigSchema = Type.Object(
  {
    rateHz: Type.Integer({
      ...BY_LOAD,
      minimum: 1_000,
      maximum: 384_000,
      description:
        'Sampling rate that the model takes; sounds of other rates are resampled. Channels are mixed down to one.',
    }),
    lengthSamples: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        description:
          'Samples of a row: shorter sounds are filled up with zeros, longer ones cut off. ' +
          "Default: the shape's last dimension; where that is variable, the sound's own length.",
      }),
    ),
    windowSamples: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        description:
          'The sound is cut into windows of so many samples, each a row of its own, or a step of a sequence where the model ' +
          'keeps state; the last one is filled up with zeros. Answers are joined in order of time. Default: it is one row.',
      }),
    ),
    hopSamples: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        description: 'Samples from the beginning of a window to that of the next one. Default: `windowSamples`.',
      }),
    ),
    contextSamples: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description: 'Samples just before a window that its row begins with; zeros before the first window.',
      }),
    ),
    scale: Type.Optional(
      Type.Number({ ...BY_LOAD, default: 1, description: 'Factor for samples of -1 to 1; 32767 for INT16 inputs.' }),
    ),
    rateInput: Type.Optional(
      Type.String({
        ...BY_LOAD,
        minLength: 1,
        description: 'Name of a numeric input that takes `rateHz`, for models that have one.',
      }),
    ),
  },
  { additionalProperties: false, description: 'How a WAV, FLAC, MP3 or Ogg becomes this input.' },
);

export type AudioConfig = Static<typeof AudioConfigSchema>;
