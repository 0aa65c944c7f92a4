import { CONTRACT_VERSION, type RuntimeManifest } from '../manifest.js';

/** Models in TypeScript or JavaScript. */
export const SCRIPT: RuntimeManifest = {
  name: 'script',
  contractVersion: CONTRACT_VERSION,
  files: {
    endings: ['.ts', '.mts', '.js', '.mjs'],
    names: ['model.ts', 'model.mts', 'model.js', 'model.mjs'],
    noun: 'script',
    code: true,
  },
  placements: ['process'],
  placementReason: 'a script runs in a runner process only, as it could block or end the server',
  triton: { backends: ['millrace', 'script'], platforms: ['millrace_script'], decoupled: true },
};
