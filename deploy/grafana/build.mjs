// usage: node deploy/grafana/build.mjs [--check]: writes the dashboards of `definitions` as files that Grafana 10 and later import.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LANGUAGE } from './definitions/language-model.mjs';
import { MODELS } from './definitions/model.mjs';
import { OVERVIEW } from './definitions/overview.mjs';
import { TENANTS } from './definitions/tenants.mjs';
import { TRAFFIC } from './definitions/traffic.mjs';

/** A dashboard: rows of panels; a panel has a title, a unit of Grafana, and queries with the names of their series. */
const DASHBOARDS = [OVERVIEW, MODELS, LANGUAGE, TRAFFIC, TENANTS];

const COLUMNS = 24;
const PANELS_PER_LINE = 3;
const PANEL_HEIGHT = 8;
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The queries that give a variable its values. */
const VARIABLES = {
  instance: 'label_values(millrace_build_info, instance)',
  model: 'label_values(millrace_instances{instance=~"$instance"}, model)',
};

/** The file of a dashboard by its name. */
export const dashboardFiles = () =>
  DASHBOARDS.map((dashboard) => [`${dashboard.uid}.json`, `${JSON.stringify(dashboardOf(dashboard), null, 2)}\n`]);

function dashboardOf({ uid, title, variables, rows }) {
  const panels = [];
  let y = 0;
  for (const { title: row, panels: inRow } of rows) {
    panels.push({ type: 'row', title: row, collapsed: false, gridPos: { x: 0, y, w: COLUMNS, h: 1 }, panels: [] });
    y++;
    const width = COLUMNS / Math.min(PANELS_PER_LINE, inRow.length);
    for (const [index, panel] of inRow.entries()) {
      const x = (index % PANELS_PER_LINE) * width;
      panels.push({ ...panelOf(panel), gridPos: { x, y, w: width, h: PANEL_HEIGHT } });
      if (index % PANELS_PER_LINE === PANELS_PER_LINE - 1 || index === inRow.length - 1) y += PANEL_HEIGHT;
    }
  }
  return {
    uid,
    title,
    tags: ['millrace'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [datasourceVariable(), ...variables.map(queryVariable)] },
    panels: panels.map((panel, index) => ({ id: index + 1, ...panel })),
  };
}

function panelOf({ title, description = '', unit, queries }) {
  return {
    type: 'timeseries',
    title,
    description,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, min: unit === 'percentunit' ? undefined : 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}

function datasourceVariable() {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };
}

function queryVariable(name) {
  const query = VARIABLES[name];
  const all = { includeAll: true, multi: true, allValue: '.+', current: { text: 'All', value: '$__all' } };
  return {
    name,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query },
    refresh: 2,
    sort: 1,
    ...all,
  };
}

if (import.meta.filename === process.argv[1]) {
  const isCheck = process.argv.includes('--check');
  for (const [name, content] of dashboardFiles()) {
    const file = path.join(import.meta.dirname, name);
    const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === content;
    if (isCheck && !isCurrent)
      throw new Error(`${name} is not what the definitions say: run node deploy/grafana/build.mjs`);
    if (!isCurrent) writeFileSync(file, content);
  }
}
