import type { Call } from '../core/index.js';
import type { Engine, ModelGauges, ModelStatus } from '../engine/index.js';
import { admit } from '../governance/index.js';
import { findStatuses } from './find-statuses.js';
import type { VersionLookup } from './find-version.js';
import { admitToModel } from './seen-lookup.js';
import type { ModelReport, Service } from './types.js';
import { gaugesByGeneration } from './version-reports.js';

interface ReportParts {
  readonly engine: Pick<Engine, 'statuses' | 'gauges'>;
  readonly lookup: VersionLookup;
}

/** The catalog of models: all that is known of them. */
export function createModelReports({ engine, lookup }: ReportParts): Pick<Service, 'modelReport' | 'modelReports'> {
  const report = (
    call: Call,
    name: string,
    gaugesOf: (status: ModelStatus) => ModelGauges | undefined,
  ): ModelReport => {
    const { lookup: seen } = admitToModel(
      lookup,
      { principal: call.principal, action: 'model.read' },
      {
        name,
        version: undefined,
      },
    );
    const withReasons = call.principal.rights.allow('model.observe', name);
    const statuses = findStatuses(seen, { name, version: undefined }, { withReasons });
    return {
      name,
      labels: Object.fromEntries([...seen.labels.of(name)].sort(([a], [b]) => (a < b ? -1 : 1))),
      versions: statuses.map((status) => ({ status, gauges: withReasons ? gaugesOf(status) : undefined })),
    };
  };
  return {
    modelReports(call, { after = '', limit }) {
      const { principal } = call;
      admit(principal, 'model.read', '');
      const known = new Set(engine.statuses().flatMap(({ name, version }) => (version > 0 ? [name] : [])));
      const names = [...known].filter((name) => name > after && principal.rights.allowOwn('model.read', name)).sort();
      const gaugesOf = gaugesByGeneration(engine);
      return {
        models: names.slice(0, limit).map((name) => report(call, name, gaugesOf)),
        next: names.length > limit ? names[limit - 1] : undefined,
      };
    },
    modelReport: (call, name) => report(call, name, gaugesByGeneration(engine)),
  };
}
