import { type Command, InvalidArgumentError, Option } from 'commander';
import type {
  Encoded,
  JudgeOptions,
  OnInconclusive,
  Rollout,
  RolloutCommand,
  StartRollout,
  Sticky,
} from '../../api/index.js';
import { invalidArgument } from '../../core/index.js';
import { DEFAULT_STEPS, ON_INCONCLUSIVE, ROLLOUT_COMMANDS } from '../../rollouts/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatHistory, formatRollout, formatRollouts } from '../format/rollout.js';
import { readDuration } from '../inputs/duration.js';
import type { Io } from '../io.js';
import { reportUrl } from '../rollout/follow.js';
import { addCommonFlags, type CommonFlags, parseInteger } from '../server-options.js';
import { registerRolloutFollow } from './rollout-follow.js';

const parseHold = readDuration('90s or 10m');

interface StartFlags extends CommonFlags {
  readonly to: number;
  readonly steps?: readonly number[];
  readonly hold?: number;
  readonly minRequests?: number;
  readonly maxHold?: number;
  readonly onInconclusive?: OnInconclusive;
  readonly approveBefore?: readonly string[];
  readonly ignore?: readonly string[];
  readonly also?: readonly string[];
  readonly sticky?: Sticky;
  readonly users?: number;
  readonly allowInconclusive?: true;
}

/** `millrace rollout …`: models that go over from one version to another. */
export function registerRollout(program: Command, context: CommandContext): void {
  const { io } = context;
  const rollout = program
    .command('rollout')
    .description('take a model over to another version, step by step')
    .addHelpText(
      'after',
      examples(
        'millrace rollout start fraud --to 4 --steps 1,5,25,50,100 --hold 10m',
        'millrace rollout status fraud --watch',
        'millrace rollout wait fraud --max-wait 2h',
        "millrace rollout abort fraud --note 'wrong threshold'",
      ),
    );
  registerStart(rollout, io);
  registerRolloutFollow(rollout, context);
  addCommonFlags(rollout.command('list').description('rollouts that are not over')).action(
    async (flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('GET /rollouts', {});
      io.stdout.write(flags.json ? formatJson(body.rollouts) : formatRollouts(body.rollouts, io.stdout));
    },
  );
  addCommonFlags(rollout.command('history <model>').description('all rollouts of a model, the newest first')).action(
    async (model: string, flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('GET /models/{model}/rollout/history', { params: { model } });
      io.stdout.write(flags.json ? formatJson(body.rollouts) : formatHistory(body.rollouts, io.stdout));
    },
  );
  registerCommands(rollout, io);
}

function registerStart(rollout: Command, io: Io): void {
  addCommonFlags(rollout.command('start <model>').description('begin; returns at once, the server goes on by itself'))
    .requiredOption('--to <version>', 'the version that takes the place of the stable one', parseInteger)
    .option('--steps <percents>', `rising, the last one 100 (default: ${DEFAULT_STEPS})`, parsePercents)
    .option('--hold <duration>', 'how long each step is held (default: 10m)', parseHold)
    .option('--min-requests <count>', 'that the new version has to end in each step (default: 100)', parseInteger)
    .option('--max-hold <duration>', 'at most, while nothing certain is known (default: six times --hold)', parseHold)
    .addOption(new Option('--on-inconclusive <what>', 'what happens after that').choices(ON_INCONCLUSIVE))
    .option('--approve-before <steps>', 'wait for approval before these percents, or `promotion`', parseList)
    .option('--ignore <metrics>', 'what is not judged: latency, answers', parseList)
    .option('--also <metrics>', 'what is judged, too: outcomes, agreement', parseList)
    .option('--sticky <key>', 'header:NAME, cookie:NAME, parameter:NAME, principal or trace', parseSticky)
    .option('--users <count>', 'how many users --sticky tells apart (default: counted)', parseInteger)
    .option('--allow-inconclusive', 'start although there are too few users for a verdict')
    .action(async (model: string, flags: StartFlags) => {
      const api = await connectToApi(io, flags);
      const body = encodeStart(flags);
      const answer = await api.ask('POST /models/{model}/rollout', { params: { model }, body });
      show(io, answer.body, flags);
    });
}

