/** Entry of the thread that reads settings: reads them once, says what it has read, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { accessOf } from '../access.js';
import { loadSettings } from '../load.js';
import type { SettingsSources } from '../sources.js';
import type { Reading } from './messages.js';
import { settingsFileOf } from './settings-file.js';

function read(sources: SettingsSources): Reading {
  try {
    const settings = loadSettings(sources);
    const { auth } = settings;
    const rest = { ...settings, auth: { ...auth, roles: {}, bindings: [] } };
    return { read: { access: accessOf(auth), keys: auth.keys, tree: settingsFileOf(settings)?.tree ?? {}, rest } };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

parentPort?.postMessage(read(workerData as SettingsSources));
