import type { Command } from 'commander';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatActivity, formatEvent } from '../format/top.js';
import { readDuration } from '../inputs/duration.js';
import { CLEAR_SCREEN, type Io } from '../io.js';
import { addCommonFlags, type CommonFlags, connectTo, parseCount } from '../server-options.js';
import { type Frame, followActivity } from '../top/follow-activity.js';

type TopFlags = CommonFlags & { readonly interval: number; readonly count?: number };

const DEFAULT_INTERVAL_MS = 2_000;
const MIN_INTERVAL_MS = 100;
const REQUEST_TIMEOUT_MS = 10_000;
/** Of a terminal whose height is not known. */
const DEFAULT_ROWS = 24;
const EVENT_LINES = 5;
/** Lines of a frame beside those of versions and events: the head, the table's header and notes, and empty lines. */
const OTHER_LINES = 7;

/** `millrace top`: the load of each model, in one place of a terminal or a table after the other. */
export function registerTop(program: Command, { io, exitWith }: CommandContext): void {
  addCommonFlags(
    program.command('top').description('show the load of each model, and the events of a server, until Ctrl-C'),
  )
    .option(
      '--interval <duration>',
      'between two looks (default: 2s)',
      readDuration('2s', MIN_INTERVAL_MS),
      DEFAULT_INTERVAL_MS,
    )
    .option('--count <looks>', 'end after so many (default: no limit)', parseCount)
    .addHelpText('after', examples('millrace top', 'millrace top --count 1 --json'))
    .action(async (flags: TopFlags) => {
      const [client, api] = await Promise.all([connectTo(io, flags), connectToApi(io, flags)]);
      exitWith(
        await followActivity(io, {
          client,
          api,
          show: createView(io, flags),
          intervalMs: flags.interval,
          count: flags.count,
          timeoutMs: flags.timeout ?? REQUEST_TIMEOUT_MS,
          showsFirst: io.stdout.isTTY && !flags.json,
        }),
      );
    });
}

function createView({ stdout, clock }: Io, { url, json }: TopFlags): (frame: Frame) => void {
  const time = () => new Date(clock.wallNow()).toISOString();
  if (json) return ({ versions, events }) => stdout.write(formatJson({ at: time(), versions, events }));
  const linesOf = ({ versions, events, noEvents }: Frame) =>
    `${formatActivity(versions, stdout)}${noEvents === undefined ? '' : `no events: ${noEvents}\n`}${events.map(formatEvent).join('')}`;
  if (!stdout.isTTY) return (frame) => stdout.write(`${linesOf(frame)}\n`);
  let latest: Frame['events'] = [];
  return (frame) => {
    latest = [...latest, ...frame.events].slice(-EVENT_LINES);
    const room = Math.max(1, (stdout.rows ?? DEFAULT_ROWS) - OTHER_LINES - latest.length);
    const shown = frame.versions.slice(0, room);
    const left = frame.versions.length - shown.length;
    const more = left === 0 ? '' : `and ${left} more\n`;
    const head = `${stdout.colors.bold(url)}  ${time().slice(11, 19)}\n\n`;
    stdout.write(
      `${CLEAR_SCREEN}${head}${linesOf({ ...frame, versions: shown, events: [] })}${more}\n${latest.map(formatEvent).join('')}`,
    );
  };
}
