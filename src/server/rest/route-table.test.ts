import { expect, it } from 'vitest';
import { createAllowedMethods } from './route-table.js';

it('tells the methods of a path, parameters filled in', () => {
  const allowed = createAllowedMethods([
    { method: 'GET', path: '/a' },
    { method: 'POST', path: '/a' },
    { method: 'POST', path: '/m/{model}/infer' },
    { method: 'GET', path: '/openapi.json' },
  ]);
  expect(allowed('/a')).toBe('GET, HEAD, POST');
  expect(allowed('/m/x%2Fy/infer')).toBe('POST');
  expect(allowed('/m/x/y/infer')).toBe('');
  expect(allowed('/openapi-json')).toBe('');
  expect(allowed('/a/')).toBe('');
});
