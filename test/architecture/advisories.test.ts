import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shippedAdvisories } from '../../scripts/advisories.mjs';
import { VENDORS } from '../../scripts/vendors.mjs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const shipped = { packages, copied: Object.keys(VENDORS) };

/** As `npm audit --json` reports one advisory for a package. */
function advisory(name: string, node = `node_modules/${name}`) {
  const via = { title: 'Stack overflow', severity: 'high', range: '<9.9.9', url: 'https://example.com/GHSA-1' };
  return { [name]: { name, via: [via], nodes: [node] } };
}

describe('advisories that keep the package from being published', () => {
  it.each([...Object.keys(VENDORS), 'fastify', 'onnxruntime-node'])('are those for %s, which users get', (name) => {
    expect(shippedAdvisories({ vulnerabilities: advisory(name) }, shipped)).toEqual([
      `${name} <9.9.9: Stack overflow (high) https://example.com/GHSA-1`,
    ]);
  });

  it('are not those for what is installed for development only', () => {
    expect(shippedAdvisories({ vulnerabilities: advisory('vitest') }, shipped)).toEqual([]);
  });

  it('are named once, at the package that has them and not at those that depend on it', () => {
    const dependent = { fastify: { name: 'fastify', via: ['avvio'], nodes: ['node_modules/fastify'] } };
    expect(shippedAdvisories({ vulnerabilities: { ...advisory('avvio'), ...dependent } }, shipped)).toEqual([
      'avvio <9.9.9: Stack overflow (high) https://example.com/GHSA-1',
    ]);
  });
});
