import { Type } from '@sinclair/typebox';
import { BY_LOAD, OWN_FILES_ONLY } from '../by-load.js';
import { CONTRACT_VERSION, type RuntimeManifest } from '../manifest.js';

/** The section of a model configuration. */
export const EchoSchema = Type.Object(
  {
    mode: Type.Optional(
      Type.Union([Type.Literal('identity'), Type.Literal('repeat'), Type.Literal('accumulate')], {
        ...BY_LOAD,
        default: 'identity',
        description:
          '`identity` answers its inputs (input i as output i), `repeat` answers `parameters.times` times, ' +
          '`accumulate` adds up its input over a sequence.',
      }),
    ),
    delayMs: Type.Optional(
      Type.Number({ ...BY_LOAD, minimum: 0, default: 0, description: 'How long each batch takes.' }),
    ),
    faults: Type.Optional(
      Type.Boolean({
        ...OWN_FILES_ONLY,
        default: false,
        description:
          'Lets the request parameter `fault` (raise, hang, exit, abort, allocate) misbehave on purpose: for tests.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Models without a file, which answer what they are sent. */
export const ECHO: RuntimeManifest = {
  name: 'echo',
  contractVersion: CONTRACT_VERSION,
  options: EchoSchema,
  triton: { backends: ['echo', 'identity'] },
};
