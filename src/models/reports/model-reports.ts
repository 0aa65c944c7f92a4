import { type CallContext, groupBy } from '../../core/index.js';
import type { Engine, ModelGauges, ModelStatus } from '../../engine/index.js';
import { admit } from '../../governance/index.js';
import { findStatuses } from '../lookup/find-statuses.js';
import type { VersionLookup } from '../lookup/find-version.js';
import type { ModelAlias } from '../lookup/model-aliases.js';
import { admitToModel } from '../lookup/seen-lookup.js';
import type { MemoryNeeds } from '../memory/memory-needs.js';
import type { ModelReport, ModelUseCases } from '../types.js';
import { gaugesByGeneration } from './version-reports.js';

interface ReportParts {
  readonly engine: Pick<Engine, 'statuses' | 'gauges'>;
  readonly lookup: VersionLookup;
  readonly needs: Pick<MemoryNeeds, 'of'>;
}

/** Lookups that all models of an answer share. */
interface Known {
  readonly gaugesOf: (status: ModelStatus) => ModelGauges | undefined;
  /** By model. */
  readonly aliasesOf: ReadonlyMap<string, readonly ModelAlias[]>;
}

/** The catalog of models, with all their properties. */
export function createModelReports({
  engine,
  lookup,
  needs,
}: ReportParts): Pick<ModelUseCases, 'modelReport' | 'modelReports'> {
  const report = (call: CallContext, asked: string, { gaugesOf, aliasesOf }: Known): ModelReport => {
    const right = { principal: call.principal, action: 'model.read' } as const;
    const { lookup: seen, target } = admitToModel(lookup, right, { name: asked, version: undefined });
    const { name } = target;
    const withReasons = call.principal.rights.allow('model.observe', name);
    const statuses = findStatuses(seen, target, { withReasons });
    return {
      name,
      aliases: aliasesOf.get(name)?.map(({ alias }) => alias) ?? [],
      labels: Object.fromEntries([...seen.labels.of(name)].sort(([a], [b]) => (a < b ? -1 : 1))),
      versions: statuses.map((status) => ({
        status,
        gauges: withReasons ? gaugesOf(status) : undefined,
        memory: withReasons ? needs.of(status) : undefined,
      })),
    };
  };
  const knownNow = (): Known => ({
    gaugesOf: gaugesByGeneration(engine),
    aliasesOf: groupBy(lookup.aliases.all(), ({ model }) => model),
  });
  return {
    modelReports(call, { after = '', limit }) {
      const { principal } = call;
      admit(principal, 'model.read', '');
      const all = new Set(engine.statuses().flatMap(({ name, version }) => (version > 0 ? [name] : [])));
      const names = [...all].filter((name) => name > after && principal.rights.allowOwn('model.read', name)).sort();
      const known = knownNow();
      return {
        models: names.slice(0, limit).map((name) => report(call, name, known)),
        next: names.length > limit ? names[limit - 1] : undefined,
      };
    },
    modelReport: (call, name) => report(call, name, knownNow()),
  };
}
