import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
/** What a request goes through. */
const HOT_ROOMS = ['core', 'engine', 'inference', 'models', 'protocols', 'runtimes', 'server', 'telemetry'].map(
  (room) => `src/${room}`,
);

/** Of each run that the documentation shows, how many later commits changed what a request goes through; none where git does not know its commit. */
export function figuresAge() {
  const folder = path.join(root, 'bench/kept');
  return readdirSync(folder).flatMap((file) => {
    const { machine } = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    const later = laterCommits(machine.commit);
    if (later === undefined) return [];
    return [
      `bench/kept/${file}: measured at ${machine.commit}; ${later} later commits changed a room on the way of a request`,
    ];
  });
}

function laterCommits(commit) {
  const counted = spawnSync('git', ['rev-list', '--count', `${commit}..HEAD`, '--', ...HOT_ROOMS], {
    cwd: root,
    encoding: 'utf8',
  });
  return counted.status === 0 ? counted.stdout.trim() : undefined;
}
