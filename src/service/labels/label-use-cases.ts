import { MillraceError } from '../../core/index.js';
import { admit } from '../../governance/index.js';
import { didYouMean } from '../../text/index.js';
import type { VersionLookup } from '../find-version.js';
import { isModelReady } from '../model-ready.js';
import type { LabelUseCases } from './types.js';

interface LabelUseCasesSetup {
  readonly lookup: VersionLookup;
  /** Of all models that the server knows. */
  readonly modelNames: () => readonly string[];
}

/** The use cases about labels of versions. */
export function createLabelUseCases({ lookup, modelNames }: LabelUseCasesSetup): LabelUseCases {
  return {
    list(call, model) {
      admit(call.principal, 'observe');
      if (lookup.engine.statusesOf(model).length === 0) {
        throw new MillraceError('not_found', `there is no model '${model}'${didYouMean(model, modelNames(), "'")}`);
      }
      return [...lookup.labels.of(model)]
        .map(([label, version]) => ({
          label,
          version,
          isReady: isModelReady(lookup, { name: model, version }),
        }))
        .toSorted((a, b) => (a.label < b.label ? -1 : 1));
    },
  };
}
