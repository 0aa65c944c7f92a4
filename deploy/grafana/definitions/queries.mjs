/** Queries of the dashboards. `$__rate_interval` and the variables are Grafana's. */

export const SERVER = 'instance=~"$instance"';
export const MODEL = `${SERVER}, model=~"$model"`;
/** Failures of the server; the others are the caller's. */
export const FAILED = `${SERVER}, code=~"internal|unavailable|deadline_exceeded|resource_exhausted"`;

export const rate = (metric, labels = SERVER) => `rate(${metric}{${labels}}[$__rate_interval])`;
export const sumBy = (by, metric, labels = SERVER) => `sum by (${by}) (${rate(metric, labels)})`;
export const quantile = (share, metric, { labels = SERVER, by = '' } = {}) =>
  `histogram_quantile(${share}, sum by (${['le', by].filter(Boolean).join(', ')}) (${rate(`${metric}_bucket`, labels)}))`;
export const quantiles = (metric, labels) =>
  [0.5, 0.95, 0.99].map((share) => [quantile(share, metric, { labels }), `p${share * 100}`]);
