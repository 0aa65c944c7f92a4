/** Entry of the thread that reads settings: reads them once, says what it has read, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { accessOf } from '../access.js';
import { loadSettings, placeOfRoute, writtenRollouts } from '../load.js';
import type { SettingsSources } from '../sources.js';
import { type Reading, settingsFileOf } from './settings-file.js';

function read(sources: SettingsSources): Reading {
  try {
    const settings = loadSettings(sources);
    const { auth, routes, rollouts, telemetry } = settings;
    const { logLevel, logLevels } = telemetry;
    const live = {
      keys: auth.keys,
      access: accessOf(auth),
      routes: { configs: routes, places: placesOf(routes) },
      rollouts: writtenRollouts(rollouts),
      logLevels: { logLevel, logLevels },
    };
    return { read: { settings, live, tree: settingsFileOf(settings)?.tree ?? {} } };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function placesOf(routes: Parameters<typeof placeOfRoute>[0]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(routes).map((name) => [name, placeOfRoute(routes, name)]));
}

parentPort?.postMessage(read(workerData as SettingsSources));
