import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LIST, LIST_TEXT, VOLUME } from './elsewhere.js';
import { as } from './keys.js';
import { LISTED, MOUNTED } from './models.js';
import { eventually, outlast } from './outlast.js';
import { type ChaosServer, writeSettings } from './server.js';
import { settingsText } from './settings.js';
import type { TroubleOptions } from './trouble.js';

/** Changes, damages and repairs the settings, and sends SIGHUP each time. */
export async function hangUp({ server, place, journal, random, stopped }: TroubleOptions): Promise<void> {
  const reload = async (text: string, now: { readonly guest: number; readonly inForce: number }) => {
    await writeSettings(place, text);
    const from = server.cli.written().err.length;
    server.cli.child.kill('SIGHUP');
    await eventually('it has reloaded', () => server.cli.written().err.includes('"reload by SIGHUP: ', from));
    await eventually(`guests get ${now.guest}, in force ${now.inForce}`, async () => {
      const metrics = await server.readMetrics();
      if (!metrics.includes(`\nmillrace_auth_last_reload_successful ${now.inForce}\n`)) return false;
      return (await server.statusFor(as('guest'))) === now.guest;
    });
  };
  do {
    await reload(settingsText({ guest: true }), { guest: 200, inForce: 1 });
    await outlast(journal, 'SIGHUP finds a new key');
    await reload(settingsText({ guest: false }).slice(0, -1), { guest: 200, inForce: 0 });
    await outlast(journal, 'SIGHUP finds damaged settings');
    await reload(settingsText({ guest: false }), { guest: 401, inForce: 1 });
    await outlast(journal, 'SIGHUP finds a key gone');
    await pause(random.integer(200, 1_500));
  } while (!stopped());
}

/** Something that keeps a repository from being followed, and how that ends. */
interface Accident {
  readonly name: string;
  /** Below the folder of accidents. */
  readonly repository: string;
  /** Which is served from there. */
  readonly model: string;
  /** Both get the path of the repository. */
  happen(repository: string): Promise<unknown>;
  repair(repository: string): Promise<unknown>;
}

const listIs = (name: string, happen: Accident['happen']): Accident => ({
  name,
  happen,
  repository: LIST,
  model: LISTED.name,
  repair: (list) => writeFile(list, LIST_TEXT),
});
const away = (volume: string) => `${volume}-away`;

/** All that happens to repositories, again and again. */
export const ACCIDENTS: readonly Accident[] = [
  listIs('a list is cut short', (list) => writeFile(list, LIST_TEXT.slice(0, -6))),
  listIs('a list is empty', (list) => writeFile(list, '')),
  listIs('a list is missing', (list) => rm(list)),
  listIs('a list names a model twice', (list) => writeFile(list, LIST_TEXT.repeat(2))),
  {
    name: 'a folder has vanished',
    repository: VOLUME,
    model: MOUNTED.name,
    happen: (volume) => rename(volume, away(volume)),
    repair: (volume) => rename(away(volume), volume),
  },
  {
    name: 'a folder is not mounted',
    repository: VOLUME,
    model: MOUNTED.name,
    happen: (volume) => rename(volume, away(volume)).then(() => mkdir(volume)),
    repair: (volume) => rmdir(volume).then(() => rename(away(volume), volume)),
  },
];

/** Damages lists and takes folders away, one after the other, while their models are asked; gives them back each time. */
export async function damageRepositories({ server, place, journal, random, stopped }: TroubleOptions): Promise<void> {
  for (let count = 0; count < ACCIDENTS.length || !stopped(); count++) {
    const { name, repository, model, happen, repair } = ACCIDENTS[count % ACCIDENTS.length] as Accident;
    const at = path.join(place.elsewhere.path, repository);
    await happen(at);
    await eventually(`the server notices that ${name}`, () => isFollowed(server, at).then((followed) => !followed));
    await outlast(journal, name, model);
    await repair(at);
    await eventually(`the server notices no longer that ${name}`, () => isFollowed(server, at));
    await pause(random.integer(100, 500));
  }
}

async function isFollowed(server: ChaosServer, repository: string): Promise<boolean> {
  const sample = `\nmillrace_repository_last_scan_successful{repository="${repository}"} 1\n`;
  return (await server.readMetrics()).includes(sample);
}