const COMMANDS = {
  approve: 'let the step begin that waits for it, or go on although nothing certain is known',
  pause: 'keep the step in force until it is resumed',
  resume: 'go on with the step',
  promote: 'give the new version all requests at once',
  abort: 'give the old version all requests again',
} as const satisfies Record<RolloutCommand, string>;

function registerCommands(rollout: Command, io: Io): void {
  for (const action of ROLLOUT_COMMANDS) {
    addCommonFlags(rollout.command(`${action} <model>`).description(COMMANDS[action]))
      .option('--note <text>', 'why, for the history')
      .action(async (model: string, flags: CommonFlags & { readonly note?: string }) => {
        const api = await connectToApi(io, flags);
        const request = { params: { model }, body: { note: flags.note } };
        const answer = await api.ask(`POST /models/{model}/rollout/${action}`, request);
        show(io, answer.body, flags);
      });
  }
}

function show(io: Io, body: Rollout, { json, url }: CommonFlags): void {
  io.stdout.write(json ? formatJson(body) : formatRollout(body, io.stdout, reportUrl(url, body.model)));
}

function encodeStart(flags: StartFlags): Encoded<StartRollout> {
  const { to, steps, hold, minRequests, maxHold, onInconclusive, approveBefore = [], sticky, users } = flags;
  const percents = steps ?? DEFAULT_STEPS;
  for (const wanted of approveBefore) {
    if (wanted === PROMOTION || percents.includes(Number(wanted))) continue;
    const expected = [...percents, PROMOTION].join(', ');
    throw invalidArgument(`--approve-before: there is no step '${wanted}'; expected of ${expected}`);
  }
  return {
    to,
    ...(steps === undefined && approveBefore.length === 0
      ? {}
      : { steps: percents.map((weight) => ({ weight, needs_approval: approveBefore.includes(String(weight)) })) }),
    hold_ms: hold,
    min_requests: minRequests,
    max_hold_ms: maxHold,
    on_inconclusive: onInconclusive,
    promotion_needs_approval: approveBefore.includes(PROMOTION) ? true : undefined,
    sticky,
    users,
    allow_inconclusive: flags.allowInconclusive,
    judge: encodeJudge(flags),
  };
}

function encodeJudge({ ignore = [], also = [] }: StartFlags): Encoded<JudgeOptions> | undefined {
  if (ignore.length + also.length === 0) return undefined;
  checkMetrics('--ignore', ignore, ['latency', 'answers']);
  checkMetrics('--also', also, ['outcomes', 'agreement']);
  return {
    latency: ignore.includes('latency') ? false : undefined,
    answers: ignore.includes('answers') ? false : undefined,
    outcomes: also.includes('outcomes') ? {} : undefined,
    agreement: also.includes('agreement') ? {} : undefined,
  };
}

function checkMetrics(flag: string, metrics: readonly string[], known: readonly string[]): void {
  const unknown = metrics.find((metric) => !known.includes(metric));
  if (unknown !== undefined) throw invalidArgument(`${flag}: expected of ${known.join(', ')}, got '${unknown}'`);
}

const PROMOTION = 'promotion';

function parseList(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}

function parsePercents(text: string): readonly number[] {
  return parseList(text).map((part) => {
    const percent = Number(part);
    if (part === '' || !Number.isFinite(percent)) {
      throw new InvalidArgumentError(`Expected percents such as 1,5,25,50,100, got '${text}'.`);
    }
    return percent;
  });
}

function parseSticky(text: string): Sticky {
  const [by = '', ...rest] = text.split(':');
  const name = rest.join(':');
  if ((by === 'principal' || by === 'trace') && rest.length === 0) return { [by satisfies keyof Sticky]: true };
  if ((by === 'header' || by === 'cookie' || by === 'parameter') && name !== '')
    return { [by satisfies keyof Sticky]: name };
  throw new InvalidArgumentError(
    `Expected header:NAME, cookie:NAME, parameter:NAME, principal or trace, got '${text}'.`,
  );
}
