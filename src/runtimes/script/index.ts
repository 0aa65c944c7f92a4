import { existsSync } from 'node:fs';
import path from 'node:path';
import { invalidArgument } from '../../core/index.js';
import type { AnyModelDefinition } from '../../model/index.js';
import type { LoadedModel, LoadSpec, Runtime } from '../contract.js';
import type { Description } from '../description.js';
import { OptionReader } from '../option-reader.js';
import type { RuntimeContext } from '../runtime-context.js';
import { createLog, createModelContext } from './contexts.js';
import { isDecoupled } from './definition.js';
import { explainLoadError, explainThrown } from './explain.js';
import { loadDefinition } from './load-definition.js';
import { ScriptModel } from './model.js';
import { readSignature } from './signature.js';

const DEFAULT_STREAMS = 64;

/** Models in TypeScript or JavaScript. In runner processes only: a script may block, end or fill up where it runs. */
export function createRuntime(context: RuntimeContext): Runtime {
  reportRejections(context);
  return { name: 'script', load: (spec) => loadScript(spec, context) };
}

async function loadScript(spec: LoadSpec, context: RuntimeContext): Promise<LoadedModel> {
  new OptionReader('script', spec.options).end();
  if (!existsSync(spec.path)) {
    throw invalidArgument(`the model file '${path.basename(spec.path)}' does not exist`);
  }
  try {
    const definition = await loadDefinition(spec.path);
    return await createScriptModel(definition, spec, context);
  } catch (error) {
    throw explainLoadError(error, spec.path);
  }
}

/** A script's model, ready to run: its `load` has been called. Rejects with what the script throws. */
export async function createScriptModel(
  definition: AnyModelDefinition,
  spec: LoadSpec,
  context: RuntimeContext,
): Promise<LoadedModel> {
  const description = describe(definition, spec);
  const { name, version } = spec.ref;
  const identity = { name, version, folder: path.dirname(spec.path), parameters: spec.parameters ?? {} };
  const log = createLog(context.report);
  const loaded = await definition.load?.(createModelContext(identity, log, undefined));
  const model = createModelContext<unknown>(identity, log, loaded);
  return new ScriptModel({ definition, description, model, context });
}

function describe(definition: AnyModelDefinition, spec: LoadSpec): Description {
  const { signature, maxBatchSize } = readSignature(definition, spec);
  const decoupled = isDecoupled(definition);
  return {
    signature,
    ...(maxBatchSize === undefined ? {} : { maxBatchSize }),
    // What has moved a state on cannot run twice.
    pure: definition.pure === true && definition.stateful !== true,
    batchInvariant: definition.batchInvariant ?? true,
    decoupled,
    stateful: definition.stateful ?? false,
    concurrency: definition.concurrency ?? (decoupled ? DEFAULT_STREAMS : 1),
    needsEventLoop: true,
    wantsContext: true,
    textOnly: false,
    platform: 'millrace_script',
  };
}

let reporting = false;

/** A promise that nobody looked after is a mistake, but not one for which others should lose their answers. */
function reportRejections({ report }: RuntimeContext): void {
  if (reporting) return;
  reporting = true;
  process.on('unhandledRejection', (reason) => {
    report(
      'error',
      `a promise was rejected and nobody handled it: ${explainThrown(reason, '').stack ?? String(reason)}`,
    );
  });
}
