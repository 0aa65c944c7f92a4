import { type Action, type CallContext, MillraceError } from '../../core/index.js';
import type { Audited, Subject } from '../../governance/index.js';
import { admit } from '../../governance/index.js';
import { absent } from '../../models/index.js';
import { possibleCommands, type RolloutCommand, sayNext, sayPhase } from '../../rollouts/index.js';
import type { RolloutRecord, Store } from '../../store/index.js';
import { checkStart, type StartChecks } from './check-start.js';
import type { FileRollouts } from './file-rollouts.js';
import { lastUsersOf } from './last-users.js';
import { declaredOf, readDecisions, readSeen, stateOf } from './records.js';
import { noneOpen, type Rollouts } from './rollouts.js';
import type { OpenRollout, RolloutGauge, RolloutReport, RolloutUseCases, StandingRollout } from './types.js';

interface RolloutUseCasesSetup extends StartChecks {
  readonly rollouts: Rollouts;
  readonly store: Pick<Store, 'rollouts' | 'snapshots'>;
  readonly audited: Audited;
  readonly fileRollouts: Pick<FileRollouts, 'checkFree'>;
}

const MAX_DECISIONS = 100;
const MAX_PAST = 100;

/** The use cases about rollouts. */
export function createRolloutUseCases(setup: RolloutUseCasesSetup): RolloutUseCases {
  const { rollouts, store, audited, fileRollouts } = setup;
  const reportOf = async (call: CallContext, run: OpenRollout): Promise<RolloutReport> => ({
    ...standing(run),
    forecast: run.forecast,
    timeline: run.timeline,
    commands: commandsFor(call, run),
    decisions: await readDecisions(store.rollouts, run.record.id, MAX_DECISIONS),
  });
  return {
    start: (call, model, options) =>
      audited(call, startOf(setup, model), async () => {
        fileRollouts.checkFree(model);
        rollouts.checkNone(model);
        const lastUsers = await lastUsersOf(store, model, options.sticky);
        const started = checkStart(setup, { model, options, lastUsers });
        return reportOf(call, await rollouts.begin(started, call.principal.name));
      }),
    async get(call, model) {
      admit(call.principal, 'rollout.read', { name: model, isOwn: true, unknown: noneEver });
      const run = rollouts.of(model);
      return run === undefined ? lastReport(store, model) : reportOf(call, run);
    },
    list(call) {
      admit(call.principal, 'rollout.read', '');
      return rollouts
        .all()
        .filter(({ declared: { plan } }) => call.principal.rights.allowOwn('rollout.read', plan.model))
        .map(standing)
        .toSorted((a, b) => (a.plan.model < b.plan.model ? -1 : 1));
    },
    command: (call, model, command) =>
      audited(call, subjectOf(model, command), async () =>
        reportOf(call, await rollouts.command(model, { ...command, by: call.principal.name })),
      ),
    async history(call, model) {
      // As of a model that has never been rolled out.
      if (!call.principal.rights.sees(model)) return [];
      admit(call.principal, 'rollout.read', { name: model, isOwn: true });
      const records = await store.rollouts.ofModel(model, MAX_PAST);
      return Promise.all(
        records.map(async (record) => {
          const { stable, canary } = declaredOf(record).plan;
          const [last] = await store.rollouts.decisions(record.id, 1);
          const { id, startedAtMs, startedBy } = record;
          return { id, stable, canary, startedAtMs, startedBy, state: stateOf(record), reason: last?.reason ?? '' };
        }),
      );
    },
    gauges: () => rollouts.all().map(gaugeOf),
  };
}

function startOf(setup: StartChecks, model: string): Subject {
  const unknown = () => absent(setup.lookup, { name: model, version: undefined });
  return { action: 'rollout.start', resource: model, right: 'rollout.change', unknown };
}

function noneEver(model: string): MillraceError {
  return new MillraceError('not_found', `there has been no rollout of '${model}'`);
}

/** To approve is another right than to start, so that they may be of two people. */
function subjectOf(model: string, { action }: Pick<RolloutCommand, 'action'>): Subject {
  return {
    action: `rollout.${action}`,
    resource: model,
    right: rightOf(action),
    unknown: noneOpen,
  };
}

function rightOf(command: RolloutCommand['action']): Action {
  return command === 'approve' ? 'rollout.approve' : 'rollout.change';
}

function commandsFor(
  { principal }: CallContext,
  { declared: { plan }, state }: OpenRollout,
): RolloutReport['commands'] {
  return possibleCommands(plan, state).filter((command) => principal.rights.allowOwn(rightOf(command), plan.model));
}

/** How a rollout stands that is not over, or has just ended. */
function standing({ record, declared, state, verdict }: OpenRollout): StandingRollout {
  return { ...described(record, state), ...declared, verdict };
}

function described({ id, startedAtMs, startedBy, plan }: RolloutRecord, state: RolloutReport['state']) {
  const { plan: completed, sticky } = declaredOf({ plan });
  const next = sayNext(completed, state, sticky !== undefined);
  return { id, startedAtMs, startedBy, state, phase: sayPhase(completed, state), next };
}

/** Of the last rollout of a model, which is over. */
async function lastReport(store: Pick<Store, 'rollouts' | 'snapshots'>, model: string): Promise<RolloutReport> {
  const [record] = await store.rollouts.ofModel(model, 1);
  if (record === undefined) throw noneEver(model);
  const { snapshot, timeline } = await readSeen(store.snapshots, record);
  return {
    ...described(record, stateOf(record)),
    ...declaredOf(record),
    verdict: snapshot?.verdict,
    forecast: undefined,
    timeline,
    commands: [],
    decisions: await readDecisions(store.rollouts, record.id, MAX_DECISIONS),
  };
}

function gaugeOf({ declared: { plan }, state, route, verdict }: OpenRollout): RolloutGauge {
  const canary = route?.arms.find(({ version }) => version === plan.canary);
  return {
    model: plan.model,
    stable: plan.stable,
    canary: plan.canary,
    weight: canary?.weight ?? 0,
    step: state.step + 1,
    evidence: verdict.metrics.map(({ name, evidence, limit }) => ({ metric: name, share: evidence / limit })),
  };
}
