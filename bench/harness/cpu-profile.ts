import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inRoot } from './paths.js';

/** The parts of V8's CPU profile that are read here; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

export interface SelfTime {
  /** `function (file:line)`; what has no file is named with the function of ours that it works for. */
  readonly name: string;
  readonly microseconds: number;
}

/** Time in each function itself, without what it calls, longest first; only of the last `lastUs` before the end. */
export function selfTimes(profile: CpuProfile, lastUs = Number.POSITIVE_INFINITY): SelfTime[] {
  const names = namesOf(profile.nodes);
  const totals = new Map<string, number>();
  let untilEnd = profile.timeDeltas.reduce((sum, delta) => sum + delta, 0);
  for (const [index, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0;
    untilEnd -= delta;
    if (untilEnd < lastUs) add(totals, names.get(id) ?? '?', delta);
  }
  return longestFirst(totals);
}

/** Self times added up by where the function is: a room of millrace, a package, node itself or native code. */
export function placeTimes(times: readonly SelfTime[]): SelfTime[] {
  const totals = new Map<string, number>();
  for (const { name, microseconds } of times) add(totals, placeOf(name), microseconds);
  return longestFirst(totals);
}

/** True of time in which the process had nothing to do. */
export function isIdle({ name }: SelfTime): boolean {
  return name.startsWith('(idle)');
}

function namesOf(nodes: readonly ProfileNode[]): Map<number, string> {
  const parents = new Map<number, ProfileNode>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
  return new Map(nodes.map((node) => [node.id, nameOf(node, parents)]));
}

function nameOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): string {
  const { functionName, url } = node.callFrame;
  if (url !== '' || functionName.startsWith('(')) return describe(node);
  for (let caller = parents.get(node.id); caller !== undefined; caller = parents.get(caller.id)) {
    if (caller.callFrame.url.startsWith('file:')) return `native ${functionName} for ${describe(caller)}`;
  }
  return `native ${functionName}`;
}

function describe({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  if (url === '') return functionName;
  const file = url.startsWith('file:') ? path.relative(inRoot(), fileURLToPath(url)) : url;
  return `${functionName === '' ? 'anonymous' : functionName} (${file}:${lineNumber + 1})`;
}

function placeOf(name: string): string {
  const native = /^native (\S+)/.exec(name);
  if (native !== null) return `native ${native[1]}`;
  const file = /\(([^()]+):\d+\)$/.exec(name)?.[1];
  if (file === undefined || file.startsWith('node:')) return file ?? name;
  const own = /^dist\/([^/]+)\/([^/]+)/.exec(file);
  if (own !== null) return `millrace ${own[1]}/${own[2]}`;
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file;
}

function add(totals: Map<string, number>, name: string, microseconds: number): void {
  totals.set(name, (totals.get(name) ?? 0) + microseconds);
}

function longestFirst(totals: ReadonlyMap<string, number>): SelfTime[] {
  return [...totals]
    .map(([name, microseconds]) => ({ name, microseconds }))
    .sort((a, b) => b.microseconds - a.microseconds);
}
