import { type CallContext, MillraceError } from '../../core/index.js';
import type { Audited } from '../../governance/index.js';
import { admit } from '../../governance/index.js';
import type { VersionLabels, VersionLookup } from '../../models/index.js';
import { isModelReady } from '../../models/index.js';
import { didYouMean } from '../../text/index.js';
import type { Declared } from '../declarations/declared.js';
import { tagOf } from '../declarations/expected.js';
import type { DeclaredLabels } from './declared-labels.js';
import type { LabelsOfModel, LabelUseCases } from './types.js';

interface LabelUseCasesSetup {
  readonly lookup: VersionLookup;
  readonly labels: VersionLabels;
  readonly declared: Declared;
  readonly declaredLabels: DeclaredLabels;
  readonly audited: Audited;
  /** Of all models that the server knows. */
  readonly modelNames: () => readonly string[];
}

interface LabelsChange {
  readonly model: string;
  readonly action: string;
}

/** The use cases about labels of versions. */
export function createLabelUseCases(setup: LabelUseCasesSetup): LabelUseCases {
  const { lookup, labels, declared, declaredLabels, audited, modelNames } = setup;

  const unknown = ({ principal: { rights } }: CallContext, model: string): MillraceError => {
    const names = modelNames().filter((name) => rights.allowOwn('model.read', name));
    return new MillraceError('not_found', `there is no model '${model}'${didYouMean(model, names, "'")}`);
  };

  function checkModel(call: CallContext, model: string): void {
    if (lookup.engine.statusesOf(model).length > 0 || declared.of('labels', model) !== undefined) return;
    throw unknown(call, model);
  }

  const admitTo = (call: CallContext, model: string) =>
    admit(call.principal, 'model.observe', { name: model, isOwn: true, unknown: () => unknown(call, model) });

  function of(model: string): LabelsOfModel {
    const declaration = declared.of('labels', model);
    const known = [...labels.of(model)].map(([label, version]) => {
      const place = labels.placeOf(model, label);
      const owner = place === undefined ? ('api' as const) : ('file' as const);
      return { label, version, owner, place, isReady: isModelReady(lookup, { name: model, version }) };
    });
    return {
      model,
      labels: known.toSorted((a, b) => (a.label < b.label ? -1 : 1)),
      tag: tagOf(declaration),
      changedAtMs: declaration?.changedAtMs,
      changedBy: declaration?.changedBy,
    };
  }

  const changing = (
    call: CallContext,
    { model, action }: LabelsChange,
    work: () => Promise<void>,
  ): Promise<LabelsOfModel> => {
    const before = labels.declaredOf(model);
    const changeOf = () => ({ before, after: labels.declaredOf(model) });
    const subject = { action: `labels.${action}`, resource: model, right: 'label.change', changeOf } as const;
    return audited(call, { ...subject, unknown: () => unknown(call, model) }, async () => {
      checkModel(call, model);
      await work();
      return of(model);
    });
  };

  return {
    of(call, model) {
      admitTo(call, model);
      checkModel(call, model);
      return of(model);
    },
    change: async (call, model, { labels: changes, expected = {} }) =>
      changing(call, { model, action: 'change' }, () =>
        declaredLabels.change(model, changes, { by: call.principal.name, expected }),
      ),
    async history(call, model, limit) {
      admitTo(call, model);
      const revisions = await declaredLabels.history(model, limit);
      if (revisions.length === 0) checkModel(call, model);
      return revisions;
    },
    undo: async (call, model, expected = {}) =>
      changing(call, { model, action: 'undo' }, () =>
        declaredLabels.undo(model, { by: call.principal.name, expected }),
      ),
  };
}
