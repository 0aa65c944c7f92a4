import { it } from 'vitest';
import { chooseSeed } from '../support/random.js';
import { expectAlike } from './expect-alike.js';

it('50,000 connections to servers without keys, some of them over TLS, are answered alike', () =>
  expectAlike({ seed: chooseSeed(), count: 50_000, stages: ['open', 'tls'] }));
