import { type ErrorCode, MillraceError, type ModelState } from '../../core/index.js';
import type { Engine, ModelInfo } from '../../engine/index.js';
import type { Audited, Subject } from '../../governance/index.js';
import type { RepositoryOptions } from '../../repository/index.js';
import type { LoadModelOptions, ModelUseCases } from '../types.js';
import type { LoadOptions } from './load-overrides.js';
import type { ModelController } from './model-controller.js';
import { type LabelDeclarations, reloadModels } from './reload-models.js';

interface ManagementSetup {
  readonly engine: Engine;
  readonly options: RepositoryOptions;
}

interface ManagementParts {
  readonly controller: ModelController;
  readonly audited: Audited;
  readonly declaredLabels: LabelDeclarations;
}

/** The use cases that load and unload models. */
export function createManagement(
  { engine, options: repository }: ManagementSetup,
  { controller, audited, declaredLabels }: ManagementParts,
): Pick<ModelUseCases, 'loadModel' | 'unloadModel' | 'reloadModels'> {
  return {
    loadModel: async (call, name, options) =>
      audited(call, loadOf(repository, name, options), () =>
        controller.load(name, toLoadOptions(options), {
          source: options.source,
          signal: call.signal,
          audited: (source, pull) =>
            audited(call, { action: 'model.pull', resource: source, right: 'model.load', on: [name] }, pull),
        }),
      ),
    unloadModel: async (
      call,
      name,
      { unloadDependents = false, onlyVersion, onlyLoaded = false, untilGone = false, force = false } = {},
    ) =>
      audited(call, unloadOf(repository, name), async () => {
        if (onlyLoaded && engine.statusesOf(name).every(({ state }) => isGone(state))) throw noModel(name);
        if (onlyVersion !== undefined) checkOnlyVersion(name, onlyVersion, engine.serving(name));
        if (!force) declaredLabels.checkUnload(name);
        await controller.unload(name, { withComposing: unloadDependents, untilGone });
      }),
    reloadModels: async (call, listed) =>
      audited(call, reloadOf(repository), () => reloadModels({ controller, engine, declaredLabels }, listed)),
  };
}

function toLoadOptions({ repository, from, config, files }: LoadModelOptions): LoadOptions {
  return {
    ...(from === undefined ? {} : { from }),
    ...(repository === undefined ? {} : { repository }),
    ...(config === undefined ? {} : { configOverride: config }),
    ...(files === undefined ? {} : { fileOverrides: files }),
  };
}

function checkOnlyVersion(name: string, wanted: number, serving: readonly ModelInfo[]): void {
  const versions = serving.map(({ ref }) => ref.version);
  if (!versions.includes(wanted)) {
    throw new MillraceError('not_found', `version ${wanted} of model '${name}' is not loaded`);
  }
  if (versions.length === 1) return;
  throw new MillraceError(
    'unimplemented',
    `model '${name}' serves versions ${versions.join(', ')}, as its model.yaml says: one of them cannot be unloaded by itself`,
  );
}

function unloadOf(options: RepositoryOptions, name: string): Subject {
  const check = () => checkExplicit(options, 'unavailable', `unload model '${name}'`);
  const unknown = () => noModel(name);
  return { action: 'model.unload', resource: name, right: 'model.unload', check, unknown };
}

function noModel(name: string): MillraceError {
  return new MillraceError('not_found', `there is no model '${name}'`);
}

function isGone({ kind }: ModelState): boolean {
  return kind === 'draining' || kind === 'unloaded';
}

function loadOf(options: RepositoryOptions, name: string, { from, config, files }: LoadModelOptions): Subject {
  const check = () => checkExplicit(options, 'unavailable', `load model '${name}'`);
  const unknown = () => new MillraceError('not_found', `no repository has a model '${name}'`);
  // Files and a configuration of the caller's own may be another model, or be made of any.
  const isOwn = from !== undefined || config !== undefined || files !== undefined;
  const on = isOwn ? [name, '*'] : [name];
  return { action: 'model.load', resource: name, right: 'model.load', on, check, unknown };
}

function reloadOf(options: RepositoryOptions): Subject {
  const check = () => checkExplicit(options, 'failed_precondition', 'reload the models');
  return { action: 'models.reload', resource: '', right: 'model.load', check };
}

/** Throws the code where models are not loaded and unloaded by requests. */
function checkExplicit({ controlMode }: RepositoryOptions, code: ErrorCode, what: string): void {
  if (controlMode === 'explicit') return;
  throw new MillraceError(
    code,
    `cannot ${what}: this requires repository.controlMode explicit (--model-control-mode explicit --load-model '*'), got ${controlMode}`,
  );
}
