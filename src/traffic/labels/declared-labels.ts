import { type EventBus, invalidArgument, MillraceError } from '../../core/index.js';
import type { Engine } from '../../engine/index.js';
import type { VersionLabels } from '../../models/index.js';
import { labelProblem } from '../../repository/index.js';
import type { Declaration } from '../../store/index.js';
import type { Declared } from '../declarations/declared.js';
import { checkExpected, type Expected } from '../declarations/expected.js';
import type { LabelChanges, LabelDifference, LabelsRevision } from './types.js';

interface DeclaredLabelsSetup {
  readonly declared: Declared;
  readonly labels: VersionLabels;
  readonly engine: Pick<Engine, 'serving' | 'statusesOf'>;
  readonly events: EventBus;
  /** Why a label may not be changed now, as something relies on it; undefined = it may. */
  readonly sayUsed: (model: string, difference: LabelDifference) => string | undefined;
  /** Why labels may not be moved, all together; undefined = they may. */
  readonly sayMisfit: (model: string, differences: readonly LabelDifference[]) => string | undefined;
}

const LONGEST_SHOWN = 160;
/** Labels that a model may have through the API. */
const MAX_LABELS = 100;

/** The author of a change of labels, and the revision that it expects. */
interface LabelChangeOptions {
  /** Name of the principal. */
  readonly by: string;
  readonly expected?: Expected;
  /** A rollout changes labels of its own. */
  readonly ofRollout?: boolean;
}

/** The labels that were declared through the API. */
export class DeclaredLabels {
  readonly #setup: DeclaredLabelsSetup;

  constructor(setup: DeclaredLabelsSetup) {
    this.#setup = setup;
    setup.declared.onChange((changed) => {
      for (const { kind, name, value } of changed) {
        if (kind === 'labels') setup.labels.declare(name, labelsOf({ value }));
      }
    });
  }

  /** Throws where the model's configuration has the label, which then only the configuration may move. */
  checkMovable(model: string, label: string): void {
    const place = this.#setup.labels.placeOf(model, label);
    if (place === undefined) return;
    const message = `label '${label}' of model '${model}' is written in ${place}: change it there`;
    throw new MillraceError('failed_precondition', message);
  }

