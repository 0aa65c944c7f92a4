import { describeFileShortage, neededFiles } from '../../config/index.js';
import { type Check, command } from '../diagnosis.js';

/** Whether the system lets the server open as many files as its connections and runners may need. */
export const checkOpenFiles: Check = ({ settings, machine: { openFiles }, runners }) => {
  if (openFiles === undefined) return [];
  const what = describeFileShortage(openFiles, settings, runners);
  if (what === undefined) return [];
  const fix = command(`ulimit -n ${neededFiles(settings, runners)}`);
  return [{ id: 'open-files', level: 'warning', what, where: ['server', 'maxConnections'], fix }];
};
