import type { Action, CallContext, InferTarget } from '../../core/index.js';
import type { Engine, ModelInfo } from '../../engine/index.js';
import { admit } from '../../governance/index.js';
import { resolveModelConfig, toTritonConfig } from '../../repository/index.js';
import type { Route } from '../../routing/index.js';
import { findStatuses } from '../lookup/find-statuses.js';
import { findVersion, type VersionLookup } from '../lookup/find-version.js';
import { isModelReady } from '../lookup/model-ready.js';
import { admitToModel } from '../lookup/seen-lookup.js';
import { askArms } from '../lookup/tell.js';
import type { MemoryNeeds } from '../memory/memory-needs.js';
import type { ModelUseCases } from '../types.js';
import { reportVersions } from './version-reports.js';

/** Routes, which are named like models; `traffic` has them. */
export interface NamedRoutes {
  /** undefined = a model, or a version of one. */
  find(target: InferTarget): Route | undefined;
  /** A version that stands for all of a route. Throws why none of its arms serves. */
  example(route: Route): ModelInfo;
  /** Of each route that answers requests. */
  examples(): readonly { readonly name: string; readonly info: ModelInfo }[];
  isReady(route: Route): boolean;
}

interface ModelParts {
  readonly engine: Engine;
  readonly lookup: VersionLookup;
  readonly routes: NamedRoutes;
  readonly needs: Pick<MemoryNeeds, 'of'>;
}

type Known = Omit<ModelUseCases, 'modelReports' | 'modelReport' | 'loadModel' | 'reloadModels' | 'unloadModel'>;

/** Models, their versions and routes, as far as callers may see them. */
export function createModelUseCases({ engine, lookup, routes, needs }: ModelParts): Known {
  /** The target of a principal with the right: a route, else the models that it sees. */
  const seek = ({ principal }: CallContext, action: Action, target: InferTarget) => {
    const { lookup: seen, isItself, target: own } = admitToModel(lookup, { principal, action }, target);
    return { seen, own, route: isItself ? routes.find(own) : undefined };
  };
  const exampleOf = (route: Route) => routes.example(route);
  const find = (call: CallContext, action: Action, target: InferTarget) => {
    const { seen, own, route } = seek(call, action, target);
    const info = route === undefined ? findVersion(seen, own) : askArms(call, route, exampleOf);
    const versions = engine.serving(info.ref.name).map(({ ref }) => ref.version);
    return { info: withName(info, target.name), versions, ref: info.ref, own };
  };
  /** One for each alias of these models. */
  const aliasesOf = (seen: readonly ModelInfo[]) => {
    const byName = new Map(seen.map((info) => [info.ref.name, info]));
    return lookup.aliases.all().flatMap(({ alias, model }) => {
      const info = byName.get(model);
      return info === undefined ? [] : [withName(info, alias)];
    });
  };
  const useCases: Known = {
    checkModel: (call, right, name) => void find(call, right, { name, version: undefined }),
    modelReady(call, name, version) {
      if (!call.principal.rights.sees(lookup.aliases.resolve({ name, version }).name)) return false;
      const { seen, own, route } = seek(call, 'model.read', { name, version });
      return route === undefined ? isModelReady(seen, own) : routes.isReady(route);
    },
    modelInfo: (call, name, version) => find(call, 'model.read', { name, version }),
    modelConfig(call, name, version) {
      const { source } = find(call, 'model.read', { name, version }).info;
      return resolveModelConfig(source.config, source.manifest);
    },
    tritonConfig: (call, name, version) => toTritonConfig(find(call, 'model.read', { name, version }).info),
    modelStatuses(call, name, version) {
      const { seen, own, route } = seek(call, 'model.read', { name, version });
      const withReasons = call.principal.rights.allow('model.observe', own.name);
      return route === undefined
        ? findStatuses(seen, own, { withReasons })
        : findStatuses(lookup, askArms(call, route, exampleOf).ref, { withReasons });
    },
    modelVersions(call, name) {
      const { seen, own, route } = seek(call, 'model.observe', { name, version: undefined });
      // The bare name of a model may be split meanwhile.
      const isModel = route === undefined || seen.engine.statusesOf(own.name).length > 0;
      const target = isModel ? own : askArms(call, route, exampleOf).ref;
      return reportVersions({ engine, needs }, findStatuses(isModel ? seen : lookup, target, { withReasons: true }));
    },
    modelStatistics(call, name, version) {
      if (name === undefined) {
        admit(call.principal, 'model.observe', '');
        return engine.statistics().filter((entry) => call.principal.rights.allowOwn('model.observe', entry.name));
      }
      const { versions, ref, own } = find(call, 'model.observe', { name, version });
      const wanted = version === undefined && ref.name === own.name ? versions : [ref.version];
      return engine.statistics().filter((entry) => entry.name === ref.name && wanted.includes(entry.version));
    },
    modelGauges(call, { name, version }) {
      admit(call.principal, 'model.read', name);
      if (!call.principal.rights.allowOwn('model.read', name)) return undefined;
      return engine.gauges().find(({ ref }) => ref.name === name && ref.version === version);
    },
    readyModels(call, purpose) {
      const { rights } = call.principal;
      if (purpose === undefined || purpose === 'names') admit(call.principal, 'model.read', '');
      const models = engine
        .statuses()
        .flatMap(({ state, info }) => (state.kind === 'ready' && info !== undefined ? [info] : []));
      const all = [...models, ...routes.examples().map(({ name, info }) => withName(info, name))];
      const right = purpose === 'infer' ? 'model.infer' : 'model.read';
      const seen = all.filter(({ ref }) => rights.allowOwn(right, ref.name));
      return purpose === 'names' || purpose === 'suggest' ? [...seen, ...aliasesOf(seen)] : seen;
    },
    repositoryIndex(call, { readyOnly, repository }) {
      admit(call.principal, 'model.observe', '');
      return engine
        .statuses()
        .filter(({ name }) => call.principal.rights.allowOwn('model.observe', name))
        .filter(({ state }) => !readyOnly || state.kind === 'ready')
        .filter(({ info }) => repository === undefined || info === undefined || inRepository(info, repository));
    },
  };
  return useCases;
}

/** Answers say the name that was asked for. */
function withName(info: ModelInfo, name: string): ModelInfo {
  return info.ref.name === name ? info : { ...info, ref: { ...info.ref, name } };
}

function inRepository(info: ModelInfo, wanted: string): boolean {
  const path = info.source.repository;
  return path === wanted || path.split(/[\\/]/).pop() === wanted;
}
