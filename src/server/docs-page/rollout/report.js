/** The report of a rollout: made from the server's API, and kept up to date until the rollout is over. */

/** @import { Command, Point, Rollout } from './types.js' */
/** @import { MetricCard } from './metric-card.js' */

import { byId } from '../dom.js';
import { authorization, keepKey, messageOf, readKey } from '../key.js';
import { shareChart } from './charts.js';
import { showCommands } from './commands.js';
import { metricCard, widthOf } from './metric-card.js';
import { showDecisions, showSummary } from './summary.js';
import { formatName, formatTime, isOver } from './words.js';

const INTERVAL_MS = 2_000;
const TIMEOUT_MS = 30_000;
/** `…/rollout`, which this page is the report of. */
const API = location.pathname.replace(/\/report$/, '');
const TAKES_COMMANDS = document.documentElement.dataset.commands === 'here';

/** The key has been refused, or is missing. */
class NeedsKey extends Error {}

/** @type {Rollout | undefined} */
let rollout;
/** @type {readonly Point[]} */
let points = [];
/** The rollout and its newest point when `points` were read. */
let readUntil = '';
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** By the metric's name. @type {Map<string, MetricCard>} */
const cards = new Map();

/** @param {string} path @param {RequestInit} [init] */
async function request(path, init = {}) {
  const headers = { ...init.headers, ...authorization() };
  const response = await fetch(API + path, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  // A proxy may answer in another form.
  const json = await response.json().catch(() => ({ error: `the server answered ${response.status}` }));
  if (response.status === 401) throw new NeedsKey(readKey() === '' ? 'This server requires a key.' : messageOf(json));
  if (!response.ok) throw new Error(messageOf(json));
  return json;
}

async function load() {
  clearTimeout(timer);
  try {
    await show(/** @type {Rollout} */ (await request('')));
    byId('key-form').hidden = true;
    byId('change-key').hidden = readKey() === '';
    byId('updated').textContent = `updated ${formatTime(new Date().toISOString())}`;
    say('');
  } catch (error) {
    if (error instanceof NeedsKey) return askForKey(error.message);
    say(/** @type {Error} */ (error).message);
    byId('change-key').hidden = readKey() === '';
  }
  if (rollout === undefined || !isOver(rollout)) timer = setTimeout(load, INTERVAL_MS);
}

/** @param {Rollout} read */
async function show(read) {
  const newest = `${read.id} ${read.timeline.at(-1)?.at}`;
  if (newest !== readUntil) {
    ({ points } = /** @type {{ points: readonly Point[] }} */ (await request('/evidence')));
    readUntil = newest;
  }
  if (rollout !== undefined && rollout.state !== read.state)
    byId('news').textContent = `Now ${formatName(read.state)}.`;
  rollout = read;
  byId('report').hidden = false;
  showSummary(read);
  showCommands(read, { isHere: TAKES_COMMANDS, send });
  showDecisions(read.decisions);
  draw();
}

/** All that depends on the width of the page. */
function draw() {
  if (rollout === undefined) return;
  const { decisions, verdict } = rollout;
  const marks = decisions
    .map(({ at }, index) => ({ atMs: Date.parse(at), number: decisions.length - index }))
    .reverse();
  const times = [...points.map(({ at }) => Date.parse(at)), ...marks.map(({ atMs }) => atMs)];
  const frame = { span: { fromMs: Math.min(...times), toMs: Math.max(...times) }, marks };
  const share = byId('share');
  share.replaceChildren(shareChart(points, { ...frame, width: widthOf(share) }));
  const metrics = verdict?.metrics ?? [];
  const wanted = metrics.map(({ name }) => {
    const card = cards.get(name) ?? metricCard(name);
    cards.set(name, card);
    return card.root;
  });
  const box = byId('metrics');
  if (wanted.length !== box.children.length || wanted.some((root, index) => box.children[index] !== root)) {
    box.replaceChildren(...wanted);
  }
  for (const metric of metrics) {
    const series = points.flatMap(({ at, metrics: then }) => {
      const found = then.find(({ name }) => name === metric.name);
      return found === undefined ? [] : [{ atMs: Date.parse(at), metric: found }];
    });
    cards.get(metric.name)?.show({ metric, series, versions: rollout }, frame);
  }
}

/**
 * Sends a command about a rollout as somebody has seen it: what gives the new version more requests is not sent where it has changed since.
 *
 * @param {Command} command @param {string} note @param {Rollout} seen
 */
async function send(command, note, seen) {
  if (command === 'approve' || command === 'promote') {
    const now = /** @type {Rollout} */ (await request(''));
    if (now.id !== seen.id || now.phase !== seen.phase) {
      await show(now);
      throw new Error(`the rollout has changed since you opened this dialog. Now: ${now.phase}`);
    }
  }
  const body = JSON.stringify(note === '' ? {} : { note });
  const headers = { 'content-type': 'application/json' };
  await show(/** @type {Rollout} */ (await request(`/${command}`, { method: 'POST', headers, body })));
}

/** What is wrong; what is said again is not announced again. @param {string} text */
function say(text) {
  if (byId('status').textContent !== text) byId('status').textContent = text;
}

/** @param {string} why */
function askForKey(why) {
  byId('key-form').hidden = false;
  say(why);
  byId('key').focus();
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  keepKey(/** @type {HTMLInputElement} */ (byId('key')).value);
  void load();
});
byId('change-key').addEventListener('click', () => {
  clearTimeout(timer);
  askForKey('Which key?');
});
addEventListener('resize', draw);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else if (byId('key-form').hidden) void load();
});

void load();