  /** Moves and removes labels, all of them or none; for good and in force when it resolves. */
  change(model: string, changes: LabelChanges, options: LabelChangeOptions): Promise<void> {
    const { expected = {} } = options;
    return this.#setup.declared.inTurn(() => {
      const now = this.#setup.declared.of('labels', model);
      checkExpected(expected, { kind: 'labels', name: model }, now);
      const before = labelsOf(now);
      for (const [label, version] of Object.entries(changes)) {
        checkLabel(label);
        // One that a file hides can be removed.
        if (version !== null || !Object.hasOwn(before, label)) this.checkMovable(model, label);
      }
      return this.#commit(model, merge(before, changes), options);
    });
  }

  /** Goes back to what was declared before the last change. */
  undo(model: string, options: LabelChangeOptions): Promise<void> {
    const { expected = {} } = options;
    const { declared } = this.#setup;
    return declared.inTurn(async () => {
      checkExpected(expected, { kind: 'labels', name: model }, declared.of('labels', model));
      const [last, before] = await declared.history('labels', model, 2);
      if (last === undefined) {
        throw new MillraceError(
          'failed_precondition',
          `there is nothing to undo: no label of model '${model}' was declared`,
        );
      }
      await this.#commit(model, labelsOf(before), options);
    });
  }

  async history(model: string, limit: number): Promise<readonly LabelsRevision[]> {
    const revisions = await this.#setup.declared.history('labels', model, limit);
    return revisions.map(({ value, revision, changedAtMs, changedBy }) => ({
      revision,
      labels: labelsOf({ value }),
      changedAtMs,
      changedBy,
    }));
  }

  /**
   * Throws where people rely on labels of a model that is to be unloaded. `onlyDeclared`: those in its configuration do not matter, as
   * that is replaced.
   */
  checkUnload(model: string, { onlyDeclared = false }: { readonly onlyDeclared?: boolean } = {}): void {
    const { engine, labels: all } = this.#setup;
    const isLoaded = engine.statusesOf(model).some(({ info }) => info !== undefined);
    const labels = onlyDeclared ? Object.entries(all.declaredOf(model)) : [...all.of(model)];
    if (!isLoaded || labels.length === 0) return;
    const named = labels.map(([label, version]) => `'${label}' = version ${version}`).join(', ');
    const message =
      `model '${model}' has labels that callers may rely on (${named}): remove them first, or unload it all the same ` +
      `(\`millrace models unload ${model} --force\`, the parameter \`force\` of an unload)`;
    throw new MillraceError('failed_precondition', message);
  }

  async #commit(
    model: string,
    after: Readonly<Record<string, number>>,
    { by, ofRollout = false }: LabelChangeOptions,
  ): Promise<void> {
    const { declared, events, sayUsed, sayMisfit } = this.#setup;
    const before = this.#setup.labels.declaredOf(model);
    const changes = differences(before, after);
    if (changes.length === 0) return;
    for (const change of changes) {
      const { label, version } = change;
      const refusal = ofRollout ? undefined : sayUsed(model, change);
      if (refusal !== undefined) throw new MillraceError('failed_precondition', refusal);
      if (version === undefined) continue;
      this.checkMovable(model, label);
      this.#checkServes(model, label, version);
    }
    const misfit = ofRollout ? undefined : sayMisfit(model, changes);
    if (misfit !== undefined) throw new MillraceError('failed_precondition', misfit);
    const count = Object.keys(after).length;
    if (count > MAX_LABELS) {
      throw invalidArgument(`model '${model}': expected at most ${MAX_LABELS} labels, got ${count}`);
    }
    await declared.commit([{ kind: 'labels', name: model, value: count === 0 ? undefined : after }], by);
    const moved = changes.map(({ label, version }) =>
      version === undefined ? `${label} removed` : `${label} = ${version}`,
    );
    const message = `labels of model '${model}' changed by ${by}: ${moved.join(', ')}`;
    events.publish('diagnostic', { level: 'info', room: 'service', message });
  }

  #checkServes(model: string, label: string, version: number): void {
    const { engine } = this.#setup;
    if (engine.serving(model).some(({ ref }) => ref.version === version)) return;
    const state = engine.statusesOf(model).find((status) => status.version === version)?.state.kind;
    const served = engine.serving(model).map(({ ref }) => ref.version);
    const why =
      state === undefined || state === 'unloaded'
        ? `it is not loaded; ${served.length === 0 ? 'none is' : `loaded: ${served.join(', ')}`}`
        : state === 'failed'
          ? 'it has failed to load'
          : `it is ${state}`;
    const message = `label '${label}' cannot move to version ${version} of model '${model}', which does not serve: ${why}`;
    throw new MillraceError('failed_precondition', message);
  }
}

function checkLabel(label: string): void {
  const problem = labelProblem(label);
  if (problem !== undefined) throw invalidArgument(`'${label.slice(0, LONGEST_SHOWN)}' ${problem}`);
}

/** The content of a declaration; the store has only checked ones. */
function labelsOf(declaration: Pick<Declaration, 'value'> | undefined): Readonly<Record<string, number>> {
  return (declaration?.value ?? {}) as Readonly<Record<string, number>>;
}

function merge(before: Readonly<Record<string, number>>, changes: LabelChanges): Readonly<Record<string, number>> {
  const merged = new Map(Object.entries(before));
  for (const [label, version] of Object.entries(changes)) {
    if (version === null) merged.delete(label);
    else merged.set(label, version);
  }
  return Object.fromEntries(merged);
}

function differences(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): readonly LabelDifference[] {
  const labels = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return labels
    .map((label) => ({ label, version: Object.hasOwn(after, label) ? after[label] : undefined }))
    .filter(({ label, version }) => (Object.hasOwn(before, label) ? before[label] : undefined) !== version);
}
