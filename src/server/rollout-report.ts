import type { Route } from '../protocols/index.js';
import { type PageFile, pageRoute } from './page-route.js';

/** Where the report of a model's rollout is: the same page for each, which asks the API about the model of its address. */
const REPORT: PageFile = { path: '/millrace/v1/models/{model}/rollout/report', file: 'rollout/report.html' };

const FILES: readonly PageFile[] = [
  'charts.js',
  'commands.js',
  'draw.js',
  'metric-card.js',
  'report.css',
  'report.js',
  'scales.js',
  'shapes.js',
  'summary.js',
  'words.js',
].map((file) => ({ path: `/docs/rollout/${file}`, file: `rollout/${file}` }));

/** What the report shares with the documentation page. */
const SHARED: readonly PageFile[] = ['dom.js', 'key.js', 'page.css'].map((file) => ({ path: `/docs/${file}`, file }));

/** Where the report and its own files are. */
export const REPORT_PATHS: readonly string[] = [REPORT, ...FILES].map(({ path }) => path);

/** The report of rollouts beside the documentation page. `takesCommands`: so does its port. */
export function createReportRoutes({ takesCommands }: { readonly takesCommands: boolean }): readonly Route[] {
  const adapt = (text: string) =>
    takesCommands ? text : text.replace('data-commands="here"', 'data-commands="elsewhere"');
  return [pageRoute(REPORT, adapt), ...FILES.map((file) => pageRoute(file))];
}

/** The report at a port of its own, which has no documentation page. */
export function createLoneReportRoutes(): readonly Route[] {
  return [...createReportRoutes({ takesCommands: true }), ...SHARED.map((file) => pageRoute(file))];
}
